"""faults.md, the rows about the upstream: 24, 25, 28, 31, and a key that must not be seen."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
import trio
from trio_websocket import WebSocketConnection

from .conftest import SHORT_DEADLINES, StartProxy
from .dialect import ALL, BETA, CONVERSATION, OPENAI, SMALL, VOICE, Dialect
from .peer import Closed, Peer, Refused
from .proxy_process import ProxyProcess, free_port
from .stub_upstream import SESSION, HttpUpstream, StubUpstream, sane, silent, tell
from .witness import witnessed

TRY_LATER = 1013
REFUSED_FOR_GOOD = 4502
CANARY = "sk-canary-5d1f0c7e9b"
# First dial and five retries with back-off; the whole of it within this.
BUDGET_S = 40.0


def with_key(url: str) -> dict[str, str]:
    """The environment that names an upstream `stub` and gives it a key."""
    section = "RTPROXY_UPSTREAM__STUB__"
    return {
        f"{section}KIND": "compatible",
        f"{section}URL": url,
        f"{section}API_KEY_ENV": "STUB_KEY",
        "STUB_KEY": CANARY,
    }


async def told_and_closed(proxy: ProxyProcess, dialect: Dialect) -> tuple[dict[str, Any], int]:
    """The error that a client is told, and the code that its socket is closed with."""
    async with trio.open_nursery() as nursery:
        peer = await dialect.connect(nursery, proxy.port)
        error = await peer.next("error", wait_s=BUDGET_S)
        closed = await peer.closed()
        nursery.cancel_scope.cancel()
    assert proxy.alive
    assert proxy.get("/livez")[0] == 200
    assert proxy.sessions == 0
    return error, closed.code


@pytest.mark.slow
@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid"], ids=["refused", "dns"])
async def test_row_24_an_upstream_that_cannot_be_reached(
    start_proxy: StartProxy, host: str
) -> None:
    url = f"ws://{host}:{free_port()}/v1/realtime"
    proxy = start_proxy("--upstream", url, env=SHORT_DEADLINES)
    error, code = await told_and_closed(proxy, VOICE)
    assert code == TRY_LATER
    assert error["fatal"] is True
    assert error["message"]


@pytest.mark.parametrize("dialect", ALL, ids=lambda dialect: dialect.name)
async def test_row_25_an_upstream_that_knows_no_such_key(
    start_proxy: StartProxy, dialect: Dialect, nursery: trio.Nursery
) -> None:
    body = b'{"error":{"message":"Incorrect API key provided: %s"}}' % CANARY.encode()
    head = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: %d\r\n\r\n" % len(body)
    upstream = await HttpUpstream(head + body).serve(nursery)
    proxy = start_proxy("--upstream", "stub", env=with_key(upstream.url))
    error, code = await told_and_closed(proxy, dialect)
    assert code == REFUSED_FOR_GOOD
    assert upstream.dials == 1, "a refusal for good is not tried again"
    assert CANARY not in json.dumps(error)
    assert CANARY not in proxy.log
    nursery.cancel_scope.cancel()


@pytest.mark.parametrize("dialect", [VOICE, OPENAI, BETA], ids=lambda dialect: dialect.name)
async def test_row_25_a_key_refused_after_the_handshake(
    start_proxy: StartProxy, dialect: Dialect, nursery: trio.Nursery
) -> None:
    async def refuse(ws: WebSocketConnection) -> None:
        details = {
            "type": "invalid_request_error",
            "code": "invalid_api_key",
            "message": f"Incorrect API key provided: {CANARY}.",
            "param": None,
            "event_id": None,
        }
        await tell(ws, {"type": "error", "error": details})
        await ws.aclose(3000, "invalid_request_error.invalid_api_key")

    upstream = await StubUpstream(refuse).serve(nursery)
    proxy = start_proxy("--upstream", "stub", env=with_key(upstream.url))
    error, code = await told_and_closed(proxy, dialect)
    assert code == REFUSED_FOR_GOOD
    assert upstream.dials == 1
    assert CANARY not in json.dumps(error)
    assert CANARY not in proxy.log
    nursery.cancel_scope.cancel()


@pytest.mark.slow
async def test_row_28_an_upstream_that_accepts_and_is_silent(
    start_proxy: StartProxy, nursery: trio.Nursery
) -> None:
    upstream = await StubUpstream(silent).serve(nursery)
    proxy = start_proxy("--upstream", upstream.url, env=SHORT_DEADLINES)
    error, code = await told_and_closed(proxy, VOICE)
    assert code == TRY_LATER
    assert error["fatal"] is True
    nursery.cancel_scope.cancel()


@pytest.mark.slow
async def test_row_28_an_upstream_that_never_answers_the_upgrade(
    start_proxy: StartProxy, nursery: trio.Nursery
) -> None:
    upstream = await HttpUpstream(b"").serve(nursery)
    proxy = start_proxy("--upstream", upstream.url, env=SHORT_DEADLINES)
    _, code = await told_and_closed(proxy, VOICE)
    assert code == TRY_LATER
    assert upstream.dials == 6, "the first dial and five retries"
    nursery.cancel_scope.cancel()


def blurting(*messages: str | bytes) -> Any:
    """A part that is sane until it is configured, and then says these things."""

    async def part(ws: WebSocketConnection) -> None:
        await tell(ws, {"type": "session.created", "session": SESSION})
        await ws.get_message()
        await tell(ws, {"type": "session.updated", "session": SESSION})
        for message in messages:
            await ws.send_message(message)
        await sane(ws)

    return part


UNKNOWN = '{"type":"galaxy.brain.delta","event_id":"event_x","delta":"AAAA","more":{"deep":[1]}}'
ODDITIES: dict[str, str | bytes] = {
    "unknown-type": UNKNOWN,
    "not-json": "this is no JSON",
    "array": "[1,2,3]",
    "binary": b"\x00\xff",
    "known-type-wrong-fields": '{"type":"response.created","response":17}',
    "audio-that-is-none": '{"type":"response.output_audio.delta","delta":"!!!"}',
    "two-megabytes": json.dumps({"type": "galaxy.brain", "pad": "x" * 2_000_000}),
}


async def test_row_31_odd_events_never_crash(
    start_proxy: StartProxy, nursery: trio.Nursery
) -> None:
    # The witness dials first, and its upstream is sane; then each oddity is met once a dialect.
    met = [(what, dialect) for what in ODDITIES for dialect in SMALL]
    odd = [blurting(ODDITIES[what]) for what, _ in met]
    upstream = await StubUpstream(sane, *odd, sane).serve(nursery)
    proxy = start_proxy("--upstream", upstream.url)
    async with witnessed(proxy) as peers:
        for what, dialect in met:
            peer = await dialect.open(peers, proxy.port)
            await peer.quiet(0.1)
            await peer.send({"type": "ping", "event_id": what})
            assert (await peer.next("pong"))["event_id"] == what
            await peer.aclose()
    nursery.cancel_scope.cancel()


async def test_row_31_unknown_events_reach_an_openai_client_as_they_are(
    start_proxy: StartProxy, nursery: trio.Nursery
) -> None:
    upstream = await StubUpstream(sane, blurting(UNKNOWN)).serve(nursery)
    proxy = start_proxy("--upstream", upstream.url)
    async with witnessed(proxy) as peers:
        peer = await OPENAI.open(peers, proxy.port)
        await peer.send({"type": "session.update", "session": {"type": "realtime"}})
        while (arrival := await peer.arrival()).event["type"] == "session.updated":
            pass
        assert arrival.data == UNKNOWN
    nursery.cancel_scope.cancel()


async def test_row_31_an_event_beyond_the_limit_ends_that_session_alone(
    start_proxy: StartProxy, nursery: trio.Nursery
) -> None:
    oversized = json.dumps({"type": "galaxy.brain", "pad": "x" * (17 * 1024 * 1024)})
    upstream = await StubUpstream(sane, blurting(oversized), sane).serve(nursery)
    proxy = start_proxy("--upstream", upstream.url)
    async with witnessed(proxy) as peers:
        peer = await CONVERSATION.open(peers, proxy.port)
        with suppress(Closed):  # told first, or closed at once: what counts is the witness
            await peer.until("error", "reconnecting")
    nursery.cancel_scope.cancel()


async def test_the_key_goes_upstream_and_nowhere_else(
    start_proxy: StartProxy, nursery: trio.Nursery
) -> None:
    upstream = await HttpUpstream(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").serve(
        nursery
    )
    proxy = start_proxy("--upstream", "stub", env=with_key(upstream.url))
    client_key = "sk-the-clients-own"
    async with trio.open_nursery() as peers:
        offered = ("realtime", f"openai-insecure-api-key.{client_key}")
        with suppress(Refused):  # what counts is where the keys went
            peer = await Peer.connect(peers, proxy.port, OPENAI.path, subprotocols=offered)
            await peer.closed(wait_s=BUDGET_S)
        peers.cancel_scope.cancel()
    assert upstream.heads
    assert not [head for head in upstream.heads if client_key.encode() in head]
    assert client_key not in proxy.log
    assert CANARY not in proxy.log
    assert any(f"Bearer {CANARY}".encode() in head for head in upstream.heads)
    nursery.cancel_scope.cancel()
