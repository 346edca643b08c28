"""What one response is made with: the session's configuration, overridden by `response.create`.

Owns that merge and the unchanging part of the `response` object. Must not know how
the response goes on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rtproxy.model.audio_format import AudioFormat
from rtproxy.simulator.commands import Json
from rtproxy.simulator.formats import FORMATS
from rtproxy.simulator.items import Item
from rtproxy.simulator.voices.voice import Prompt

Override = Json
_TARGET_LANGUAGE = re.compile(r"target language(?: is|:)[^\n.]*?\(([a-z]{2,3})\)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ResponseOptions:
    """The options of one response."""

    conversation_id: str | None  # None: out of band
    modalities: list[str]
    instructions: str
    tools: list[Json]
    tool_choice: str | Json
    max_output_tokens: int | str
    output: Json  # format and voice, as the wire has them
    metadata: Json | None
    speed: float = 1.0  # of the session: a response has none of its own

    @property
    def audio_format(self) -> AudioFormat:
        """What the answer is spoken in."""
        return FORMATS[self.output["format"]["type"]]

    @property
    def max_tokens(self) -> int | None:
        """The limit as a number, if there is one."""
        return self.max_output_tokens if isinstance(self.max_output_tokens, int) else None

    def prompt(self, items: Sequence[Item]) -> Prompt:
        """What the voice is asked."""
        spoken = self.modalities == ["audio"]
        return Prompt(
            items,
            spoken,
            self.audio_format,
            self.tools,
            self.tool_choice,
            speed=self.speed,
            language=target_language(self.instructions),
        )

    def wire(self, response_id: str) -> Json:
        """The `response` object as it begins: every key, nulls included."""
        return {
            "object": "realtime.response",
            "id": response_id,
            "status": "in_progress",
            "status_details": None,
            "output": [],
            "conversation_id": self.conversation_id,
            "output_modalities": self.modalities,
            "max_output_tokens": self.max_output_tokens,
            "audio": {"output": self.output},
            "usage": None,
            "metadata": self.metadata,
        }


def target_language(instructions: str) -> str | None:
    """The language that an interpreter is told to translate into: `target language is German (de)`.

    The last one named counts; None where the instructions are no interpreter's.
    """
    named = _TARGET_LANGUAGE.findall(instructions)
    return named[-1] if named else None


def merge_options(session: Json, override: Override, conversation_id: str) -> ResponseOptions:
    """The session's options with those that `response.create` names in their place."""
    made_with = {**session, **override}
    output = {**session["audio"]["output"], **override.get("audio", {}).get("output", {})}
    out_of_band = override.get("conversation") == "none"
    return ResponseOptions(
        conversation_id=None if out_of_band else conversation_id,
        modalities=made_with["output_modalities"],
        instructions=made_with["instructions"],
        tools=made_with["tools"],
        tool_choice=made_with["tool_choice"],
        max_output_tokens=made_with["max_output_tokens"],
        output={"format": output["format"], "voice": output["voice"]},
        metadata=override.get("metadata"),
        speed=session["audio"]["output"]["speed"],
    )
