"""The upstream's shape: what is read of it, and what is said to it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rtproxy.dialects import realtime
from rtproxy.model import events as ev

PART = {"response_id": "r", "item_id": "i", "output_index": 0, "content_index": 0}


@pytest.mark.parametrize(
    ("message", "event"),
    [
        (
            {"type": "session.created", "session": {"id": "s"}, "event_id": "e"},
            ev.SessionCreated(event_id="e", session={"id": "s"}),
        ),
        (
            {"type": "input_audio_buffer.speech_started", "audio_start_ms": 5, "item_id": "u"},
            ev.SpeechStarted(audio_start_ms=5, item_id="u"),
        ),
        (
            {"type": "response.output_audio_transcript.delta", **PART, "delta": "a", "new": 1},
            ev.OutputTextDelta(response_id="r", item_id="i", delta="a", spoken=True),
        ),
        (
            {"type": "response.output_audio_transcript.done", **PART, "transcript": "ab"},
            ev.OutputTextDone(response_id="r", item_id="i", text="ab", spoken=True),
        ),
        (
            {"type": "response.output_text.delta", **PART, "delta": "a"},
            ev.OutputTextDelta(response_id="r", item_id="i", delta="a"),
        ),
        (
            {"type": "response.output_audio.done", **PART},
            ev.OutputAudioDone(response_id="r", item_id="i"),
        ),
        (
            {"type": "error", "error": {"type": "t", "code": None, "message": "m"}},
            ev.ErrorTold(error=ev.Failure(type="t", message="m")),
        ),
        ({"type": "response.mcp_call.completed"}, ev.Other(type="response.mcp_call.completed")),
        ({"type": "response.done", "response": 5}, ev.Other(type="response.done")),
    ],
)
def test_what_the_upstream_says(message: dict[str, Any], event: ev.Event) -> None:
    assert realtime.decode_server(json.dumps(message).encode()) == event


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"type":5}', b"\xff"])
def test_what_is_no_event_is_nothing_to_us(raw: bytes) -> None:
    assert realtime.decode_server(raw) == ev.Other(type="")


@pytest.mark.parametrize("name", ["session.updated", "of.its.own"])
def test_what_is_nested_too_deep_is_nothing_to_us(name: str) -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    raw = b'{"session":{"tools":%s},"type":"%s"}' % (deep, name.encode())
    assert isinstance(realtime.decode_server(raw), ev.Other)


def test_audio_with_escapes_is_audio_after_all() -> None:
    raw = b'{"type":"response.output_audio.delta","item_id":"i","delta":"AA\\/B"}'
    event = realtime.decode_server(raw)
    assert isinstance(event, ev.OutputAudio)
    assert json.loads(event.canonical)["delta"] == "AA/B"
    assert b"\\" not in event.canonical


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (
            ev.SessionUpdate(event_id="e", session={"type": "realtime"}),
            {"type": "session.update", "event_id": "e", "session": {"type": "realtime"}},
        ),
        (ev.InputCommit(respond=True), {"type": "input_audio_buffer.commit"}),
        (ev.InputClear(), {"type": "input_audio_buffer.clear"}),
        (
            ev.ItemCreate(item={"type": "message"}),
            {"type": "conversation.item.create", "item": {"type": "message"}},
        ),
        (
            ev.ItemTruncate(item_id="i", content_index=0, audio_end_ms=7),
            {
                "type": "conversation.item.truncate",
                "item_id": "i",
                "content_index": 0,
                "audio_end_ms": 7,
            },
        ),
        (ev.ResponseCreate(only_if_idle=True), {"type": "response.create"}),
        (ev.ResponseCancel(response_id="r"), {"type": "response.cancel", "response_id": "r"}),
    ],
)
def test_what_is_said_to_it(event: ev.Event, message: dict[str, Any]) -> None:
    assert json.loads(realtime.encode_client(event)) == message


def test_what_passes_is_not_touched() -> None:
    raw = b'{ "type" : "whatever" }'
    assert realtime.encode_client(ev.Opaque(raw=raw, to_upstream=True)) == raw


def test_what_is_not_for_the_upstream_is_a_bug() -> None:
    with pytest.raises(TypeError, match="Pong is not for the upstream"):
        realtime.encode_client(ev.Pong())


def test_azure_repeats_a_part_under_another_name() -> None:
    part = b'{"type":"audio","transcript":""}'
    told = (
        b'{"type":"response.content_part.added","event_id":"e","response_id":"r","item_id":"i",'
        b'"output_index":0,"content_index":0,"part":' + part + b',"content":' + part + b"}"
    )
    read = realtime.decode_server(told)
    assert isinstance(read, ev.PartAdded)
    assert read.part == {"type": "audio", "transcript": ""}
