"""The `broadcast` dialect: one speaks into a room, many read along, each in their language.

Owns the messages of the contract's section "broadcast", and its address: the room's name
in the path, role and language in the query. All that a member sends is for Python, audio
too: a room has no lane. Must not know who in a room is told what.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from rtproxy._audio_core import Kinds
from rtproxy.dialects.audio_query import AudioTerms, read_audio_terms
from rtproxy.dialects.fields import (
    SPEECH_WORDS,
    Readings,
    error_fields,
    plain,
    read_message,
    with_echo,
)
from rtproxy.dialects.spoken import SpokenAudio
from rtproxy.dialects.table import TableDialect, Words
from rtproxy.model import events as ev
from rtproxy.model import room
from rtproxy.model.audio_format import AudioFormat, Encoding
from rtproxy.model.languages import USUAL_LANGUAGE
from rtproxy.model.place import show
from rtproxy.model.room import Role

PATH = "/ws/rooms/"
RATE_HZ = 16_000  # what source 003's frontend sends

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Membership:
    """Where a connection wants to be a member, and as what.

    `language` None: of a listener that reads whatever is spoken.
    """

    room: str
    role: Role
    language: str | None


def read_membership(
    path: str, query: Mapping[str, str], languages: Collection[str]
) -> Membership | ev.Misunderstood:
    """What an address asks for, or what is wrong with it; `languages` are the allowed codes."""
    name = path.removeprefix(PATH)
    if not _NAME.fullmatch(name):
        may_be = "1 to 64 of A–Z, a–z, 0–9, _ and -"
        return _refuse("room", f"The room's name is {show(name)}; it must be {may_be}.")
    role = next((role for role in Role if role.value == query.get("role", "listener")), None)
    if role is None:
        return _refuse("role", _may_be("role", query["role"], [each.value for each in Role]))
    usual = _usual(languages) if role is Role.SPEAKER else None
    language = query["language"].lower() if "language" in query else usual
    if language is not None and language not in languages:
        return _refuse("language", _may_be("language", query["language"], sorted(languages)))
    return Membership(name, role, language)


def _usual(languages: Collection[str]) -> str:
    return USUAL_LANGUAGE if USUAL_LANGUAGE in languages else min(languages)


def _may_be(name: str, value: str, allowed: Sequence[str]) -> str:
    return (
        f"?{name}={show(value)} cannot be served; {name} may be one of: {', '.join(allowed)}. "
        "Connect again with one of these, or without it."
    )


def _refuse(param: str, words: str) -> ev.Misunderstood:
    return ev.Misunderstood(code="invalid_parameter", message=words, param=param)


class _RoomAudio(SpokenAudio):
    """Audio that is on its way to Python anyway: read where it is."""

    def read(
        self, name: str, message: dict[str, Any], *, event_id: str | None
    ) -> Sequence[ev.Event]:
        """The audio of a message."""
        audio = self.audio_in(name, message, event_id=event_id)
        if isinstance(audio, ev.Misunderstood):
            return [audio]
        return [room.AudioSaid(event_id=event_id, audio=audio)]

    def read_binary(self, raw: bytes) -> Sequence[ev.Event]:
        """The audio that a binary message is, where that was agreed upon."""
        if self.terms.binary and self.not_audio("A binary message", raw) is None:
            return [room.AudioSaid(audio=raw)]
        return SpokenAudio.read_binary(self, raw)


@dataclass(frozen=True, slots=True)
class Broadcast(TableDialect):
    """See `Dialect`; `after`, wraps and what is about an upstream are never asked for."""

    def asked(
        self, query: Mapping[str, str], *, input_rate_hz: int = RATE_HZ
    ) -> Broadcast | ev.Misunderstood:
        """The dialect as a connection with this query speaks it, or what is wrong with that."""
        terms = read_audio_terms(query, input_rate_hz=input_rate_hz)
        return replace(self, audio=terms) if isinstance(terms, AudioTerms) else terms

    def client_kinds(self) -> Kinds:
        """Everything is Python's."""
        return _all_held()

    def upstream_kinds(self, secrets: Sequence[bytes] = ()) -> Kinds:
        """Everything is Python's: an upstream of a room is nobody's own."""
        del secrets
        return _all_held()

    def decode(self, raw: bytes, *, binary: bool) -> Sequence[ev.Event]:
        """A message of a member; its audio is an event, too (`AudioSaid`)."""
        audio = _RoomAudio(self.audio_types, self.audio)
        return read_message(raw, binary=binary, readings=self.readings, audio=audio)


@cache
def _all_held() -> Kinds:
    return Kinds()


_READINGS: Readings = {
    "commit": plain(lambda event_id: [ev.InputCommit(event_id=event_id)]),
    "end": plain(lambda event_id: [room.EndAsked(event_id=event_id)]),
    "request_floor": plain(lambda event_id: [room.FloorAsked(event_id=event_id)]),
    "release_floor": plain(lambda event_id: [room.FloorReleased(event_id=event_id)]),
    "ping": plain(lambda event_id: [ev.ClientPing(event_id=event_id)]),
}


def _state(event: room.RoomState) -> dict[str, Any]:
    told: dict[str, Any] = {
        "type": "room_state",
        "speaker": event.speaker,
        "listeners": event.listeners,
        "languages": event.languages,
    }
    return told if event.member is None else {**told, "memberId": event.member}


def _caption(event: room.Caption) -> dict[str, Any]:
    told: dict[str, Any] = {
        "type": f"{event.kind}_{'done' if event.final else 'delta'}",
        "itemId": event.item_id,
        "language": event.language,
        "text": event.text,
    }
    return {**told, "skipped": event.skipped} if event.skipped else told


def _caption_failed(event: room.CaptionFailed) -> dict[str, Any]:
    return {
        "type": "error",
        **error_fields(ev.ErrorTold(error=event.error)),
        "itemId": event.item_id,
        "language": event.language,
    }


_WORDS: Words = {
    room.RoomState: _state,
    room.Floor: lambda event: with_echo(
        {"type": "floor", "state": event.state, "speaker": event.speaker}, event.event_id
    ),
    room.Caption: _caption,
    room.CaptionFailed: _caption_failed,
    room.RoomEnded: lambda event: with_echo({"type": "ended"}, event.event_id),
    **SPEECH_WORDS,
    ev.Pong: lambda event: with_echo({"type": "pong"}, event.event_id),
    ev.ErrorTold: lambda event: {"type": "error", **error_fields(event)},
}

BROADCAST = Broadcast(
    name="broadcast",
    paths=(f"{PATH}{{room}}",),
    persona="interpreter",
    audio_types={"audio": "audio"},
    audio_template="",
    answer_delta="",
    input_delta=None,
    readings=_READINGS,
    words=_WORDS,
    audio=AudioTerms(speaks=AudioFormat(Encoding.PCM16, RATE_HZ)),
)
