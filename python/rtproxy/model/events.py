"""Events: messages understood, typed, free of any dialect.

Owns one frozen struct for each thing that a client, an upstream or the proxy
itself can say, under the GA names of the upstream's protocol. Must not know how
any of them looks on a wire: that is what the dialects are for. Audio has no
event, for audio never meets the session logic.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

# ruff: noqa: PLC0414 - the events of `aside`, `failure`, `telephone`, `told` and `tools` are read as part of this module
from rtproxy.model.aside import AsideAnswered as AsideAnswered
from rtproxy.model.aside import AskAside as AskAside
from rtproxy.model.aside import ForgetAside as ForgetAside
from rtproxy.model.event import Event as Event
from rtproxy.model.event import Json as Json
from rtproxy.model.failure import ErrorTold as ErrorTold
from rtproxy.model.failure import Failure as Failure
from rtproxy.model.failure import Misunderstood as Misunderstood
from rtproxy.model.telephone import Hangup as Hangup
from rtproxy.model.telephone import KeyPressed as KeyPressed
from rtproxy.model.telephone import MarkAsked as MarkAsked
from rtproxy.model.telephone import StreamStarted as StreamStarted
from rtproxy.model.telephone import Unheeded as Unheeded
from rtproxy.model.told import AnswerOver as AnswerOver
from rtproxy.model.told import AnswerPlayed as AnswerPlayed
from rtproxy.model.told import AnswerStarted as AnswerStarted
from rtproxy.model.told import AudioStarted as AudioStarted
from rtproxy.model.told import ClockRead as ClockRead
from rtproxy.model.told import Dropped as Dropped
from rtproxy.model.told import GreetingOverdue as GreetingOverdue
from rtproxy.model.told import HeardPart as HeardPart
from rtproxy.model.told import InputFlushed as InputFlushed
from rtproxy.model.told import Interrupted as Interrupted
from rtproxy.model.told import MarkReached as MarkReached
from rtproxy.model.told import Measured as Measured
from rtproxy.model.told import Pong as Pong
from rtproxy.model.told import Reconnecting as Reconnecting
from rtproxy.model.told import SessionChanged as SessionChanged
from rtproxy.model.told import SessionExpiring as SessionExpiring
from rtproxy.model.told import SessionReady as SessionReady
from rtproxy.model.told import ShapeKnown as ShapeKnown
from rtproxy.model.told import TimePassed as TimePassed
from rtproxy.model.told import ToolCalled as ToolCalled
from rtproxy.model.told import UpstreamLost as UpstreamLost
from rtproxy.model.tools import ApprovalAsked as ApprovalAsked
from rtproxy.model.tools import ApprovalGiven as ApprovalGiven
from rtproxy.model.tools import McpCallFailed as McpCallFailed
from rtproxy.model.tools import McpListFailed as McpListFailed
from rtproxy.model.tools import ToolProgress as ToolProgress
from rtproxy.model.tools import ToolProgressed as ToolProgressed
from rtproxy.model.tools import ToolRan as ToolRan
from rtproxy.model.tools import ToolState as ToolState

# What a client asks for


class SessionUpdate(Event, frozen=True, kw_only=True):
    """Change the session: a partial GA session object.

    `dropped` are sentences about what of it was not taken as written, for the log.
    """

    session: Json
    dropped: tuple[str, ...] = ()


class InputAudio(Event, frozen=True, kw_only=True):
    """Audio that only a full parser could read: its canonical message, for the lane."""

    canonical: bytes


class Opaque(Event, frozen=True, kw_only=True):
    """A message that is passed on as it came, whatever it says."""

    raw: bytes
    to_upstream: bool


class InputCommit(Event, frozen=True, kw_only=True):
    """What was said so far is a turn; `respond`: and it wants an answer."""

    respond: bool = False


class InputClear(Event, frozen=True, kw_only=True):
    """Forget what was said since the last turn."""


class ItemCreate(Event, frozen=True, kw_only=True):
    """Add an item to the conversation: a GA item object."""

    item: Json
    previous_item_id: str | None = None


class ItemTruncate(Event, frozen=True, kw_only=True):
    """The person heard only this much of an answer's audio."""

    item_id: str
    content_index: int
    audio_end_ms: int


class ResponseCreate(Event, frozen=True, kw_only=True):
    """Ask for an answer; `only_if_idle`: unless one is under way already.

    `last_items`: see `AskAside`.
    """

    response: Json | None = None
    only_if_idle: bool = False
    last_items: int | None = None


class ResponseCancel(Event, frozen=True, kw_only=True):
    """Stop generating the answer."""

    response_id: str | None = None


class Interrupt(Event, frozen=True, kw_only=True):
    """Stop the answer now, generated or only still playing."""


class ClientPing(Event, frozen=True, kw_only=True):
    """A frontend's own `ping` message, answered by `pong`."""


