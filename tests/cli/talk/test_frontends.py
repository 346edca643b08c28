"""What talk says and understands, and that the proxy's own dialects agree."""

from __future__ import annotations

import base64
import json

import pytest

from rtproxy.cli.talk import frontends as fe
from rtproxy.cli.talk.command import DIALECTS as SPOKEN
from rtproxy.cli.talk.formats import parse_format
from rtproxy.dialects.registry import DIALECTS, choose_dialect
from rtproxy.model import events as ev

PCM = b"\x01\x02\x03\x04"
ULAW = {"type": "audio/pcmu"}
SMALL = [fe.VOICE, fe.COMPANION, fe.CONVERSATION]
B64 = base64.b64encode(PCM).decode()


@pytest.mark.parametrize(
    ("frontend", "message", "heard"),
    [
        (fe.VOICE, {"type": "session_ready"}, fe.Ready()),
        (fe.VOICE, {"type": "session_ready", "model": "m", "voice": "v"}, fe.Ready("m, voice v")),
        (fe.VOICE, {"type": "audio_chunk", "audio": B64}, fe.AnswerAudio(PCM)),
        (
            fe.VOICE,
            {"type": "transcript", "role": "user", "text": "hi", "final": True},
            fe.Said("user", "hi", final=True),
        ),
        (
            fe.VOICE,
            {"type": "transcript", "role": "assistant", "text": "h", "final": False},
            fe.Said("assistant", "h", final=False),
        ),
        (
            fe.VOICE,
            {"type": "error", "message": "m", "code": "c", "fatal": True},
            fe.Trouble("m", "c", fatal=True),
        ),
        (
            fe.VOICE,
            {"type": "tool_progress", "callId": "c", "name": "n", "state": "failed", "text": "t"},
            fe.ToolNews("c", "n", "failed", "t"),
        ),
        (fe.VOICE, {"type": "reconnecting", "attempt": 2}, fe.Reconnecting("2")),
        (fe.COMPANION, {"type": "reconnecting", "data": {"attempt": 3}}, fe.Reconnecting("3")),
        (
            fe.OPENAI,
            {
                "type": "response.done",
                "response": {
                    "status": "failed",
                    "status_details": {"type": "failed", "error": {"message": "Too many."}},
                },
            },
            fe.AnswerOver("Too many."),
        ),
        (
            fe.OPENAI,
            {"type": "response.done", "response": {"status": "completed", "status_details": None}},
            fe.AnswerOver(),
        ),
        (
            fe.COMPANION,
            {"type": "tool_progress", "data": {"callId": "c", "name": "n", "state": "started"}},
            fe.ToolNews("c", "n", "started"),
        ),
        (fe.CONVERSATION, {"type": "audio_delta", "audio": B64}, fe.AnswerAudio(PCM)),
        (
            fe.CONVERSATION,
            {"type": "text_delta", "text": "a"},
            fe.Said("assistant", "a", final=False),
        ),
        (
            fe.CONVERSATION,
            {"type": "transcription", "text": "a"},
            fe.Said("user", "a", final=True),
        ),
        (fe.CONVERSATION, {"type": "response_done", "message": "x"}, fe.AnswerOver()),
        (fe.COMPANION, {"type": "audio_delta", "data": {"audioData": B64}}, fe.AnswerAudio(PCM)),
        (
            fe.COMPANION,
            {"type": "transcription", "data": {"transcript": "a"}},
            fe.Said("user", "a", final=True),
        ),
        (fe.COMPANION, {"type": "response_complete"}, fe.AnswerOver()),
        (
            fe.OPENAI,
            {
                "type": "session.created",
                "session": {"model": "m", "audio": {"output": {"voice": "v"}}},
            },
            fe.Ready("m, voice v"),
        ),
        (fe.OPENAI, {"type": "response.output_audio.delta", "delta": B64}, fe.AnswerAudio(PCM)),
        (fe.OPENAI, {"type": "response.done", "response": {}}, fe.AnswerOver()),
        (
            fe.OPENAI,
            {"type": "error", "error": {"message": "m", "code": None}},
            fe.Trouble("m", "", fatal=False),
        ),
        (
            fe.OPENAI,
            {"type": "session.updated", "session": {"audio": {"output": {"format": ULAW}}}},
            fe.FormatsTold(parse_format("pcm16"), parse_format("g711_ulaw")),
        ),
        (fe.OPENAI, {"type": "rate_limits.updated"}, None),
        (fe.VOICE, {"no": "type"}, None),
        (fe.VOICE, [], None),
    ],
)
def test_messages_are_understood(frontend: fe.Frontend, message: object, heard: fe.Heard | None):
    assert frontend.read(json.dumps(message)) == heard


