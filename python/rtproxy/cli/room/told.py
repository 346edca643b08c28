"""What members of a room are told, as a client reads it.

Owns the messages of the dialect `broadcast` on their way to a client; written apart from
`rtproxy.dialects` on purpose, so that each checks the other. Pure; must not know sockets
or the screen.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rtproxy.cli.talk.heard import Trouble

Message = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RoomState:
    """Who speaks (None: nobody), how many listen, and in which languages.

    `member`: who we are, told once, when we come in.
    """

    speaker: str | None
    listeners: int
    languages: tuple[str, ...]
    member: str | None = None


@dataclass(frozen=True, slots=True)
class Floor:
    """Whether we have the floor: granted, waiting or released; and who has it.

    `answers`: it is the answer to a request of ours that had an id.
    """

    state: str
    speaker: str | None
    answers: bool = False


@dataclass(frozen=True, slots=True)
class SpeechBegan:
    """Turn detection heard speech begin, which will be this item."""

    item_id: str


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """Turn detection heard it end."""

    item_id: str


@dataclass(frozen=True, slots=True)
class Caption:
    """Text of an item: the next piece, or all of it where `final`.

    `skipped`: how many pieces were left out before it, because we read too slowly.
    """

    item_id: str
    language: str
    text: str
    final: bool
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class CaptionLost:
    """There will be no more text of an item; `message` says why."""

    item_id: str
    message: str
    code: str


@dataclass(frozen=True, slots=True)
class TalkEnded:
    """The speaker has ended; the room stays, and another may begin."""


Told = RoomState | Floor | SpeechBegan | SpeechEnded | Caption | CaptionLost | TalkEnded | Trouble


def read(raw: str | bytes) -> Told | None:
    """What a message means; None for what this client has no use for.

    Raises ValueError where it is not a JSON object of the dialect.
    """
    message = None if isinstance(raw, bytes) else json.loads(raw)
    if not isinstance(message, dict):
        said = f"a binary frame of {len(raw)} bytes" if isinstance(raw, bytes) else "no object"
        raise ValueError(said)  # noqa: TRY004 - it is the value of a message that is wrong
    reading = _READINGS.get(str(message.get("type")))
    try:
        return None if reading is None else reading(message)
    except KeyError as error:
        raise ValueError(f"{message['type']} without {error}") from error


def _state(message: Message) -> RoomState:
    languages = tuple(str(each) for each in message["languages"])
    speaker, member = _id(message["speaker"]), _id(message.get("memberId"))
    return RoomState(speaker, int(message["listeners"]), languages, member)


def _floor(message: Message) -> Floor:
    return Floor(str(message["state"]), _id(message.get("speaker")), "event_id" in message)


def _id(value: object) -> str | None:
    return None if value is None else str(value)


def _caption(*, final: bool) -> Callable[[Message], Caption]:
    return lambda message: Caption(
        item_id=str(message["itemId"]),
        language=str(message["language"]),
        text=str(message["text"]),
        final=final,
        skipped=int(message.get("skipped") or 0),
    )


def _trouble(message: Message) -> Trouble | CaptionLost:
    words = str(message.get("message") or "an error without words")
    code = str(message.get("code") or "")
    if "itemId" in message:
        return CaptionLost(str(message["itemId"]), words, code)
    return Trouble(words, code, fatal=bool(message.get("fatal")))


_READINGS: dict[str, Callable[[Message], Told]] = {
    "room_state": _state,
    "floor": _floor,
    "speech_started": lambda message: SpeechBegan(str(message["itemId"])),
    "speech_stopped": lambda message: SpeechEnded(str(message["itemId"])),
    "transcript_delta": _caption(final=False),
    "translation_delta": _caption(final=False),
    "transcript_done": _caption(final=True),
    "translation_done": _caption(final=True),
    "ended": lambda _: TalkEnded(),
    "error": _trouble,
}
