"""The sessions that translators are opened with.

Owns what a room asks of the upstream, over what the interpreter's persona says. Must not
know who is asked, nor when.
"""

from __future__ import annotations

from rtproxy.model.event import Json
from rtproxy.model.languages import name_of

_PLACE = "{language}"

# What is not a translator's: it writes, what it hears is cut by the transcriber, who also
# writes it down; its model is dialled; the current protocol takes no temperature.
_LEFT_OUT = ("model", "temperature", "audio")


def interpreter_session(persona: Json, language: str) -> Json:
    """The GA session of an interpreter into this language (a code)."""
    kept = {key: value for key, value in persona.items() if key not in _LEFT_OUT}
    heard = {"format": {"type": "audio/pcm", "rate": 24_000}, "turn_detection": None}
    reduction = ((persona.get("audio") or {}).get("input") or {}).get("noise_reduction")
    if reduction is not None:
        heard["noise_reduction"] = reduction
    return {
        **kept,
        "type": "realtime",
        "output_modalities": ["text"],
        "instructions": _instructions(persona.get("instructions") or "", language),
        "audio": {"input": heard},
    }


def _instructions(written: str, code: str) -> str:
    """With the language where its place is, or at the end."""
    language = f"{name_of(code)} ({code})"
    if _PLACE in written:
        return written.replace(_PLACE, language)
    return "\n\n".join(filter(None, (written, f"The target language is {language}.")))


def translation_session(language: str) -> Json:
    """The session of the translation endpoint (protocol reference, section 2)."""
    return {"audio": {"output": {"language": language}}}