@pytest.mark.parametrize("raw", ["not JSON", '{"type":"audio_chunk","audio":"?"}'])
def test_what_is_no_message_is_a_value_error(raw: str):
    with pytest.raises(ValueError, match=r"."):
        fe.VOICE.read(raw)


@pytest.mark.parametrize("frontend", fe.FRONTENDS.values(), ids=lambda one: one.name)
def test_a_binary_frame_is_audio_where_it_was_asked_for(frontend: fe.Frontend):
    assert frontend.audio(PCM, binary=True) == PCM
    assert frontend.read(PCM, binary=True) == fe.AnswerAudio(PCM)
    with pytest.raises(ValueError, match="a binary frame of 4 bytes"):
        frontend.read(PCM)


@pytest.mark.parametrize("frontend", SPOKEN.values(), ids=lambda one: one.name)
def test_the_proxy_speaks_each_dialect_where_talk_expects_it(frontend: fe.Frontend):
    dialect = choose_dialect(frontend.path, {}, ())
    assert dialect is not None
    assert dialect.name == frontend.name


def test_talk_speaks_every_dialect_of_the_proxy():
    assert set(SPOKEN) == {dialect.name for dialect in DIALECTS}


@pytest.mark.parametrize("frontend", SMALL, ids=lambda one: one.name)
def test_the_proxy_understands_what_talk_says(frontend: fe.Frontend):
    dialect = choose_dialect(frontend.path, {}, ())
    assert dialect is not None
    (event,) = dialect.decode(frontend.audio(PCM).encode(), binary=False)
    assert isinstance(event, ev.InputAudio)
    for message in frontend.end_turn:
        (event,) = dialect.decode(json.dumps(message).encode(), binary=False)
        assert isinstance(event, ev.InputCommit)


def test_talk_introduces_itself_where_it_has_to():
    dialect = choose_dialect(fe.COMPANION.path, {}, ())
    assert dialect is not None
    said = [
        event
        for message in fe.COMPANION.introduction
        for event in dialect.decode(json.dumps(message).encode(), binary=False)
    ]
    assert [type(event) for event in said] == [ev.Introduced, ev.StartAsked]


@pytest.mark.parametrize(
    ("event", "heard"),
    [
        (ev.SpeechStarted(item_id="i", audio_start_ms=0), fe.SpeechStarted()),
        (ev.SpeechStopped(item_id="i", audio_end_ms=9), fe.SpeechStopped()),
        (ev.AnswerStarted(response_id="r", item_id="i"), fe.AnswerStarted()),
        (ev.AnswerOver(response_id="r", status="completed"), fe.AnswerOver()),
    ],
)
@pytest.mark.parametrize("frontend", SMALL, ids=lambda one: one.name)
def test_talk_understands_what_the_proxy_says(
    frontend: fe.Frontend, event: ev.Event, heard: fe.Heard
):
    dialect = choose_dialect(frontend.path, {}, ())
    assert dialect is not None
    (raw,) = dialect.encode(event)
    assert frontend.read(raw.decode()) == heard
