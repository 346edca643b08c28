"""A conversation to play with: client events go in, server events come out, time is ours.

Every event that comes out is held against the official SDK's types and against the
stricter reading of openai-agents, so each test here is also a test of those.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from agents.realtime.openai_realtime import get_server_event_type_adapter
from openai.types.realtime import RealtimeServerEvent
from openai.types.realtime.realtime_translation_server_event import RealtimeTranslationServerEvent
from pydantic import TypeAdapter

from rtproxy.simulator.commands import Command, Send
from rtproxy.simulator.conversation import Conversation
from rtproxy.simulator.ids import Ids
from rtproxy.simulator.session import Session
from rtproxy.simulator.settings import Settings, TranscriptionPlace
from rtproxy.simulator.transcribing import TranscriptionSession
from rtproxy.simulator.translating import TranslationSession

Json = dict[str, Any]

MODEL = "gpt-realtime-2.1"
CREATED_AT = 1_790_000_000
PLAIN = Settings(transcription=TranscriptionPlace.BEFORE)

_OFFICIAL: TypeAdapter[Any] = TypeAdapter(RealtimeServerEvent)
_TRANSLATION: TypeAdapter[Any] = TypeAdapter(RealtimeTranslationServerEvent)
_AGENTS: TypeAdapter[Any] = get_server_event_type_adapter()
_ID = re.compile(r"(item|resp|conv|sess|call|mcpl|mcpr|mcp)_[0-9A-Za-z]{16,21}")


def check(event: Json) -> None:
    """Raises where either SDK would stumble over the event."""
    _OFFICIAL.validate_json(msgspec.json.encode(event), strict=True)
    # As the SDK itself does before it validates.
    null = event.get("previous_item_id", "") is None
    _AGENTS.validate_python({**event, "previous_item_id": ""} if null else event)


def check_translation(event: Json) -> None:
    """Raises where the official SDK would stumble over an event of a translation session."""
    _TRANSLATION.validate_json(msgspec.json.encode(event), strict=True)


class Play:
    """A conversation and its clock."""

    check = staticmethod(check)

    def __init__(self, settings: Settings = PLAIN, *, checked: bool = True) -> None:
        self.now = 0.0
        self.checked = checked
        self.core = self.begin(settings)
        self.opening = self._events(self.core.tick(self.now))
        self.commands: list[Command] = []

    def begin(self, settings: Settings) -> Session:
        """The session that is played with."""
        return Conversation(settings, MODEL, Ids(b"play"), CREATED_AT, self.now)

    def send(self, event_type: str, **fields: Any) -> list[Json]:
        """Send a client event; returns what is answered at once."""
        return self._events(self.core.receive({"type": event_type, **fields}, self.now))

    def update(self, **session: Any) -> list[Json]:
        """Update the session."""
        return self.send("session.update", session={"type": "realtime", **session})

    def detect(self, turn_detection: Json | None) -> None:
        """Choose turn detection."""
        self.update(audio={"input": {"turn_detection": turn_detection}})

    def say(self, pcm: bytes, chunk_bytes: int = 4_800) -> list[Json]:
        """Append audio as fast as it goes; returns all that is answered meanwhile."""
        events: list[Json] = []
        for start in range(0, len(pcm), chunk_bytes):
            audio = base64.b64encode(pcm[start : start + chunk_bytes]).decode()
            events += self.send("input_audio_buffer.append", audio=audio)
        return events

    def text(self, text: str, **fields: Any) -> list[Json]:
        """Put a user's text into the conversation."""
        content = [{"type": "input_text", "text": text}]
        item = {"type": "message", "role": "user", "content": content}
        return self.send("conversation.item.create", item=item, **fields)

    def wait(self, seconds: float) -> list[Json]:
        """Let time pass, stopping wherever something is due."""
        end = self.now + seconds
        events: list[Json] = []
        while (due := self.core.next_due()) is not None and due <= end:
            self.now = max(self.now, due)
            events += self._events(self.core.tick(self.now))
        self.now = end
        return events

    def rest(self) -> list[Json]:
        """Let time pass until nothing more is due."""
        events: list[Json] = []
        while (due := self.core.next_due()) is not None:
            events += self.wait(max(0.0, due - self.now))
        return events

    def until(self, event_type: str, nth: int = 1) -> list[Json]:
        """Let time pass until the nth event of that type."""
        events: list[Json] = []
        while sum(event["type"] == event_type for event in events) < nth:
            due = self.core.next_due()
            assert due is not None, f"nothing more is due; so far {types(events)}"
            self.now = max(self.now, due)
            events += self._events(self.core.tick(self.now))
        return events

    def respond_until(self, event_type: str) -> list[Json]:
        """Ask for a response and wait until that event of it."""
        return self.send("response.create") + self.until(event_type)

    def respond(self, **response: Any) -> list[Json]:
        """Ask for a response and wait until all of it has come."""
        fields = {"response": response} if response else {}
        return self.send("response.create", **fields) + self.rest()

    def _events(self, commands: Iterable[Command]) -> list[Json]:
        events = []
        for command in commands:
            if isinstance(command, Send):
                events.append(command.event)
            else:
                self.commands.append(command)
        for event in events:
            if self.checked:
                self.check(event)
        return events


