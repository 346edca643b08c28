"""Conversations with peers of every kind, over memory and on a clock that jumps."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable

import pytest
import trio
import trio.testing
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_server_stream
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, TextMessage

from rtproxy.audio.wav import Recording
from rtproxy.cli.talk.dial import CONNECT_S, CannotConnect
from rtproxy.cli.talk.exchange import LISTENING_MS, Exchange
from rtproxy.cli.talk.formats import USUAL, WireFormats, parse_format
from rtproxy.cli.talk.frontends import CONVERSATION, OPENAI, VOICE, Frontend, Heard
from rtproxy.cli.talk.line import SEND_S, Conversation, converse_over
from rtproxy.cli.talk.question import Question
from rtproxy.model.audio_format import PCM16_24K


def question(pcm: bytes, speech_ms: float) -> Question:
    return Question("q", Recording(PCM16_24K, pcm), speech_ms)


SHORT = question(b"\x10\x20" * 24 * 80, 80.0)

Peer = Callable[[WebSocketConnection], Awaitable[None]]


class Recorder:
    """A screen that remembers."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []

    def show(self, heard: Heard) -> None:
        self.heard.append(heard)

    def progress(self, exchange: Exchange) -> None:
        assert exchange.sent_ms <= exchange.question_ms


async def hold(
    peer: Peer,
    spoken: Question = SHORT,
    frontend: Frontend = VOICE,
    formats: WireFormats = USUAL,
    **how,
) -> Exchange:
    """How a conversation goes with a proxy whose place `peer` takes."""
    exchange = Exchange(spoken.duration_ms, spoken.speech_ms, formats)
    conversation = Conversation("ws://proxy.test/ws/voice?a=b", frontend, spoken, **how)
    ours, theirs = trio.testing.memory_stream_pair()

    async def be_the_peer() -> None:
        try:
            async with trio.open_nursery() as nursery:
                request = await wrap_server_stream(nursery, theirs)
                assert request.path == "/ws/voice?a=b"
                await peer(await request.accept())
                nursery.cancel_scope.cancel()
        except* ConnectionClosed:
            pass  # it is talk that ends these conversations

    async with trio.open_nursery() as nursery:
        nursery.start_soon(be_the_peer)
        await converse_over(ours, conversation, exchange, Recorder())
        nursery.cancel_scope.cancel()
    return exchange


async def say(socket: WebSocketConnection, *messages: str) -> None:
    for message in messages:
        text = message if message.startswith("{") else json.dumps({"type": message})
        await socket.send_message(text)


async def swallow(socket: WebSocketConnection) -> None:
    while True:
        await socket.get_message()


async def test_a_turn_that_nobody_notices_is_ended_by_hand(autojump_clock):
    async def peer(socket: WebSocketConnection) -> None:
        await say(socket, "session_ready")
        while json.loads(await socket.get_message())["type"] != "commit_audio":
            pass
        await say(socket, "response_started", '{"type":"audio_chunk","audio":"AQI="}')
        await say(socket, "audio_done", "response_done")
        await swallow(socket)

    exchange = await hold(peer)
    assert (exchange.failure, bytes(exchange.answer)) == (None, b"\x01\x02")
    assert exchange.totals().silence_ms == LISTENING_MS


async def test_where_only_turn_detection_ends_a_turn_silence_goes_on(autojump_clock):
    exchange = await hold(swallow, frontend=CONVERSATION, patience_s=6.0)
    assert exchange.failure == "no answer came for 6 s"
    assert exchange.totals().silence_ms == pytest.approx(6_000, abs=1_000)


async def test_audio_goes_out_at_the_pace_of_a_microphone(autojump_clock):
    async def peer(socket: WebSocketConnection) -> None:
        await say(socket, "response_started", "response_done")
        await swallow(socket)

    for fast, expected_s in ((False, 4.96), (True, 0.0)):
        exchange = await hold(peer, question(bytes(48 * 5_000), 5_000.0), fast=fast)
        totals = exchange.totals()
        assert totals.sent == 125
        assert totals.elapsed_s - SETTLING_S == pytest.approx(expected_s, abs=0.08)


