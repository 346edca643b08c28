"""faults.md, the rows about frames: 2, 4 to 10, 14, 50."""

from __future__ import annotations

from contextlib import suppress

import pytest
import trio

from .dialect import ALL, CONVERSATION, OPENAI, VOICE, Dialect
from .peer import Peer
from .proxy_process import ProxyProcess
from .test_faults_http import masked_header, upgrade
from .witness import assert_works, becomes, witnessed

MASK = bytes(4)
MIB = 1024 * 1024
TEXT, BINARY, PING = 1, 2, 9


def short(first: int, payload: bytes, *, masked: bool = True) -> bytes:
    """A frame with any first byte and a payload of under 126 bytes."""
    length = len(payload) | (0x80 if masked else 0)
    return bytes((first, length)) + (MASK if masked else b"") + payload


BROKEN = {
    "rsv1": short(0xC1, b"{}"),
    "rsv2": short(0xA1, b"{}"),
    "rsv3": short(0x91, b"{}"),
    "reserved-data-opcode": short(0x83, b"{}"),
    "reserved-control-opcode": short(0x8B, b""),
    "unmasked": short(0x81, b"{}", masked=False),
    "continuation-of-nothing": short(0x80, b"{}"),
    "new-message-inside-another": short(0x01, b"{") + short(0x81, b"}"),
    "fragmented-ping": short(0x09, b""),
    "long-ping": bytes((0x89, 0xFE, 0, 126)) + MASK + bytes(126),
    "close-of-one-byte": short(0x88, b"\x03"),
    "close-code-that-is-none": short(0x88, b"\x03\xed"),  # 1005
    "length-not-minimal": bytes((0x81, 0xFE, 0, 5)) + MASK + b"hello",
    "length-with-top-bit": masked_header(TEXT, 1 << 63),
}

NOT_UTF8 = {
    "lone-continuation": short(0x81, b"\x80"),
    "overlong": short(0x81, b"\xc0\xaf"),
    "surrogate": short(0x81, b"\xed\xa0\x80"),
    "cut-off": short(0x81, b"\xe2\x82"),
    "split-over-fragments": short(0x01, b"\xe2") + short(0x80, b"\x28\xa1"),
    "close-reason": short(0x88, b"\x03\xe8\xff\xff"),
}


async def close_code(proxy: ProxyProcess, dialect: Dialect, data: bytes) -> int:
    """What the proxy closes with when these bytes come in a ready session."""
    async with witnessed(proxy) as nursery:
        peer = await dialect.open(nursery, proxy.port)
        await peer.send_raw(data)
        return (await peer.closed()).code


