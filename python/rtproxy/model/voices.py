"""Voices: which the upstream has, and what is spoken in place of those that it lost.

Owns both lists. Must not know who asks for one.
"""

from __future__ import annotations

VOICES = (
    "alloy",
    "ash",
    "ballad",
    "coral",
    "echo",
    "sage",
    "shimmer",
    "verse",
    "marin",
    "cedar",
)

# Frontends still ask for these; each gets the nearest in pitch and manner.
GONE_VOICES = {
    "nova": "marin",
    "fable": "ballad",
    "onyx": "cedar",
}

_CUSTOM = "voice_"


def known_voice(name: str) -> str | None:
    """The upstream's name of the voice; None where it has none such.

    A name with "voice_" before it is the id of a voice of the user's own, and passes
    as it is.
    """
    if is_custom(name):
        return name
    plain = name.strip().lower()
    return plain if plain in VOICES else GONE_VOICES.get(plain)


def is_custom(name: str) -> bool:
    """Whether this is the id of a voice of the user's own."""
    return name.startswith(_CUSTOM) and len(name) > len(_CUSTOM)
