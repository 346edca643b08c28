"""Requests that stay HTTP, and the ways in which they could end the process but do not."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

import h11
import pytest
import structlog
import trio
from hypercorn.typing import Scope
from hypothesis import given, settings
from hypothesis import strategies as st
from quart_trio import QuartTrio
from stream_pairs import all_of, dripping, memory_transport

from rtproxy.legs.http1 import RequestReader
from rtproxy.legs.one_request import Pace
from rtproxy.legs.plain_http import open_plain_http
from rtproxy.legs.transport import StreamTransport, Transport

HEALTH = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"


async def serve(
    app: object, transport: Transport, first: bytes, pace: Pace | None = None, *, tls: bool = False
) -> None:
    """Read a head and have the application answer it."""
    async with open_plain_http(app, pace) as plain_http:  # type: ignore[arg-type] # any ASGI application
        reader = RequestReader()
        head = reader.feed(first)
        assert head is not None
        await plain_http.serve(transport, reader, head, tls=tls)


async def ask(app: object, first: bytes, later: bytes = b"", *, tls: bool = False) -> bytes:
    """The whole answer to a request whose head has arrived and whose rest comes later."""
    transport, peer = memory_transport()
    answer = b""

    async def collect() -> None:
        nonlocal answer
        answer = await all_of(peer)
        await peer.aclose()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(collect)
        await peer.send_all(later) if later else None
        await serve(app, transport, first, tls=tls)
    assert transport.closed
    return answer


def parse(answer: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a whole response, and that nothing is behind it."""
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
    client.send(h11.EndOfMessage())
    client.receive_data(answer)
    client.receive_data(b"")
    while isinstance(head := client.next_event(), h11.InformationalResponse):
        pass
    assert isinstance(head, h11.Response)
    body = b""
    while isinstance(event := client.next_event(), h11.Data):
        body += bytes(event.data)
    assert isinstance(event, h11.EndOfMessage)
    assert client.trailing_data[0] == b""
    return head.status_code, {k.decode(): v.decode() for k, v in head.headers}, body


async def test_a_request_is_answered_and_the_connection_ends(application: QuartTrio) -> None:
    status, headers, body = parse(await ask(application, HEALTH))
    assert (status, json.loads(body)) == (200, {"status": "ok"})
    assert headers["connection"] == "close"


async def test_a_request_without_a_route_is_told(application: QuartTrio) -> None:
    assert parse(await ask(application, b"GET /no HTTP/1.1\r\nHost: x\r\n\r\n"))[0] == 404


async def test_the_scheme_is_that_of_the_connection(application: QuartTrio) -> None:
    request = b"GET /scheme HTTP/1.1\r\nHost: x\r\n\r\n"
    assert json.loads(parse(await ask(application, request))[2])["scheme"] == "http"
    assert json.loads(parse(await ask(application, request, tls=True))[2])["scheme"] == "https"


async def test_nothing_that_could_change_the_protocol_is_handed_over(
    application: QuartTrio,
) -> None:
    request = (
        b"GET /headers HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings, X-Hop, Host\r\n"
        b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nX-Hop: 1\r\nX-Keep: 2\r\n"
        b"Keep-Alive: timeout=5\r\nTE: trailers\r\n\r\n"
    )
    status, _, body = parse(await ask(application, request))
    seen = json.loads(body)
    assert status == 200
    assert seen.keys() - {"remote-addr"} == {"host", "x-keep", "connection"}
    assert seen["connection"] == "close"


async def test_http_1_0_without_host_is_served(application: QuartTrio) -> None:
    assert parse(await ask(application, b"GET /health HTTP/1.0\r\n\r\n"))[0] == 200


@given(pieces=st.lists(st.binary(min_size=1, max_size=2000), max_size=6))
@settings(max_examples=25, deadline=None)
def test_a_chunked_body_arrives_as_it_was_sent(pieces: list[bytes]) -> None:
    async def run() -> None:
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
        head = b"POST /e HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        answer = await ask(echo, head, chunks + b"0\r\nTrailer: x\r\n\r\n")
        assert parse(answer)[2] == b"".join(pieces)

    trio.run(run)


async def test_a_client_that_waits_to_be_told_to_continue_is_told(application: QuartTrio) -> None:
    head = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    answer = await ask(application, head, b"hi")
    assert answer.startswith(b"HTTP/1.1 100")
    assert parse(answer)[2] == b"hi"


