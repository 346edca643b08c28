"""faults.md, the rows about what comes before a WebSocket: 1, 2, 3, 11, 12, 37.

The known faults of the HTTP server that we stand on are shown in every way of
arriving: as the first request, after another by keep-alive, and pipelined.
"""

from __future__ import annotations

from contextlib import suppress

import pytest
import trio

from .dialect import OPENAI, VOICE
from .peer import Peer, Refused
from .proxy_process import ProxyProcess
from .witness import witnessed

WAIT_S = 30.0
PLAIN = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(
    [0, 0, 0, 4, 0, 0, 0, 0, 0]  # SETTINGS, empty
)
# A HEADERS frame: :method GET, :scheme http, and a literal :path of "/" and byte 0xFF.
H2_NON_ASCII = b"\x00\x00\x07\x01\x05\x00\x00\x00\x01" + b"\x82\x86\x44\x02/\xff\x84"
OVERSIZE_BYTES = 17 * 1024 * 1024


def upgrade(path: str) -> bytes:
    """The head of a WebSocket's opening handshake."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


def masked_header(opcode: int, declared_bytes: int) -> bytes:
    """The header of a masked frame that declares a 64-bit length, under a zero mask."""
    return bytes((0x80 | opcode, 0xFF)) + declared_bytes.to_bytes(8, "big") + bytes(4)


ATTACKS = {
    "byte-after-upgrade": upgrade("/livez") + b"x",
    "byte-after-voice-upgrade": upgrade(VOICE.path) + b"x",
    "oversize-text-then-binary": upgrade("/livez")
    + masked_header(1, OVERSIZE_BYTES)
    + bytes(100_000)
    + masked_header(2, 5)
    + b"hello",
    "oversize-binary-then-text": upgrade("/health")
    + masked_header(2, OVERSIZE_BYTES)
    + bytes(100_000)
    + masked_header(1, 5)
    + b"hello",
    "h2-preface-non-ascii-path": PREFACE + H2_NON_ASCII,
    "h2c-upgrade": b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
    b"HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n" + PREFACE + H2_NON_ASCII,
    "malformed-chunk-header": b"POST /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n",
    "bad-frame-while-sending": upgrade("/livez") + b"\xff\xff\xff\xff" * 64,
}


async def drained(stream: trio.SocketStream) -> bytes:
    """All that the proxy answers until it lets the connection go."""
    received = b""
    with trio.fail_after(WAIT_S), suppress(trio.BrokenResourceError):
        while data := await stream.receive_some():
            received += data
    return received


async def drip(port: int, first: bytes, *, wait_s: float) -> None:
    """Send `first` and then a byte at a time, until the proxy has had enough."""
    with trio.fail_after(wait_s):
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        await stream.send_all(first)
        async with stream, trio.open_nursery() as nursery:
            nursery.start_soon(_send_bytes, stream)
            await drained(stream)
            nursery.cancel_scope.cancel()


async def _send_bytes(stream: trio.SocketStream) -> None:
    with suppress(trio.BrokenResourceError):
        while True:
            await stream.send_all(b"a")
            await trio.sleep(0.05)


async def assault(port: int, data: bytes, *, wait_for_first: bool) -> bytes:
    """Send bytes to the port, after a plain request's answer if asked for; what comes back."""
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
        if wait_for_first:
            await stream.send_all(PLAIN)
            with trio.fail_after(WAIT_S):
                await stream.receive_some()
        try:
            await stream.send_all(data)
            await stream.send_eof()
        except trio.BrokenResourceError:
            return b""
        return await drained(stream)


@pytest.mark.parametrize("arriving", ["first", "keep-alive", "pipelined"])
@pytest.mark.parametrize("attack", ATTACKS)
async def test_rows_01_02_03_faults_of_the_http_server(
    proxy: ProxyProcess, attack: str, arriving: str
) -> None:
    data = ATTACKS[attack]
    async with witnessed(proxy):
        if arriving == "pipelined":
            data = PLAIN + data
        answer = await assault(proxy.port, data, wait_for_first=arriving == "keep-alive")
    if arriving == "first":
        assert answer.startswith(b"HTTP/1.1 "), answer
    if arriving == "pipelined":
        assert answer.startswith(b"HTTP/1.1 200"), answer


