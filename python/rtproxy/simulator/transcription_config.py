"""The configuration of a transcription session: its default shape and the partial merge.

Owns the `session` object of the wire where its type is `transcription`: an input and
no output. Must not know what any of it does.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy

from rtproxy.simulator import errors
from rtproxy.simulator.commands import Json
from rtproxy.simulator.input_config import ListeningConfig, default_input, force_format, merge_input

_DETECTS = ("type", "threshold", "prefix_padding_ms", "silence_duration_ms")  # captured
# They cut their input themselves and take no turn detection (SDK docstring for the
# first; measured by several projects for both).
_BY_HAND = ("gpt-realtime-whisper", "gpt-live-transcribe")


class TranscriptionConfig(ListeningConfig):
    """The configuration of a session that listens and writes down."""

    def __init__(self, session_id: str, expires_at: int, forced: Mapping[str, str]) -> None:
        heard = default_input()
        heard["turn_detection"] = {name: heard["turn_detection"][name] for name in _DETECTS}
        session: Json = {
            "type": "transcription",
            "object": "realtime.transcription_session",
            "id": session_id,
            "expires_at": expires_at,
            "audio": {"input": heard},
            "include": None,
        }
        super().__init__(session, forced)

    def update(self, patch: Json) -> None:
        """Merge a checked patch; Refusal, and nothing applied, where that cannot be."""
        if patch["type"] != self._session["type"]:
            raise errors.wrong_session_type(patch["type"], self._session["type"])
        session = deepcopy(self._session)
        session.update({key: value for key, value in patch.items() if key != "audio"})
        given = patch.get("audio", {}).get("input", {})
        heard = session["audio"]["input"]
        merge_input(heard, given)
        if (heard["transcription"] or {}).get("model") in _BY_HAND:
            if given.get("turn_detection") is not None:
                raise errors.no_turn_detection()
            heard["turn_detection"] = None
        force_format(session["audio"], self._forced)
        self._session = deepcopy(session)