class TranslationPlay(Play):
    """A translation session and its clock."""

    check = staticmethod(check_translation)

    def begin(self, settings: Settings) -> Session:
        """The session that is played with."""
        return TranslationSession(settings, "gpt-realtime-translate", Ids(b"play"), CREATED_AT)

    def update(self, **session: Any) -> list[Json]:
        """Update the session."""
        return self.send("session.update", session=session)

    def say(self, pcm: bytes, chunk_bytes: int = 9_600) -> list[Json]:
        """Append audio as fast as it goes, in frames as the upstream wants them."""
        events: list[Json] = []
        for start in range(0, len(pcm), chunk_bytes):
            audio = base64.b64encode(pcm[start : start + chunk_bytes]).decode()
            events += self.send("session.input_audio_buffer.append", audio=audio)
        return events


class TranscriptionPlay(Play):
    """A transcription session and its clock."""

    def begin(self, settings: Settings) -> Session:
        """The session that is played with."""
        return TranscriptionSession(settings, Ids(b"play"), CREATED_AT)

    def update(self, **session: Any) -> list[Json]:
        """Update the session."""
        return self.send("session.update", session={"type": "transcription", **session})


def types(events: Iterable[Json]) -> list[str]:
    """The events' types, runs of the same type once."""
    names: list[str] = []
    for event in events:
        if not names or names[-1] != event["type"]:
            names.append(event["type"])
    return names


def only(events: Iterable[Json], event_type: str) -> Json:
    """The one event of that type."""
    (event,) = (event for event in events if event["type"] == event_type)
    return event


def audio_of(events: Iterable[Json]) -> bytes:
    """All output audio, joined."""
    return b"".join(
        base64.b64decode(event["delta"], validate=True)
        for event in events
        if event["type"] == "response.output_audio.delta"
    )


def error_of(events: list[Json]) -> Json:
    """The `error` of the only event there is, without its own event id."""
    (event,) = events
    assert event["type"] == "error"
    error: Json = event["error"]
    return error


def named(events: Iterable[Json]) -> list[Json]:
    """The events as the protocol reference writes them.

    Ids become `item_A`, `item_B` … in order of appearance; event ids go; audio
    becomes its length and padding `pad`.
    """
    names: dict[str, str] = {}
    seen: dict[str, int] = {}

    def name(match: re.Match[str]) -> str:
        whole, kind = match[0], match[1]
        if whole not in names:
            names[whole] = f"{kind}_{chr(ord('A') + seen.get(kind, 0))}"
            seen[kind] = seen.get(kind, 0) + 1
        return names[whole]

    return [_renamed(_plain(event), name) for event in events]


def _plain(event: Json) -> Json:
    plain = {key: value for key, value in event.items() if key != "event_id"}
    if "obfuscation" in plain:
        plain["obfuscation"] = "pad"
    if plain["type"] == "response.output_audio.delta":
        plain["delta"] = f"{len(base64.b64decode(plain['delta'])) / 48:g} ms"
    return plain


def _renamed(value: Any, name: Callable[[re.Match[str]], str]) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(inner, name) for key, inner in value.items()}
    if isinstance(value, list):
        return [_renamed(inner, name) for inner in value]
    return _ID.sub(name, value) if isinstance(value, str) else value
