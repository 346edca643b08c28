"""Dialling: who answers, who refuses, who is not there, and what each means."""

from __future__ import annotations

import os
import resource
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import pytest
import trio
from certificates import Authority, authority
from stream_pairs import all_of
from trio_websocket import ConnectionClosed, WebSocketRequest, serve_websocket

from rtproxy.legs.connector import dial
from rtproxy.legs.handshake import read_offer, switching_headers
from rtproxy.legs.http1 import RequestReader
from rtproxy.legs.leg import LegsOptions, Side
from rtproxy.legs.stream_driver import open_legs
from rtproxy.legs.tls import tls_client
from rtproxy.legs.transport import Connection
from rtproxy.model.close import CloseCode, CloseReason
from rtproxy.model.errors import ConfigError, DialFailed

pytestmark = pytest.mark.usefixtures("in_time")
DONE = CloseReason(CloseCode.DONE, "done")


@asynccontextmanager
async def answering(answer: bytes, *, hang: bool = False) -> AsyncIterator[str]:
    """A server that answers whatever comes with these bytes; its ws:// URL."""

    async def serve(stream: trio.SocketStream) -> None:
        with suppress(trio.BrokenResourceError):
            await stream.receive_some()
            await stream.send_all(answer)
            if hang:
                await trio.sleep_forever()
        await stream.aclose()

    async with trio.open_nursery() as nursery:
        start = partial(trio.serve_tcp, serve, 0, host="127.0.0.1")
        [listener] = await nursery.start(start)
        port = listener.socket.getsockname()[1]
        yield f"ws://127.0.0.1:{port}/v1/realtime"
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def echoing(context: ssl.SSLContext | None = None) -> AsyncIterator[tuple[str, list[object]]]:
    """A trio-websocket server that says everything back; its host and port, and the requests."""
    requests: list[object] = []

    async def serve(request: WebSocketRequest) -> None:
        requests.append(request)
        protocols = request.proposed_subprotocols
        socket = await request.accept(subprotocol=protocols[0] if protocols else None)
        with suppress(ConnectionClosed):
            while True:
                await socket.send_message(await socket.get_message())

    async with trio.open_nursery() as nursery:
        server = await nursery.start(serve_websocket, serve, "127.0.0.1", 0, context)
        yield f"localhost:{server.port}", requests
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def agreeing(context: ssl.SSLContext | None) -> AsyncIterator[str]:
    """A server that agrees to every upgrade and survives whoever goes in between."""

    async def serve(stream: trio.abc.Stream) -> None:
        with suppress(trio.BrokenResourceError):
            reader = RequestReader()
            head = None
            while head is None and (data := await stream.receive_some()):
                head = reader.feed(bytes(data))
            if head is not None:
                await stream.send_all(reader.switch(switching_headers(read_offer(head), None)))
                await all_of(stream)
        await trio.aclose_forcefully(stream)

    async with trio.open_nursery() as nursery:
        if context is None:
            start = partial(trio.serve_tcp, serve, 0, host="127.0.0.1")
        else:
            start = partial(
                trio.serve_ssl_over_tcp,
                serve,
                0,
                context,
                host="127.0.0.1",
                https_compatible=True,
            )
        [listener] = await nursery.start(start)
        listener = getattr(listener, "transport_listener", listener)
        yield f"localhost:{listener.socket.getsockname()[1]}"
        nursery.cancel_scope.cancel()


async def exchange(connection: Connection) -> None:
    """Say something and hear it back, then close."""
    async with open_legs(LegsOptions(lead_ms=None)) as legs:
        leg = legs.add(Side.UPSTREAM, connection, max_message_bytes=1 << 20)
        leg.send(b"hello")
        message = await leg.receive()
        assert message.raw == b"hello"
        leg.release(message)
        await leg.aclose(DONE)


async def failure(url: str, **options: object) -> DialFailed:
    """How dialling fails."""
    with pytest.raises(DialFailed) as failed:
        await dial(url, **options)  # type: ignore[arg-type] # options by name
    return failed.value


async def test_an_upstream_is_reached_in_the_clear() -> None:
    async with echoing() as (place, requests):
        connection = await dial(
            f"ws://{place}/v1/realtime?model=m",
            headers=[("Authorization", "Bearer k")],
            subprotocols=["realtime"],
        )
        assert connection.subprotocol == "realtime"
        await exchange(connection)
    [request] = requests
    assert isinstance(request, WebSocketRequest)
    assert request.path == "/v1/realtime?model=m"
    headers = dict(request.headers)
    assert headers[b"authorization"] == b"Bearer k"
    assert b"sec-websocket-extensions" not in headers


@pytest.fixture
def ca(tmp_path: Path) -> str:
    """The file that names the authority of the servers here."""
    file = tmp_path / "ca.pem"
    file.write_bytes(authority().pem)
    return str(file)


async def test_an_upstream_is_reached_over_tls(ca: str) -> None:
    async with echoing(authority().their_server()) as (place, _):
        await exchange(await dial(f"wss://{place}/", ca=ca))


