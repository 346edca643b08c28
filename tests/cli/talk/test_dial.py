"""Real sockets: the simulator answers, nobody answers, somebody refuses, TLS of one's own."""

from __future__ import annotations

import socket
import ssl
from functools import partial

import pytest
import trio
import trustme
from trio_websocket import WebSocketRequest, serve_websocket

from rtproxy.audio.wav import Recording
from rtproxy.cli.talk.dial import CannotConnect, dial
from rtproxy.cli.talk.exchange import Exchange
from rtproxy.cli.talk.frontends import OPENAI, VOICE, Heard, Said
from rtproxy.cli.talk.line import Conversation, converse
from rtproxy.cli.talk.question import Question, load_question
from rtproxy.model.audio_format import PCM16_24K
from rtproxy.simulator.server import open_simulator
from rtproxy.simulator.settings import Settings

SHORT = Question("short", Recording(PCM16_24K, b"\x10\x20" * 24 * 80), 80.0)


class Recorder:
    """A screen that remembers."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []

    def show(self, heard: Heard) -> None:
        self.heard.append(heard)

    def progress(self, exchange: Exchange) -> None:
        assert exchange.sent_ms <= exchange.question_ms


async def hold(url: str, **how) -> Exchange:
    exchange = Exchange(SHORT.duration_ms, SHORT.speech_ms)
    with trio.fail_after(5):
        await converse(Conversation(url, VOICE, SHORT, fast=True, **how), exchange, Recorder())
    return exchange


async def test_the_sample_question_is_answered_by_the_simulator():
    question, screen = load_question(None), Recorder()
    exchange = Exchange(question.duration_ms, question.speech_ms)
    async with trio.open_nursery() as nursery:
        url = await open_simulator(nursery, Settings(speed=100, first_audio_delay_ms=0, seed=1))
        conversation = Conversation(f"{url}?model=m", OPENAI, question, fast=True)
        await converse(conversation, exchange, screen)
        nursery.cancel_scope.cancel()
    assert exchange.failure is None
    assert (
        bytes(exchange.answer) in question.recording.data
    )  # the parrot leaves out what came too late
    assert len(exchange.answer) > 0.8 * len(question.recording.data)
    said = {heard.role for heard in screen.heard if isinstance(heard, Said)}
    assert said == {"user", "assistant"}
    assert exchange.totals().first_audio_s is not None


async def test_nobody_there_is_said_so():
    with socket.socket() as held:  # bound, so that nobody else listens there meanwhile
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        for host in ("127.0.0.1", "localhost"):
            with pytest.raises(CannotConnect, match=r"^Connection refused$") as caught:
                await hold(f"ws://{host}:{port}/ws/voice")
            assert caught.value.refused


async def test_a_name_that_nobody_has_is_said_so(monkeypatch):
    with pytest.raises(CannotConnect) as caught:
        await hold("ws://no-such-host.invalid/ws/voice")
    assert caught.value.refused
    assert "invalid" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"this page may not connect", r"HTTP 403 this page may not connect$"),
        (b"<html>\n<p>No.</p></html>", r"HTTP 403$"),
        (b"x" * 10_000, r"HTTP 403 x{200}$"),
    ],
)
async def test_a_refusal_is_told_with_its_words(body: bytes, words: str):
    async def refuse(request: WebSocketRequest) -> None:
        await request.reject(403, body=body)

    async with trio.open_nursery() as nursery:
        server = await nursery.start(partial(serve_websocket, refuse, "127.0.0.1", 0, None))
        with pytest.raises(CannotConnect, match=words) as caught:
            await hold(f"ws://127.0.0.1:{server.port}/ws/voice")
        nursery.cancel_scope.cancel()
    assert not caught.value.refused


@pytest.mark.parametrize("verify", [True, False])
async def test_a_certificate_of_ones_own_is_taken_only_when_asked(monkeypatch, verify: bool):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    async with trio.open_nursery() as nursery:
        listeners = await trio.open_ssl_over_tcp_listeners(0, context, host="127.0.0.1")
        port = listeners[0].transport_listener.socket.getsockname()[1]
        nursery.start_soon(trio.serve_listeners, _greet, listeners)
        if verify:
            with pytest.raises(
                CannotConnect, match=r"not trusted \(.*\); add --insecure .* SSL_CERT_FILE$"
            ):
                await _read_greeting(f"wss://127.0.0.1:{port}", verify=True)
        else:
            assert await _read_greeting(f"wss://127.0.0.1:{port}", verify=False) == b"hello"
        nursery.cancel_scope.cancel()


async def test_plain_text_where_tls_is_due_is_told():
    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        port = listeners[0].socket.getsockname()[1]
        nursery.start_soon(trio.serve_listeners, _greet, listeners)
        with pytest.raises(CannotConnect, match="does not speak TLS"):
            await _read_greeting(f"wss://127.0.0.1:{port}", verify=True)
        nursery.cancel_scope.cancel()


async def _greet(stream: trio.abc.Stream) -> None:
    try:
        await stream.send_all(b"hello")
        await stream.receive_some()
    except trio.BrokenResourceError:
        return  # the handshake was refused, or ended by force
    finally:
        await trio.aclose_forcefully(stream)


async def _read_greeting(url: str, *, verify: bool) -> bytes:
    with trio.fail_after(5):
        async with dial(url, verify=verify) as stream:
            return bytes(await stream.receive_some())
