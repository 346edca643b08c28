"""The upstream's own shape, GA: what we say to it and what it says to us.

Owns the wire names of the Realtime API's events and the shape of those that the
proxy sends. Must not know any frontend dialect. Unknown types and fields are
never an error: the upstream grows faster than its clients.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

from rtproxy._audio_core import Kinds, Wrap
from rtproxy.model import events as ev

AUDIO_DELTA = "response.output_audio.delta"
AUDIO_APPEND = "input_audio_buffer.append"

# The lane numbers its own appends, so that an error about one is known as such.
APPEND_TEMPLATE = '{"type":"input_audio_buffer.append","event_id":"audio_$number","audio":"$audio"}'


ANSWER_DELTAS = ("response.output_text.delta", "response.output_audio_transcript.delta")
_ASR = "conversation.item.input_audio_transcription"
INPUT_DELTA = f"{_ASR}.delta"

# What no session with a dialect of its own acts upon, and no client of one is told.
UNHEARD = (
    "conversation.item.done",
    "conversation.item.truncated",
    "input_audio_buffer.cleared",
    "rate_limits.updated",
    "response.content_part.done",
    "response.function_call_arguments.delta",
    "response.output_item.done",
)


# Who is told of neither need not be woken for them: whose bare audio comes next, and a
# whole text, which the end of its response has, too.
PART_ADDED = "response.content_part.added"
TEXT_DONE = ("response.output_text.done", "response.output_audio_transcript.done")


@lru_cache(maxsize=64)
def kinds_for(
    answer_delta: str,
    input_delta: str | None,
    *,
    bare_audio: bool = False,
    whole_texts: bool = True,
    secrets: tuple[bytes, ...] = (),
) -> Kinds:
    """The upstream's messages for a client of another shape.

    Audio and deltas of text take their way without Python; it answers what somebody
    acts upon. The deltas' templates are the client's own messages; None: it is told
    nothing of what it says before all of it is known. `bare_audio`: it is told whose
    the audio is, `whole_texts`: all of a text once that is finished. `secrets` are
    never told. Made once for all sessions: one table stays in the processor's caches,
    one for each does not.
    """
    unheard = (
        *UNHEARD,
        *(() if input_delta else (INPUT_DELTA,)),
        *(() if bare_audio else (PART_ADDED,)),
        *(() if whole_texts else TEXT_DONE),
    )
    return Kinds(
        audio={AUDIO_DELTA: "delta"},
        answer_words=dict.fromkeys(ANSWER_DELTAS, ("delta", answer_delta)),
        input_words={INPUT_DELTA: ("delta", input_delta)} if input_delta else {},
        ignore=unheard,
        secrets=secrets,
    )


# Audio for the upstream.
APPEND_WRAP = Wrap.template(APPEND_TEMPLATE)


# What the upstream says


class _Head(msgspec.Struct):
    type: str


class _TextDelta(ev.Event, frozen=True, kw_only=True):
    response_id: str
    item_id: str
    delta: str
    content_index: int = 0


class _SpokenTextDone(ev.Event, frozen=True, kw_only=True):
    response_id: str
    item_id: str
    transcript: str
    content_index: int = 0


_Decode = Callable[[bytes], ev.Event]


def _plain(cls: type[ev.Event]) -> _Decode:
    return msgspec.json.Decoder(cls).decode


def _text_delta(raw: bytes, *, spoken: bool = False) -> ev.Event:
    told = _delta.decode(raw)
    return ev.OutputTextDelta(
        event_id=told.event_id,
        response_id=told.response_id,
        item_id=told.item_id,
        content_index=told.content_index,
        delta=told.delta,
        spoken=spoken,
    )


def _spoken_delta(raw: bytes) -> ev.Event:
    return _text_delta(raw, spoken=True)


def _spoken_done(raw: bytes) -> ev.Event:
    told = _spoken_text_done.decode(raw)
    return ev.OutputTextDone(
        event_id=told.event_id,
        response_id=told.response_id,
        item_id=told.item_id,
        content_index=told.content_index,
        text=told.transcript,
        spoken=True,
    )


def _audio(raw: bytes) -> ev.Event:
    return ev.OutputAudio(canonical=msgspec.json.encode(msgspec.json.decode(raw)))


_head = msgspec.json.Decoder(_Head)
_spoken_text_done = msgspec.json.Decoder(_SpokenTextDone)
_delta = msgspec.json.Decoder(_TextDelta)

UNDERSTOOD: dict[str, _Decode] = {
    "error": _plain(ev.ErrorTold),
    "session.created": _plain(ev.SessionCreated),
    "session.updated": _plain(ev.SessionUpdated),
    "input_audio_buffer.speech_started": _plain(ev.SpeechStarted),
    "input_audio_buffer.speech_stopped": _plain(ev.SpeechStopped),
    "input_audio_buffer.committed": _plain(ev.InputCommitted),
    "input_audio_buffer.cleared": _plain(ev.InputCleared),
    "conversation.item.added": _plain(ev.ItemAdded),
    "conversation.item.done": _plain(ev.ItemDone),
    "conversation.item.deleted": _plain(ev.ItemDeleted),
    "conversation.item.truncated": _plain(ev.ItemTruncated),
    INPUT_DELTA: _plain(ev.InputTranscriptDelta),
    f"{_ASR}.completed": _plain(ev.InputTranscriptDone),
    f"{_ASR}.failed": _plain(ev.InputTranscriptFailed),
    "response.created": _plain(ev.ResponseCreated),
    "response.done": _plain(ev.ResponseDone),
    "response.function_call_arguments.done": _plain(ev.CallMade),
    "response.output_item.added": _plain(ev.OutputItemAdded),
    "response.content_part.added": _plain(ev.PartAdded),
    "response.output_text.delta": _text_delta,
    "response.output_text.done": _plain(ev.OutputTextDone),
    "response.output_audio_transcript.delta": _spoken_delta,
    "response.output_audio_transcript.done": _spoken_done,
    "mcp_list_tools.failed": _plain(ev.McpListFailed),
    "response.mcp_call.failed": _plain(ev.McpCallFailed),
    AUDIO_DELTA: _audio,
    "response.output_audio.done": _plain(ev.OutputAudioDone),
}


def decode_server(raw: bytes) -> ev.Event:
    """A message of the upstream; `Other` for what nothing here needs to understand.

    Nor does it understand what is nested deeper than a parser will follow.
    """
    try:
        name = _head.decode(raw).type
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ev.Other(type="")
    decode = UNDERSTOOD.get(name)
    if decode is None:
        return ev.Other(type=name)
    try:
        return decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return ev.Other(type=name)


# What we say to it


def encode_client(event: ev.Event) -> bytes:
    """A client event of ours in its GA shape; TypeError for what is none."""
    if isinstance(event, ev.Opaque):
        return event.raw
    shape = _CLIENT.get(type(event))
    if shape is None:
        raise TypeError(f"{type(event).__name__} is not for the upstream")
    message = {"type": shape[0], "event_id": event.event_id, **shape[1](event)}
    return msgspec.json.encode({key: value for key, value in message.items() if value is not None})


_Fields = Callable[[Any], dict[str, Any]]

_CLIENT: dict[type[ev.Event], tuple[str, _Fields]] = {
    ev.SessionUpdate: ("session.update", lambda event: {"session": event.session}),
    ev.InputCommit: ("input_audio_buffer.commit", lambda _: {}),
    ev.InputClear: ("input_audio_buffer.clear", lambda _: {}),
    ev.ItemCreate: (
        "conversation.item.create",
        lambda event: {"previous_item_id": event.previous_item_id, "item": event.item},
    ),
    ev.ItemTruncate: (
        "conversation.item.truncate",
        lambda event: {
            "item_id": event.item_id,
            "content_index": event.content_index,
            "audio_end_ms": event.audio_end_ms,
        },
    ),
    ev.ResponseCreate: ("response.create", lambda event: {"response": event.response}),
    ev.ResponseCancel: ("response.cancel", lambda event: {"response_id": event.response_id}),
}


def encode_append(number: int, audio: bytes) -> bytes:
    """An append of ours, numbered as the lane numbers its own; `audio` is base64."""
    return _APPEND % (number, audio)


_APPEND = APPEND_TEMPLATE.replace("$number", "%d").replace('"$audio"', '"%b"').encode()
