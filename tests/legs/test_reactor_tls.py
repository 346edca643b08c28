"""Connections by TLS that are handed over to the reactor."""

from __future__ import annotations

import json
import os
import sys

import pytest
import trio
from rig import closed_by
from tls_pairs import ends, joined
from ws_peer import Close, WsPeer

from rtproxy._audio_core import Side
from rtproxy.legs.leg import LegsOptions
from rtproxy.legs.transport import Connection
from rtproxy.model.close import CloseCode, CloseReason

if sys.platform != "linux":
    pytest.skip("the reactor stands on epoll", allow_module_level=True)

from rtproxy.legs.reactor_driver import open_legs
from rtproxy.legs.reactor_pump import ReactorPump

pytestmark = pytest.mark.usefixtures("in_time")
OPTIONS = LegsOptions(lead_ms=None, close_s=1.0)
DONE = CloseReason(CloseCode.DONE, "done")
LARGE = 300_000


@pytest.fixture
async def pump(nursery: trio.Nursery) -> ReactorPump:
    """A reactor that runs."""
    started = ReactorPump()
    await nursery.start(started.run)
    return started


@pytest.fixture(params=[Side.CLIENT, Side.UPSTREAM], ids=["client", "upstream"])
def side(request: pytest.FixtureRequest) -> Side:
    """Which leg it is: to a client we are TLS's server, to an upstream its client."""
    found: Side = request.param
    return found


def role_of(side: Side) -> str:
    """Ours in TLS."""
    return "server" if side is Side.CLIENT else "client"


async def test_what_was_decrypted_before_is_heard_first(pump: ReactorPump, side: Side) -> None:
    ours, theirs, host = ends(role_of(side))
    async with joined(ours, theirs, host=host) as (transport, stream):
        peer = WsPeer(stream, client=side is Side.CLIENT)
        said = [json.dumps({"n": n}) for n in range(3)]
        frames = peer.frames(*said)
        await stream.send_all(frames[:-3])
        early = await transport.read(5)  # and the rest of it stays with TLS
        async with open_legs(pump, OPTIONS) as legs:
            leg = legs.add(side, Connection(transport, early), max_message_bytes=1000)
            assert transport.closed
            await stream.send_all(frames[-3:])
            for words in said:
                message = await leg.receive()
                assert message.raw == words.encode()
                leg.release(message)
            leg.abort()


async def test_much_passes_both_ways_whoever_is_slow(pump: ReactorPump, side: Side) -> None:
    ours, theirs, host = ends(role_of(side))
    said = json.dumps({"long": "x" * (LARGE - 100)})
    async with joined(ours, theirs, host=host) as (transport, stream):
        peer = WsPeer(stream, client=side is Side.CLIENT)
        transport.limit_send_buffer(16 * 1024)
        async with open_legs(pump, OPTIONS) as legs:
            leg = legs.add(side, Connection(transport), max_message_bytes=LARGE)
            for _ in range(3):
                leg.send(said.encode())
            await trio.sleep(0.02)  # nobody reads yet
            async with trio.open_nursery() as nursery:
                nursery.start_soon(stream.send_all, peer.frames(said))
                for _ in range(3):
                    assert await peer.hear() == said
            message = await leg.receive()
            assert message.raw == said.encode()
            leg.release(message)
            leg.abort()


async def test_a_leg_that_closes_says_farewell(pump: ReactorPump, side: Side) -> None:
    ours, theirs, host = ends(role_of(side))
    async with joined(ours, theirs, host=host) as (transport, stream):
        peer = WsPeer(stream, client=side is Side.CLIENT)
        async with open_legs(pump, OPTIONS) as legs, trio.open_nursery() as nursery:
            leg = legs.add(side, Connection(transport), max_message_bytes=1000)
            nursery.start_soon(leg.aclose, DONE)
            assert await peer.hear() == Close(1000, "done")
            if side is Side.UPSTREAM:  # whom we dialled closes first (RFC 6455 section 7.1.1)
                below, _ = await stream.unwrap()
                await below.aclose()
            else:
                await peer.hear_end()
                await stream.aclose()


@pytest.mark.parametrize("damage", [b"", b"\x17\x03\x03\x00\x20" + bytes(32)])
async def test_a_stream_that_is_cut_or_changed_is_an_abnormal_end(
    pump: ReactorPump, side: Side, damage: bytes
) -> None:
    ours, theirs, host = ends(role_of(side))
    async with joined(ours, theirs, host=host) as (transport, stream):
        number = transport._below.fileno()
        async with open_legs(pump, OPTIONS) as legs:
            leg = legs.add(side, Connection(transport), max_message_bytes=1000)
            if damage:
                await stream.transport_stream.send_all(damage)
            else:
                await stream.transport_stream.send_eof()
            assert (await closed_by(leg)).code == CloseCode.ABNORMAL
            await leg.aclose(DONE)
            with pytest.raises(OSError):  # noqa: PT011 - the number is the system's
                os.fstat(number)
