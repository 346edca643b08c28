"""The configuration of a translation session: its default shape and the partial merge.

Owns the `session` object of the wire where its type is `translation`. Must not know
what any of it does.
"""

from __future__ import annotations

from copy import deepcopy

from rtproxy.simulator.commands import Json

_LANGUAGE = "en"  # until the client names another; the SDK's types leave it open


class TranslationConfig:
    """One session's configuration; `view` is what the wire shows of it."""

    def __init__(self, session_id: str, model: str, expires_at: int) -> None:
        self._session: Json = {
            "type": "translation",
            "id": session_id,
            "model": model,
            "expires_at": expires_at,
            "audio": {
                "input": {"transcription": None, "noise_reduction": None},
                "output": {"language": _LANGUAGE},
            },
        }

    def view(self) -> Json:
        """The whole session object, a copy."""
        return deepcopy(self._session)

    @property
    def language(self) -> str:
        """What is translated into."""
        language: str = self._session["audio"]["output"]["language"]
        return language

    @property
    def transcribes(self) -> bool:
        """Whether what was said is told in its own language too."""
        return self._session["audio"]["input"]["transcription"] is not None

    def update(self, patch: Json) -> None:
        """Merge a checked patch."""
        for side, fields in deepcopy(patch.get("audio", {})).items():
            self._session["audio"][side].update(fields)