async def test_row_01_a_frame_in_the_upgrades_packet_is_taken(proxy: ProxyProcess) -> None:
    ping = b"\x89\x80" + bytes(4)
    async with witnessed(proxy), await trio.open_tcp_stream("127.0.0.1", proxy.port) as stream:
        await stream.send_all(upgrade(VOICE.path) + ping)
        received = b""
        with trio.fail_after(WAIT_S):
            while b"\x8a\x00" not in received:
                received += await stream.receive_some()
    assert received.startswith(b"HTTP/1.1 101")


@pytest.mark.parametrize("sent", [b"", b"GET /ws/vo"], ids=["silent", "half-a-head"])
async def test_row_11_a_head_that_does_not_come(impatient: ProxyProcess, sent: bytes) -> None:
    async with witnessed(impatient), await trio.open_tcp_stream("127.0.0.1", impatient.port) as raw:
        await raw.send_all(sent)
        began = trio.current_time()
        answer = await drained(raw)
        assert trio.current_time() - began < 4.5  # by default 5
    assert answer == b"" or answer.startswith(b"HTTP/1.1 408"), answer


async def test_row_11_a_head_that_drips(impatient: ProxyProcess) -> None:
    async with witnessed(impatient):
        await drip(impatient.port, b"GET / HTTP/1.1\r\n", wait_s=WAIT_S)


async def test_row_11_a_head_that_is_too_large(proxy: ProxyProcess) -> None:
    head = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Padding: " + b"a" * 40_000
    async with witnessed(proxy):
        answer = await assault(proxy.port, head + b"\r\n\r\n", wait_for_first=False)
    assert answer.startswith(b"HTTP/1.1 431"), answer


@pytest.mark.slow
async def test_row_12_a_body_that_drips(impatient: ProxyProcess) -> None:
    async with witnessed(impatient):
        head = b"POST /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n\r\n"
        await drip(impatient.port, head, wait_s=30)


@pytest.mark.parametrize("path", [VOICE.path, OPENAI.path, "/health"])
@pytest.mark.parametrize(
    "origin", [b"https://evil.example", b"null", b"http://127.0.0.1.evil.example"]
)
async def test_row_37_a_foreign_origin(proxy: ProxyProcess, path: str, origin: bytes) -> None:
    async with witnessed(proxy) as nursery:
        with pytest.raises(Refused) as refused:
            await Peer.connect(nursery, proxy.port, path, [(b"Origin", origin)])
    assert refused.value.status == 403


async def test_row_37_the_servers_own_origin_may(proxy: ProxyProcess) -> None:
    async with witnessed(proxy) as nursery:
        for host in ("127.0.0.1", "localhost"):
            origin = f"http://{host}:{proxy.port}".encode()
            peer = await Peer.connect(nursery, proxy.port, VOICE.path, [(b"Origin", origin)])
            await peer.next("session_ready")
            await peer.aclose()


async def test_no_such_path(proxy: ProxyProcess) -> None:
    async with witnessed(proxy) as nursery:
        with pytest.raises(Refused) as refused:
            await Peer.connect(nursery, proxy.port, "/ws/nothing-here")
    assert refused.value.status == 404


async def test_no_such_dialect(proxy: ProxyProcess) -> None:
    async with witnessed(proxy) as nursery:
        with pytest.raises(Refused) as refused:
            await Peer.connect(nursery, proxy.port, f"{VOICE.path}?dialect=morse")
    assert refused.value.status == 404
    assert b"'morse' is not spoken at /ws/voice" in refused.value.body
    assert b"voice, companion, conversation" in refused.value.body