SETTLING_S = 1.5  # the answer came before the question was out


async def test_an_answer_is_timed_from_the_end_of_the_speech(autojump_clock):
    async def peer(socket: WebSocketConnection) -> None:
        while json.loads(await socket.get_message())["type"] != "audio_input":
            pass
        await trio.sleep(3.0)
        await say(socket, "speech_stopped", "response_started")
        await say(socket, '{"type":"audio_chunk","audio":"AQI="}')
        await trio.sleep(1.0)
        await say(socket, "response_done")
        await swallow(socket)

    exchange = await hold(peer, question(bytes(48 * 1_000), 800.0))
    assert exchange.totals().first_audio_s == pytest.approx(3.0 - 0.76, abs=0.01)
    assert exchange.totals().elapsed_s == pytest.approx(4.0, abs=0.05)


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        ('{"type":"error","message":"no key","code":"k","fatal":true}', "no key"),
        ("not JSON", "none of a proxy's"),
        ('{"type":"audio_chunk","audio":"%"}', "none of a proxy's"),
    ],
)
async def test_what_ends_it_early_is_told(autojump_clock, ending: str, words: str):
    async def peer(socket: WebSocketConnection) -> None:
        await socket.send_message(ending)
        await swallow(socket)

    exchange = await hold(peer)
    assert exchange.failure is not None
    assert words in exchange.failure


async def test_a_close_is_told_with_its_code_and_reason(autojump_clock):
    exchange = await hold(lambda socket: socket.aclose(1013, "too many sessions"))
    assert exchange.failure == "the proxy closed the connection (1013 too many sessions)"


async def test_a_broken_connection_is_told(autojump_clock):
    exchange = await hold(lambda socket: socket._stream.aclose())
    assert exchange.failure is not None
    assert "the proxy closed the connection (1006" in exchange.failure


async def test_a_silent_proxy_is_waited_for_so_long_and_no_longer(autojump_clock):
    exchange = await hold(swallow, patience_s=2.0)
    assert exchange.failure == "no answer came for 2 s"
    assert exchange.totals().elapsed_s == pytest.approx(2.0, abs=1.1)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "it takes the connection and says nothing for 10 s$"),
        (
            b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
            "it answers, but not as a WebSocket; perhaps it is another",
        ),
        (
            b"GET / HTTP/1.1\r\nHost: h\r\n\r\n",
            "it answers, but not as a WebSocket; perhaps it is another",
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "it answers with HTTP 200$"),
        (b"HTTP/1.1 101 No\r\n\r\n", "it answers, but not as a WebSocket"),
    ],
)
async def test_what_is_no_websocket_is_said_so(autojump_clock, said: bytes, words: str):
    ours, theirs = trio.testing.memory_stream_pair()
    await theirs.send_all(said)
    conversation = Conversation("ws://proxy.test/", VOICE, SHORT)
    with trio.fail_after(CONNECT_S + 1), pytest.raises(CannotConnect, match=words):
        await converse_over(ours, conversation, Exchange(80.0, 80.0), Recorder())


async def test_a_refusal_that_comes_with_the_handshake_is_told(autojump_clock):
    ours, theirs = trio.testing.memory_stream_pair()
    wire = WSConnection(ConnectionType.SERVER)

    async def refuse_at_once() -> None:
        wire.receive_data(bytes(await theirs.receive_some()))
        words = '{"type":"error","message":"There is no such persona.","code":"c","fatal":true}'
        said = (AcceptConnection(), TextMessage(words), CloseConnection(4400, "bad persona"))
        await theirs.send_all(b"".join(wire.send(event) for event in said))
        await swallow_bytes(theirs)

    exchange = Exchange(SHORT.duration_ms, SHORT.speech_ms, USUAL)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(refuse_at_once)
        conversation = Conversation("ws://proxy.test/", VOICE, SHORT)
        screen = Recorder()
        await converse_over(ours, conversation, exchange, screen)
        nursery.cancel_scope.cancel()
    assert "There is no such persona." in str(screen.heard)
    assert exchange.failure


