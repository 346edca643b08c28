"""What the proxy's reactor says of itself.

Owns the question (`/api/realtime/metrics`), and what two answers come to. Must not
know what a turn does.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import h11
import msgspec
import trio

_PATH = "/api/realtime/metrics"
_ANSWER_S = 2.0


class Figures(msgspec.Struct, frozen=True):
    """Sums since the proxy's start; `longest_s` is its longest turn."""

    turns: int
    busy_s: float
    longest_s: float
    events: int
    reads: int
    read_bytes: int
    writes: int
    written_bytes: int


class Turning(msgspec.Struct, frozen=True):
    """A reactor during the full load; a call is a read or a write.

    `longest_turn_ms` is that of its whole life.
    """

    turns_hz: float
    sockets_per_turn: float
    turn_us: float
    longest_turn_ms: float
    calls_per_message: float | None
    mib_per_s: float


class _Metrics(msgspec.Struct):
    reactor: Figures | None = None


def turning(began: Figures, ended: Figures, duration_s: float, messages: int) -> Turning | None:
    """What it did in between; None where there was not a turn."""
    turns = ended.turns - began.turns
    if turns <= 0 or duration_s <= 0:
        return None
    calls = ended.reads - began.reads + ended.writes - began.writes
    moved = ended.read_bytes - began.read_bytes + ended.written_bytes - began.written_bytes
    return Turning(
        turns_hz=round(turns / duration_s, 1),
        sockets_per_turn=round((ended.events - began.events) / turns, 2),
        turn_us=round((ended.busy_s - began.busy_s) / turns * 1e6, 1),
        longest_turn_ms=round(ended.longest_s * 1e3, 2),
        calls_per_message=round(calls / messages, 3) if messages else None,
        mib_per_s=round(moved / duration_s / 2**20, 2),
    )


async def read_figures(url: str) -> Figures | None:
    """Ask the proxy at ws://HOST:PORT; None where it has no reactor, or does not say."""
    try:
        with trio.move_on_after(_ANSWER_S):
            return msgspec.json.decode(await _get(url), type=_Metrics).reactor
    except (OSError, trio.BrokenResourceError, h11.RemoteProtocolError, msgspec.DecodeError):
        pass  # another version, or another program: the report does without
    return None


async def _get(url: str) -> bytes:
    place = urlsplit(url)
    connection = h11.Connection(h11.CLIENT)
    request = h11.Request(method="GET", target=_PATH, headers=[("Host", place.netloc)])
    async with await trio.open_tcp_stream(place.hostname or "", place.port or 80) as stream:
        await stream.send_all(connection.send(request) + connection.send(h11.EndOfMessage()))
        body = b""
        while not isinstance(event := connection.next_event(), h11.EndOfMessage):
            if event is h11.NEED_DATA:
                connection.receive_data(await stream.receive_some())
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.ConnectionClosed):
                break
        return body
