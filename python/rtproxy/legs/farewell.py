"""The end of a connection on which our last words must still be read.

Must not know what they are.
"""

from __future__ import annotations

from contextlib import suppress

import trio

from rtproxy.legs.transport import LOST, Transport


async def wind_down(transport: Transport, *, within_s: float) -> None:
    """End a connection so that the peer can read what was sent last.

    Closing a socket with unread input resets the connection, and a reset may
    overtake our last words. So: FIN, then read and forget until the peer has
    closed too or the time is over, then close.
    """
    try:
        with trio.move_on_after(0 if transport.closed else within_s):
            await transport.end_writing()
            await drain(transport)
    finally:
        with trio.CancelScope(shield=True):
            await transport.aclose()


async def drain(transport: Transport) -> None:
    """Read and forget until the peer has closed."""
    with suppress(*LOST):
        while await transport.read():
            pass