async def swallow_bytes(stream: trio.abc.Stream) -> None:
    while await stream.receive_some():
        pass


async def test_a_proxy_that_takes_nothing_is_given_up(autojump_clock):
    ours, theirs = trio.testing.memory_stream_pair()
    sending = ours.send_stream.send_all_hook
    accepted = trio.Event()

    async def block_after_the_handshake() -> None:
        if accepted.is_set():
            await trio.sleep_forever()
        if sending is not None:
            await sending()

    exchange = Exchange(80.0, 80.0)
    ours.send_stream.send_all_hook = block_after_the_handshake
    conversation = Conversation("ws://proxy.test/", VOICE, SHORT, patience_s=600.0)
    async with trio.open_nursery() as nursery:

        async def be_the_peer() -> None:
            request = await wrap_server_stream(nursery, theirs)
            await request.accept()
            accepted.set()

        nursery.start_soon(be_the_peer)
        await converse_over(ours, conversation, exchange, Recorder())
        nursery.cancel_scope.cancel()
    assert exchange.failure == f"the proxy has not taken a message for {SEND_S:.0f} s"


async def test_the_question_is_spoken_in_the_format_of_the_wire(autojump_clock):
    taken: list[str | bytes] = []

    async def peer(socket: WebSocketConnection) -> None:
        while len(taken) < 4:
            taken.append(await socket.get_message())
        await say(socket, "response_started")
        await socket.send_message(bytes(160))
        await say(socket, "response_done")
        await swallow(socket)

    formats = WireFormats(parse_format("f32/48000/2"), parse_format("g711_alaw"), binary=True)
    exchange = await hold(peer, question(b"\x10\x20" * 24 * 160, 160.0), formats=formats)
    assert [len(chunk) for chunk in taken] == [48 * 40 * 2 * 4] * 4
    assert all(isinstance(chunk, bytes) for chunk in taken)
    assert exchange.answer_ms == 20
    assert exchange.failure is None


async def test_the_upstream_is_believed_when_it_names_other_formats(autojump_clock):
    asked: list[dict] = []
    sizes: list[int] = []

    async def peer(socket: WebSocketConnection) -> None:
        asked.append(json.loads(await socket.get_message()))
        await trio.sleep(3.0)
        told = {"input": {"format": {"type": "audio/pcmu"}}}
        await say(socket, json.dumps({"type": "session.updated", "session": {"audio": told}}))
        while len(sizes) < 2:
            sizes.append(len(base64.b64decode(json.loads(await socket.get_message())["audio"])))
        await say(socket, "response.created", "response.done")
        await swallow(socket)

    formats = WireFormats(mic=parse_format("g711_alaw"))
    exchange = await hold(peer, frontend=OPENAI, formats=formats)
    audio = asked[0]["session"]["audio"]
    assert audio["input"]["format"] == {"type": "audio/pcma"}
    assert audio["output"]["format"] == {"type": "audio/pcm", "rate": 24_000}
    assert sizes == [320, 320]
    assert exchange.formats == WireFormats(mic=parse_format("g711_ulaw"))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            {"type": "error", "error": {"message": "no such field", "event_id": "talk_opening"}},
            "no such field",
        ),
        (
            {
                "type": "session.updated",
                "session": {"audio": {"input": {"format": {"type": "audio/opus"}}}},
            },
            "takes audio/opus and answers with audio/pcm",
        ),
        ({"type": "session.created"}, "no answer came for 5 s"),
    ],
)
async def test_without_an_agreement_nothing_is_said(autojump_clock, answer: dict, words: str):
    async def peer(socket: WebSocketConnection) -> None:
        assert json.loads(await socket.get_message())["type"] == "session.update"
        await say(socket, json.dumps(answer))
        message = await socket.get_message()
        pytest.fail(f"this was said: {message!r}")

    exchange = await hold(peer, frontend=OPENAI, patience_s=5.0)
    assert exchange.failure is not None
    assert words in exchange.failure
    assert exchange.sent_ms == 0
