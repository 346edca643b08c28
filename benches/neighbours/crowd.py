"""`python -m benches.neighbours.crowd KIND PORT`: clients of one kind, until it is ended.

Owns how each kind behaves. The polite kinds are what the rude ones are compared with:
they are as many and say as much, but at the pace of speech, and read what comes back.
"""

from __future__ import annotations

import base64
import sys
from dataclasses import dataclass

import trio

CHUNK_S = 0.04
FLOOD_S = 1.2  # then the proxy reads no faster than speech, and another session begins
_PATH = "/v1/realtime"
_UPGRADE = (
    f"GET {_PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
).encode()


@dataclass(frozen=True, slots=True)
class Kind:
    """So many clients, so many times faster than speech; whether they read what comes."""

    clients: int
    speed: float
    reads: bool
    again_after_s: float = float("inf")


KINDS = {
    "one at the pace of speech": Kind(1, 1, reads=True, again_after_s=FLOOD_S),
    "one at 100 times that": Kind(1, 100, reads=True, again_after_s=FLOOD_S),
    "100 that read": Kind(100, 1, reads=True),
    "100 that never read": Kind(100, 1, reads=False),
}


def chunk() -> bytes:
    """40 ms of silence in a masked text frame; the mask is 0."""
    audio = base64.b64encode(bytes(1_920)).decode()
    payload = f'{{"type":"input_audio_buffer.append","audio":"{audio}"}}'.encode()
    return b"\x81\xfe" + len(payload).to_bytes(2, "big") + bytes(4) + payload


async def talk(kind: Kind, port: int) -> None:
    """One client, and the next one when it has gone or had its time."""
    while True:
        with trio.move_on_after(kind.again_after_s):
            try:
                async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
                    await _talk(kind, stream)
            except trio.BrokenResourceError:
                await trio.sleep(1)  # it was turned out, as it should be


async def _talk(kind: Kind, stream: trio.SocketStream) -> None:
    await stream.send_all(_UPGRADE)
    await stream.receive_some(16)
    async with trio.open_nursery() as nursery:
        if kind.reads:
            nursery.start_soon(_read, stream)
        said, began = chunk(), trio.current_time()
        at_once = max(1, round(kind.speed * CHUNK_S / 0.01)) if kind.speed > 1 else 1
        spoken_s = 0.0
        while True:
            await stream.send_all(said * at_once)
            spoken_s += at_once * CHUNK_S / kind.speed
            await trio.sleep_until(began + spoken_s)


async def _read(stream: trio.SocketStream) -> None:
    while await stream.receive_some(1 << 20):
        pass


async def _run(kind: Kind, port: int) -> None:
    async with trio.open_nursery() as nursery:
        for number in range(kind.clients):
            nursery.start_soon(talk, kind, port)
            await trio.sleep(CHUNK_S / kind.clients if number else 0)


if __name__ == "__main__":
    trio.run(_run, KINDS[sys.argv[1]], int(sys.argv[2]))