@pytest.mark.parametrize("dialect", ALL, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize("first", [TEXT, BINARY], ids=["text", "binary"])
async def test_row_02_oversize_then_the_other_type(
    proxy: ProxyProcess, dialect: Dialect, first: int
) -> None:
    data = masked_header(first, 17 * MIB) + bytes(64 * 1024) + short(0x83 - first, b"hello")
    assert await close_code(proxy, dialect, data) == 1009


async def test_row_04_compression_is_never_agreed_to(proxy: ProxyProcess) -> None:
    offer = [(b"Sec-WebSocket-Extensions", b"permessage-deflate; client_max_window_bits")]
    before = proxy.rss_bytes
    async with witnessed(proxy) as nursery:
        peer = await Peer.connect(nursery, proxy.port, VOICE.path, offer)
        assert not peer.extensions
        await peer.send_raw(
            bytes((0xC1, 0xFE)) + (60_000).to_bytes(2, "big") + MASK + bytes(60_000)
        )
        assert (await peer.closed()).code == 1002
    assert proxy.rss_bytes - before < 32 * MIB


@pytest.mark.parametrize("what", NOT_UTF8)
async def test_row_05_invalid_utf8(proxy: ProxyProcess, what: str) -> None:
    assert await close_code(proxy, VOICE, NOT_UTF8[what]) == 1007


@pytest.mark.parametrize("what", BROKEN)
async def test_row_06_broken_frames(proxy: ProxyProcess, what: str) -> None:
    assert await close_code(proxy, VOICE, BROKEN[what]) == 1002


@pytest.mark.parametrize("dialect", ALL, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize("message", ["", b""], ids=["text", "binary"])
async def test_row_07_an_empty_message(
    proxy: ProxyProcess, dialect: Dialect, message: str | bytes
) -> None:
    async with witnessed(proxy) as nursery:
        peer = await dialect.open(nursery, proxy.port)
        await peer.send(message)
        assert (await peer.next("error"))["type"] == "error"
        if dialect is CONVERSATION:
            await assert_works(peer)
        await peer.aclose()


async def test_row_08_endless_tiny_fragments(proxy: ProxyProcess) -> None:
    data = short(0x01, b"[") + short(0x00, b" ") * 4_200
    assert await close_code(proxy, VOICE, data) == 1008


async def test_row_08_legal_fragmentation_passes(proxy: ProxyProcess) -> None:
    fragment = short(0x00, b" " * 16)
    message = short(0x01, b'{"type":"ping",') + fragment * 6_000 + short(0x80, b'"event_id":"e"}')
    async with witnessed(proxy) as nursery:
        peer = await VOICE.open(nursery, proxy.port)
        await peer.send_raw(message)
        assert (await peer.next("pong"))["event_id"] == "e"


@pytest.mark.parametrize("dialect", ALL, ids=lambda dialect: dialect.name)
async def test_row_09_a_huge_length_is_refused_at_its_header(
    proxy: ProxyProcess, dialect: Dialect
) -> None:
    assert await close_code(proxy, dialect, masked_header(TEXT, 1 << 40)) == 1009


async def test_row_10_a_frame_that_stalls(impatient: ProxyProcess) -> None:
    # Raw, because a client that answers pings would put them inside its stalled frame.
    data = upgrade(VOICE.path) + masked_header(TEXT, 70_000) + b'{"type":'
    async with witnessed(impatient), await trio.open_tcp_stream("127.0.0.1", impatient.port) as raw:
        await raw.send_all(data)
        received = await _all_that_is_left(raw)
    assert b"\x03\xf0" in received, "no close frame with 1008"


async def test_row_14_a_peer_that_is_half_gone(impatient: ProxyProcess) -> None:
    async with witnessed(impatient):
        before = impatient.sessions
        async with await trio.open_tcp_stream("127.0.0.1", impatient.port) as stream:
            await stream.send_all(upgrade(VOICE.path))
            assert await becomes(lambda: impatient.sessions > before)
            assert await becomes(lambda: impatient.sessions == before)  # no pong is ever sent


@pytest.mark.slow
async def test_row_50_a_send_that_was_given_up_leaves_no_half_frame_in_use(
    impatient: ProxyProcess,
) -> None:
    """A client asks for far more than its socket holds and does not read.

    The proxy gives the send up and closes by force. What the client finds when
    it reads at last is whole frames and then the end, or one frame cut off by the
    end: nothing was sent behind a frame that had been given up.
    """
    async with witnessed(impatient):
        raw = await trio.open_tcp_stream("127.0.0.1", impatient.port)
        before = impatient.sessions
        await raw.send_all(upgrade(OPENAI.path))
        assert await becomes(lambda: impatient.sessions > before)
        with trio.move_on_after(5), suppress(trio.BrokenResourceError):
            for number in range(4_000):
                await raw.send_all(error_provoking(number))
        assert await becomes(lambda: impatient.sessions <= before)
        received = await _all_that_is_left(raw)
    frames, rest = _whole_frames(received.partition(b"\r\n\r\n")[2])
    assert frames > 0
    assert rest is None or rest < MIB


def error_provoking(number: int) -> bytes:
    payload = b'{"type":"nonsense","event_id":"%06d","pad":"%s"}' % (number, b"x" * 4_000)
    return bytes((0x81, 0xFE)) + len(payload).to_bytes(2, "big") + MASK + payload


async def _all_that_is_left(stream: trio.SocketStream) -> bytes:
    received = b""
    with trio.move_on_after(5), suppress(trio.BrokenResourceError):
        while data := await stream.receive_some():
            received += data
    await stream.aclose()
    return received


def _whole_frames(data: bytes) -> tuple[int, int | None]:
    """How many whole server frames `data` holds, and how much of a cut-off one follows."""
    at = count = 0
    while at < len(data):
        assert data[at] & 0x70 == 0, "what follows is no frame: a half one was left in use"
        assert data[at] & 0x0F in {1, 2, 8, 9, 10}
        length, body = data[at + 1] & 0x7F if at + 1 < len(data) else 0, at + 2
        if length >= 126:
            width = 2 if length == 126 else 8
            length = int.from_bytes(data[body : body + width], "big")
            body += width
        if body + length > len(data):
            return count, len(data) - at
        at, count = body + length, count + 1
    return count, None
