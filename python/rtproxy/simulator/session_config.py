"""The session's configuration: its default shape, the partial merge, what is fixed after use.

Owns the `session` object of the wire. Must not know what any of it does to a
conversation; whoever needs a value asks here.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass

from rtproxy.simulator import errors
from rtproxy.simulator.commands import Json
from rtproxy.simulator.formats import FORMATS, wire_format
from rtproxy.simulator.input_config import ListeningConfig, default_input, force_format, merge_input

_INSTRUCTIONS = (
    "You are the offline stand-in for a realtime model. Say back what you hear, keep to the "
    "protocol, and promise nothing that only a real model could do."
)


@dataclass(frozen=True, slots=True)
class Usage:
    """What has been used already and so is fixed."""

    spoken: bool = False  # assistant audio is in the conversation
    responding: bool = False  # a response is active


class SessionConfig(ListeningConfig):
    """The configuration of a session that listens and answers."""

    def __init__(
        self, session_id: str, model: str, expires_at: int, forced: Mapping[str, str]
    ) -> None:
        pcm = FORMATS["audio/pcm"]
        session: Json = {
            "type": "realtime",
            "object": "realtime.session",
            "id": session_id,
            "model": model,
            "output_modalities": ["audio"],
            "instructions": _INSTRUCTIONS,
            "tools": [],
            "tool_choice": "auto",
            "max_output_tokens": "inf",
            "tracing": None,
            "truncation": "auto",
            "prompt": None,
            "expires_at": expires_at,
            "audio": {
                "input": default_input(),
                "output": {"format": wire_format(pcm), "voice": "alloy", "speed": 1.0},
            },
            "include": None,
        }
        super().__init__(session, forced)

    @property
    def defaults(self) -> Json:
        """The session object itself, to read from."""
        return self._session

    @property
    def voice(self) -> object:
        """The voice that answers are spoken in."""
        return self._session["audio"]["output"]["voice"]

    def update(self, patch: Json, usage: Usage) -> None:
        """Merge a checked patch; Refusal, and nothing applied, where it touches what is fixed."""
        self._check_fixed(patch, usage)
        session = deepcopy(self._session)
        audio = patch.get("audio", {})
        session.update({key: value for key, value in patch.items() if key != "audio"})
        merge_input(session["audio"]["input"], audio.get("input", {}))
        _merge_output(session["audio"]["output"], audio.get("output", {}))
        force_format(session["audio"], self._forced)
        self._session = deepcopy(session)

    def permitted(self, override: Json) -> Json:
        """What `response.create` names, but for a format that is not negotiable."""
        permitted = deepcopy(override)
        force_format(permitted.get("audio", {}), self._forced)
        return permitted

    def _check_fixed(self, patch: Json, usage: Usage) -> None:
        session = self._session
        output = patch.get("audio", {}).get("output", {})
        if patch["type"] != session["type"]:
            raise errors.wrong_session_type(patch["type"], session["type"])
        if patch.get("model", session["model"]) != session["model"]:
            raise errors.model_is_fixed(session["model"])
        if usage.spoken and output.get("voice", self.voice) != self.voice:
            raise errors.voice_is_fixed()
        if (
            session["tracing"] is not None
            and patch.get("tracing", session["tracing"]) != (session["tracing"])
        ):
            raise errors.tracing_is_fixed()
        speed = session["audio"]["output"]["speed"]
        if usage.responding and output.get("speed", speed) != speed:
            raise errors.speed_is_busy()


def _merge_output(current: Json, patch: Json) -> None:
    current.update(patch)
    if "format" in patch:
        current["format"] = wire_format(FORMATS[patch["format"]["type"]])