async def test_an_ambiguous_body_has_one_meaning(application: QuartTrio) -> None:
    # Chunked wins over Content-Length (RFC 9112 section 6.3), for us and behind us.
    head = (
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    answer = await ask(application, head, b"2\r\nhi\r\n0\r\n\r\nGET /health HTTP/1.1\r\n\r\n")
    assert parse(answer)[2] == b"hi"


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"
UPGRADE = (
    b"GET /health HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@pytest.mark.parametrize(
    "second",
    [
        HEALTH,
        UPGRADE + b"x",
        UPGRADE + b"\x81\xff" + (17 << 20).to_bytes(8, "big") + bytes(70_000),
        PREFACE,
        b"GET /health HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n" + PREFACE,
        b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
async def test_what_is_pipelined_behind_a_request_is_never_looked_at(
    application: QuartTrio, second: bytes
) -> None:
    status, _, body = parse(await ask(application, HEALTH, second))
    assert (status, json.loads(body)) == (200, {"status": "ok"})
    first_with_body = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"
    assert parse(await ask(application, first_with_body + second[:100]))[2] == b"hi"


async def test_a_malformed_chunk_is_refused_and_harms_nobody(application: QuartTrio) -> None:
    head = b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    status, _, body = parse(await ask(application, head, b"5\r\nhello\r\nzz\r\nhello\r\n"))
    assert status == 400
    assert "not a valid HTTP/1.1 request" in json.loads(body)["error"]["message"]


async def test_a_body_that_drips_is_given_up(
    application: QuartTrio, autojump_clock: trio.testing.MockClock
) -> None:
    transport, peer = memory_transport()
    head = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
    started = trio.current_time()
    async with dripping(peer, bytes(100_000), every_s=0.1):
        await serve(application, transport, head, Pace(body_grace_s=5, body_bytes_per_s=1024))
    # 10 bytes a second earn next to nothing: the grace is all there is.
    assert 5 <= trio.current_time() - started < 7
    assert parse(await all_of(peer))[0] == 408


async def test_a_slow_but_honest_body_arrives(
    application: QuartTrio, autojump_clock: trio.testing.MockClock
) -> None:
    transport, peer = memory_transport()
    head = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 30000\r\n\r\n"

    async def send_slowly() -> None:
        for _ in range(15):
            await peer.send_all(bytes(2_000))
            await trio.sleep(1)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(send_slowly)
        nursery.start_soon(serve, application, transport, head)
        answer = await all_of(peer)
        await peer.aclose()
    assert parse(answer)[2] == bytes(30_000)


async def test_a_client_that_goes_in_the_middle_of_its_body_ends_the_request(
    application: QuartTrio,
) -> None:
    transport, peer = memory_transport()
    await peer.send_all(b"h")
    await peer.aclose()
    with trio.fail_after(5):
        head = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"
        await serve(application, transport, head)
    assert transport.closed


async def test_a_client_that_goes_while_the_answer_is_made_ends_the_request(
    application: QuartTrio, autojump_clock: trio.testing.MockClock
) -> None:
    transport, peer = memory_transport()
    await peer.aclose()
    with trio.fail_after(6):
        await serve(application, transport, b"GET /never HTTP/1.1\r\nHost: x\r\n\r\n")
    assert transport.closed


async def test_a_client_that_has_finished_asking_is_still_answered(
    application: QuartTrio,
) -> None:
    transport, peer = memory_transport()
    await peer.send_eof()
    await serve(application, transport, HEALTH)
    assert parse(await all_of(peer))[0] == 200


async def test_a_server_that_stops_does_not_wait_for_a_client_that_does_not_read(
    application: QuartTrio, autojump_clock: trio.testing.MockClock
) -> None:
    ours, _theirs = trio.testing.lockstep_stream_pair()  # takes nothing that is not read
    transport = StreamTransport(ours)
    started = trio.current_time()
    with trio.move_on_after(1):
        await serve(application, transport, b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
    assert trio.current_time() - started < 1.5
    assert transport.closed


async def test_a_client_that_does_not_read_is_given_up(
    application: QuartTrio, autojump_clock: trio.testing.MockClock
) -> None:
    ours, _theirs = trio.testing.lockstep_stream_pair()
    started = trio.current_time()
    await serve(
        application,
        StreamTransport(ours),
        b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n",
        Pace(send_s=3),
    )
    assert trio.current_time() - started < 5


Receive = Callable[[], Awaitable[dict[str, object]]]
Send = Callable[[dict[str, object]], Awaitable[None]]


def refuse_lifespan(scope: Scope) -> None:
    """How an ASGI application says that it has no start and no end."""
    if scope["type"] == "lifespan":
        raise NotImplementedError


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """An ASGI application that says the body back."""
    refuse_lifespan(scope)
    body, more = b"", True
    while more:
        event = await receive()
        if event["type"] == "http.disconnect":
            return
        body += bytes(event["body"])  # type: ignore[call-overload] # ASGI says bytes
        more = bool(event["more_body"])
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


async def broken(scope: Scope, receive: Receive, send: Send) -> None:
    """An ASGI application with a bug."""
    refuse_lifespan(scope)
    raise ZeroDivisionError("a bug in the application")


async def impossible(scope: Scope, receive: Receive, send: Send) -> None:
    """An application whose answer makes hypercorn itself fail."""
    refuse_lifespan(scope)
    await send({"type": "http.response.start", "status": "two hundred", "headers": [(b":x", b"")]})


@pytest.mark.parametrize("app", [broken, impossible])
async def test_a_bug_of_the_application_ends_that_connection_alone(app: object) -> None:
    with structlog.testing.capture_logs() as logs:
        answer = await ask(app, HEALTH)
    assert parse(answer)[0] == 500
    contained = [entry for entry in logs if entry["event"] == "contained"]
    assert len(contained) == 1
    assert contained[0]["error_id"]


async def test_a_bug_of_hypercorn_ends_that_connection_alone(
    application: QuartTrio, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_self: object, _event: object) -> None:
        raise trio.BusyResourceError("as when two tasks send at once")

    monkeypatch.setattr("hypercorn.protocol.ProtocolWrapper.handle", fail)
    with structlog.testing.capture_logs() as logs:
        status, _, body = parse(await ask(application, HEALTH))
    error_id = next(entry["error_id"] for entry in logs if entry["event"] == "contained")
    assert status == 500
    assert error_id in json.loads(body)["error"]["message"]
