"""The parrot: says back what it heard, sample for sample.

Owns what is said back: audio as it came; text as text, or by a stand-in sound
where audio is wanted; a forced tool call with the smallest arguments that its
schema allows. It recognises nothing: the transcript of audio is its length.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from rtproxy.simulator.commands import Json
from rtproxy.simulator.formats import convert
from rtproxy.simulator.items import Item
from rtproxy.simulator.voices.smallest import smallest
from rtproxy.simulator.voices.stand_in import speak
from rtproxy.simulator.voices.voice import Answer, Called, Heard, Prompt, Spoken, Written

_NOTHING = "I have heard nothing yet."


def describe(audio_ms: int) -> str:
    """What stands for a transcript: `2.6 s of speech`."""
    return f"{audio_ms / 1000:.1f} s of speech"


def translated(text: str, language: str) -> str:
    """What stands for a translation: `[de] 2.6 s of speech`."""
    return f"[{language}] {text}"


class Parrot:
    """A voice without memory."""

    def hear(self, audio_ms: int) -> Heard:
        """The length of what was said, for nothing is recognised."""
        return Heard(describe(audio_ms))

    def translate(self, audio_ms: int, language: str) -> str:
        """The same in every language, with a mark that says which."""
        return translated(describe(audio_ms), language)

    def list_tools(self, server: Json) -> list[str] | None:
        """Those that the session allows by name, for there is no server to ask."""
        allowed = server.get("allowed_tools") or []
        named = allowed.get("tool_names") if isinstance(allowed, dict) else allowed
        return [name for name in named or [] if isinstance(name, str)]

    def answer(self, prompt: Prompt) -> Answer:
        """A forced tool call, or the last thing said to it."""
        tool = forced_tool(prompt.tools, prompt.tool_choice)
        if tool is not None:
            arguments = smallest(tool.get("parameters") or {"type": "object"})
            return [Called(tool["name"], msgspec.json.encode(arguments).decode())]
        item = _last_input(prompt.items)
        text = (_text(item) if item else "") or _NOTHING
        if not prompt.spoken:
            return [Written(translated(text, prompt.language) if prompt.language else text)]
        audio = _audio(item, prompt) if item else b""
        return [Spoken(text, audio or speak(text, prompt.audio_format, speed=prompt.speed))]

    def pass_over(self) -> None:
        """Without a memory there is nothing to pass over."""


def forced_tool(tools: Sequence[Json], tool_choice: str | Json) -> Json | None:
    """The function that must be called, if any: the one named, or the first where one is required.

    A function that is named but not declared has a schema that allows anything.
    """
    functions = [tool for tool in tools if tool["type"] == "function"]
    if tool_choice == "required":
        return functions[0] if functions else None
    if isinstance(tool_choice, str) or tool_choice["type"] != "function":
        return None
    name = tool_choice["name"]
    return next((tool for tool in functions if tool["name"] == name), {"name": name})


def _last_input(items: Sequence[Item]) -> Item | None:
    return next(
        (
            item
            for item in reversed(items)
            if item.role == "user" or item.kind == "function_call_output"
        ),
        None,
    )


def _text(item: Item) -> str:
    if item.kind == "function_call_output":
        output: str = item.fields["output"]
        return output
    texts = (part.text or (describe(part.audio_ms) if part.audio else "") for part in item.parts)
    return " ".join(text for text in texts if text)


def _audio(item: Item, prompt: Prompt) -> bytes:
    return b"".join(
        convert(bytes(part.audio), part.audio_format, prompt.audio_format)
        for part in item.parts
        if part.audio_format is not None
    )
