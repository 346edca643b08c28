"""What a client may write into a translation session.

Owns the fields of its events (SDK types `realtime_translation_*`) and the languages
that can be asked for. Must not know what they do.
"""

from __future__ import annotations

from rtproxy.simulator.schema import Check, Shape, choice, nullable, text
from rtproxy.simulator.session_schema import NOISE_REDUCTION

# The upstream translates from many languages into these; its refusal lists them.
TARGET_LANGUAGES = (
    "es", "pt", "fr", "ja", "ru", "zh", "de", "ko", "hi", "id", "vi", "it", "en",
)  # fmt: skip

_AUDIO = Shape(
    {
        "input": Shape(
            {
                "noise_reduction": nullable(NOISE_REDUCTION),
                "transcription": nullable(Shape({"model": text}, required=("model",))),
            }
        ),
        "output": Shape({"language": choice(*TARGET_LANGUAGES)}),
    }
)
NEW_TRANSLATION = Shape({"model": text, "audio": _AUDIO}, required=("model",))


def _event(required: tuple[str, ...] = (), **fields: Check) -> Shape:
    return Shape({"type": text, "event_id": text, **fields}, required=required)


TRANSLATION_EVENTS: dict[str, Shape] = {
    "session.update": _event(("session",), session=Shape({"audio": _AUDIO})),
    "session.input_audio_buffer.append": _event(("audio",), audio=text),
    "session.close": _event(),
}