async def test_ssl_cert_file_is_honoured(ca: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", ca)
    tls_client.cache_clear()
    try:
        async with echoing(authority().their_server()) as (place, _):
            await exchange(await dial(f"wss://{place}/"))
    finally:
        tls_client.cache_clear()


async def test_a_certificate_of_nobody_we_know_is_final(ca: str) -> None:
    async with echoing(Authority().their_server()) as (place, _):
        failed = await failure(f"wss://{place}/", ca=ca)
    assert failed.final
    assert "an authority that is not trusted here" in str(failed)
    assert "--upstream-ca" in str(failed)


async def test_a_certificate_of_somebody_else_is_final(ca: str) -> None:
    other = authority().issue("elsewhere.example")
    async with echoing(authority().their_server(other)) as (place, _):
        failed = await failure(f"wss://{place}/", ca=ca)
    assert failed.final
    assert f"TLS with {place} failed: its certificate is for elsewhere.example" in str(failed)


async def test_tls_where_none_is_spoken_may_heal(ca: str) -> None:
    async with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as url:
        failed = await failure(url.replace("ws://", "wss://"), ca=ca)
    assert not failed.final
    assert "it speaks no TLS but, as it seems, plain HTTP" in str(failed)


async def test_who_hangs_up_during_the_handshake_may_heal(ca: str) -> None:
    async with answering(b"") as url:
        failed = await failure(url.replace("ws://", "wss://"), ca=ca)
    assert not failed.final


async def test_nobody_listens() -> None:  # faults.md row 24
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    failed = await failure(f"ws://127.0.0.1:{port}/")
    assert (failed.final, failed.status) == (False, None)
    assert f"127.0.0.1:{port} cannot be reached: Connection refused" in str(failed)
    assert failed.reason.code == CloseCode.TRY_LATER


async def test_a_name_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    async def unknown(*_args: object, **_more: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr("trio.socket.getaddrinfo", unknown)
    failed = await failure("ws://nobody.invalid/")
    assert not failed.final
    assert "nobody.invalid cannot be reached: Name or service not known" in str(failed)


@pytest.mark.parametrize(
    ("status", "final"),
    [("401 Unauthorized", True), ("404 Not Found", True), ("503 Service Unavailable", False)],
)
async def test_a_refusal_says_whether_to_come_back(status: str, final: bool) -> None:
    body = b'{"error":{"code":"some_code","message":"secret words"}}'
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    async with answering(head + body) as url:
        failed = await failure(url)
    assert (failed.final, failed.status) == (final, int(status[:3]))
    assert "(some_code)" in str(failed)
    assert "secret words" not in str(failed)


async def test_a_full_upstream_says_when() -> None:
    async with answering(b"HTTP/1.1 429 Slow Down\r\nRetry-After: 4\r\n\r\n") as url:
        failed = await failure(url)
    assert (failed.final, failed.retry_after_s) == (False, 4)


async def test_a_redirect_is_not_followed() -> None:
    async with (
        echoing() as (place, requests),
        answering(f"HTTP/1.1 307 X\r\nLocation: ws://{place}/\r\n\r\n".encode()) as url,
    ):
        assert (await failure(url)).final
        assert requests == []


async def test_a_refusal_whose_body_never_ends_is_not_waited_for() -> None:
    async with answering(b"HTTP/1.1 500 Oops\r\nContent-Length: 99\r\n\r\nhalf", hang=True) as url:
        with trio.fail_after(5):
            assert (await failure(url)).status == 500


@pytest.mark.parametrize("answer", [b"", b"not HTTP\r\n\r\n", b"HTTP/1.1 101 Sw"])
async def test_what_is_no_answer_may_heal(answer: bytes) -> None:
    async with answering(answer) as url:
        assert not (await failure(url)).final


async def test_silence_has_a_deadline() -> None:
    async with answering(b"", hang=True) as url:
        failed = await failure(url, dial_s=0.05)
    assert not failed.final
    assert "did not answer within 0.05 s" in str(failed)


@pytest.mark.parametrize(
    "url",
    ["http://x/", "ws:///path", "x", "ws://user:canary@host/", "ws://host:99999/", "wss://[::1/"],
)
async def test_what_cannot_be_dialled_is_a_mistake_in_the_configuration(url: str) -> None:
    with pytest.raises(ConfigError) as wrong:
        await dial(url)
    assert "canary" not in str(wrong.value)


async def test_authorities_that_cannot_be_read_are_a_mistake_too(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    for name in ("empty.pem", "absent.pem"):
        with pytest.raises(ConfigError, match=r"upstream\.ca"):
            await dial("wss://localhost/", ca=str(tmp_path / name))


def open_descriptors() -> int:
    """How many descriptors this process has open."""
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - counted, not walked


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
@pytest.mark.parametrize("secure", [False, True])
async def test_cancelling_at_any_step_leaves_no_descriptor(ca: str, secure: bool) -> None:
    async with agreeing(authority().their_server() if secure else None) as place:
        url = f"{'wss' if secure else 'ws'}://{place}/"
        connection = await dial(url, ca=ca)  # warm: threads, caches
        connection.transport.abort()
        await connection.transport.aclose()
        await trio.testing.wait_all_tasks_blocked(0.01)
        before = open_descriptors()
        for steps in range(60):
            with trio.CancelScope() as scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(_cancel_after, steps, scope.cancel)
                    connection = await dial(url, ca=ca)
                    connection.transport.abort()
                    await connection.transport.aclose()
                    nursery.cancel_scope.cancel()
        await trio.testing.wait_all_tasks_blocked(0.05)
        assert open_descriptors() <= before


async def _cancel_after(steps: int, cancel: Callable[[], None]) -> None:
    for _ in range(steps):
        await trio.lowlevel.checkpoint()
    cancel()


async def test_a_process_that_may_open_no_socket_says_so_and_is_not_final() -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.socket() as probe:
        lowest_free = probe.fileno()
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, limits[1]))
    try:
        failed = await failure("ws://127.0.0.1:9/")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert failed.exhausted
    assert not failed.final
    assert failed.reason.code == 1013
    assert "Too many open files" in str(failed)