class Introduced(Event, frozen=True, kw_only=True):
    """A client has said who it is, before anything is dialled for it.

    `token` is the credential that it brought with it, if any.
    """

    user_id: str | None = None
    conversation_id: str | None = None
    token: str | None = None


class StartAsked(Event, frozen=True, kw_only=True):
    """The conversation is to begin; asked again, it is to change.

    `persona` None: the usual one; `traits` 0-100 each; `session` is a partial GA session
    object; `gain` 0-4 and `pitch` 0.5-2 are of what the client hears. `dropped` has a
    sentence for each wish that is fulfilled otherwise.
    """

    persona: str | None = None
    traits: Mapping[str, int] | None = None
    session: Json = msgspec.field(default_factory=dict)
    gain: float = 1.0
    pitch: float = 1.0
    dropped: tuple[str, ...] = ()


class Playback(Event, frozen=True, kw_only=True):
    """The person has heard so much of an item (of the one being played: None)."""

    played_ms: float
    item_id: str | None = None


class ToolAnswered(Event, frozen=True, kw_only=True):
    """What a tool that the client runs has come to."""

    call_id: str
    output: str


# What an upstream says


class SessionCreated(Event, frozen=True, kw_only=True):
    """The upstream's first word."""

    session: Json


class SessionUpdated(Event, frozen=True, kw_only=True):
    """The session as it now is, whole."""

    session: Json


class SpeechStarted(Event, frozen=True, kw_only=True):
    """Turn detection heard someone begin; times are of the input audio."""

    audio_start_ms: int
    item_id: str


class SpeechStopped(Event, frozen=True, kw_only=True):
    """Turn detection heard them end."""

    audio_end_ms: int
    item_id: str


class InputCommitted(Event, frozen=True, kw_only=True):
    """The input became an item."""

    item_id: str
    previous_item_id: str | None = None


class InputCleared(Event, frozen=True, kw_only=True):
    """The input was forgotten."""


class ItemAdded(Event, frozen=True, kw_only=True):
    """An item entered the conversation."""

    item: Json
    previous_item_id: str | None = None


class ItemDone(Event, frozen=True, kw_only=True):
    """An item is final."""

    item: Json
    previous_item_id: str | None = None


class ItemDeleted(Event, frozen=True, kw_only=True):
    """An item is no part of the conversation any more."""

    item_id: str


class ItemTruncated(Event, frozen=True, kw_only=True):
    """The upstream forgot what was not heard, and the item's transcript."""

    item_id: str
    content_index: int
    audio_end_ms: int


class InputTranscriptDelta(Event, frozen=True, kw_only=True):
    """A piece of what the person said."""

    item_id: str
    delta: str = ""
    content_index: int = 0


class InputTranscriptDone(Event, frozen=True, kw_only=True):
    """All of what the person said in one item; `previous_item_id` where that is known."""

    item_id: str
    transcript: str
    content_index: int = 0
    previous_item_id: str | None = None


class InputTranscriptFailed(Event, frozen=True, kw_only=True):
    """What the person said could not be written down."""

    item_id: str
    error: Json


class ResponseCreated(Event, frozen=True, kw_only=True):
    """An answer begins to be generated."""

    response: Json


class OutputItemAdded(Event, frozen=True, kw_only=True):
    """An answer has a new item."""

    response_id: str
    item: Json
    output_index: int = 0


class PartAdded(Event, frozen=True, kw_only=True):
    """An item of an answer has a new part: `part.type` is "audio" or "text"."""

    response_id: str
    item_id: str
    part: Json
    content_index: int = 0


class OutputTextDelta(Event, frozen=True, kw_only=True):
    """A piece of an answer's text: written, or the transcript of what it speaks."""

    response_id: str
    item_id: str
    delta: str
    content_index: int = 0
    spoken: bool = False


class OutputTextDone(Event, frozen=True, kw_only=True):
    """All text of one part of an answer; `previous_item_id` where that is known."""

    response_id: str
    item_id: str
    text: str
    content_index: int = 0
    spoken: bool = False
    previous_item_id: str | None = None


class OutputAudio(Event, frozen=True, kw_only=True):
    """Audio that only a full parser could read: its canonical message, for the lane."""

    canonical: bytes


class OutputAudioDone(Event, frozen=True, kw_only=True):
    """All audio of one part has been generated (not: played)."""

    response_id: str
    item_id: str
    content_index: int = 0


class ResponseDone(Event, frozen=True, kw_only=True):
    """An answer has been generated, cancelled, cut short, or failed."""

    response: Json


class CallMade(Event, frozen=True, kw_only=True):
    """An answer calls a function; `arguments` is JSON as text."""

    response_id: str
    item_id: str
    call_id: str
    name: str
    arguments: str


class Other(Event, frozen=True, kw_only=True):
    """A message of a type that nothing here needs to understand."""

    type: str
