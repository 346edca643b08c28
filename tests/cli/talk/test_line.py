"""Conversations with peers of every kind, over memory and on a clock that jumps."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

import pytest
import trio
import trio.testing
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_server_stream

from rtproxy.cli.talk.dial import CannotConnect
from rtproxy.cli.talk.exchange import LISTENING_MS, Exchange
from rtproxy.cli.talk.frontends import CONVERSATION, VOICE, Frontend, Heard
from rtproxy.cli.talk.line import CONNECT_S, SEND_S, Conversation, converse_over
from rtproxy.cli.talk.question import Question

SHORT = Question("short", b"\x10\x20" * 24 * 80, 80.0)

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
    peer: Peer, question: Question = SHORT, frontend: Frontend = VOICE, **how
) -> Exchange:
    """How a conversation goes with a proxy whose place `peer` takes."""
    exchange = Exchange(question.duration_ms, question.speech_ms)
    conversation = Conversation("ws://proxy.test/ws/voice?a=b", frontend, question, **how)
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
        exchange = await hold(peer, Question("q", bytes(48 * 5_000), 5_000.0), fast=fast)
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

    exchange = await hold(peer, Question("q", bytes(48 * 1_000), 800.0))
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


async def test_what_is_no_websocket_is_said_so(autojump_clock):
    ours, theirs = trio.testing.memory_stream_pair()
    await theirs.send_all(b"SSH-2.0-OpenSSH_9.2\r\n")
    conversation = Conversation("ws://proxy.test/", VOICE, SHORT)
    with trio.fail_after(CONNECT_S + 1), pytest.raises(CannotConnect, match=r"it takes|it answers"):
        await converse_over(ours, conversation, Exchange(80.0, 80.0), Recorder())


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
