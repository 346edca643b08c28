"""The input side of a session's configuration, which all kinds of session have.

Owns its default, the reading of it and the partial merge (protocol reference, section 2).
Must not know whose session it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy

from rtproxy.model.audio_format import AudioFormat
from rtproxy.simulator.commands import Json
from rtproxy.simulator.formats import FORMATS, wire_format

_TURN_DETECTION: dict[str, Json] = {
    "server_vad": {
        "type": "server_vad",
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": 200,
        "idle_timeout_ms": None,
        "create_response": True,
        "interrupt_response": True,
    },
    "semantic_vad": {
        "type": "semantic_vad",
        "eagerness": "auto",
        "create_response": True,
        "interrupt_response": True,
    },
}


class ListeningConfig:
    """The configuration of a session that listens; `view` is what the wire shows of it.

    `forced`: by "input" and "output", the name of a format that stays, whatever is asked.
    """

    def __init__(self, session: Json, forced: Mapping[str, str]) -> None:
        force_format(session["audio"], forced)
        self._session = session
        self._forced = forced

    def view(self) -> Json:
        """The whole session object, a copy."""
        return deepcopy(self._session)

    @property
    def input_format(self) -> AudioFormat:
        """What the client sends."""
        return FORMATS[self._session["audio"]["input"]["format"]["type"]]

    @property
    def turn_detection(self) -> Json | None:
        """The turn detection in use; None where the client commits by hand."""
        detection: Json | None = self._session["audio"]["input"]["turn_detection"]
        return detection

    @property
    def transcription(self) -> Json | None:
        """How input audio is transcribed, if it is."""
        transcription: Json | None = self._session["audio"]["input"]["transcription"]
        return transcription

    @property
    def logprobs(self) -> bool:
        """Whether each piece of a transcription comes with its probability."""
        return bool(self._session["include"])


def default_input() -> Json:
    """`audio.input` as it is before any update."""
    return {
        "format": wire_format(FORMATS["audio/pcm"]),
        "transcription": None,
        "noise_reduction": None,
        "turn_detection": dict(_TURN_DETECTION["server_vad"]),
    }


def merge_input(current: Json, patch: Json) -> None:
    """Merge a checked `audio.input` into the current one."""
    before = current["turn_detection"]
    current.update(patch)
    if "format" in patch:
        current["format"] = wire_format(FORMATS[patch["format"]["type"]])
    if patch.get("transcription") is not None:
        current["transcription"] = {
            "model": None,
            "language": None,
            "prompt": None,
            **patch["transcription"],
        }
    if patch.get("turn_detection") is not None:
        current["turn_detection"] = _merge_detection(before, patch["turn_detection"])


def _merge_detection(before: Json | None, patch: Json) -> Json:
    """Of the same type: what is left out stays. Of another: it takes that type's default."""
    same = before is not None and before["type"] == patch["type"]
    base = before if before is not None and same else _TURN_DETECTION[patch["type"]]
    return {**base, **patch}


def force_format(audio: Json, forced: Mapping[str, str]) -> None:
    """Put the formats that are not negotiable into `audio`, by "input" and "output"."""
    for side, name in forced.items():
        if side in audio:
            audio[side]["format"] = wire_format(FORMATS[name])
