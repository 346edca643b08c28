"""Legs without tasks: both ends of one, over a real socket pair."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
import trio
from structlog.testing import capture_logs

from rtproxy.legs import lean_leg
from rtproxy.legs.lean_leg import LeanLeg, LeanLegs
from rtproxy.legs.transport import SocketTransport
from rtproxy.model.close import CloseCode, CloseReason

SEED = bytes(32)


@dataclass
class Witness:
    """Writes down what it is told."""

    messages: list[tuple[bytes, bool]] = field(default_factory=list)
    ends: list[CloseReason] = field(default_factory=list)
    news: trio.Event = field(default_factory=trio.Event)
    bug: Exception | None = None

    def receive(self, payload: bytes, *, text: bool, at_ns: int) -> None:
        assert at_ns > 0
        if self.bug is not None:
            raise self.bug
        self.messages.append((payload, text))
        self.news.set()

    def ended(self, reason: CloseReason) -> None:
        self.ends.append(reason)
        self.news.set()

    async def told(self) -> None:
        with trio.fail_after(5):
            await self.news.wait()
        self.news = trio.Event()


@dataclass
class End:
    """One end: its leg and who listens there."""

    leg: LeanLeg
    witness: Witness
    raw: socket.socket


@asynccontextmanager
async def ends(max_message_bytes: int = 1_000_000) -> AsyncIterator[tuple[End, End]]:
    """A client's end and a server's, joined."""
    legs = LeanLegs()
    made = []
    for raw, seed in zip(socket.socketpair(), (SEED, None), strict=True):
        transport = SocketTransport(raw)
        leg = LeanLeg(legs, transport, seed=seed, max_message_bytes=max_message_bytes)
        end = End(leg, Witness(), raw)
        leg.start(end.witness)
        made.append(end)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(legs.run)
        yield made[0], made[1]
        nursery.cancel_scope.cancel()


async def test_messages_go_both_ways() -> None:
    async with ends() as (client, server):
        client.leg.send(b"hello")
        await server.witness.told()
        server.leg.send(b"well met")
        await client.witness.told()
        assert server.witness.messages == [(b"hello", True)]
        assert client.witness.messages == [(b"well met", True)]


async def test_what_the_peer_does_not_take_at_once_follows() -> None:
    async with ends(max_message_bytes=16_000_000) as (client, server):
        large = bytes(4_000_000)
        client.leg.send(large)
        client.leg.send(b"after it")
        while len(server.witness.messages) < 2:
            await server.witness.told()
        assert [len(payload) for payload, _ in server.witness.messages] == [len(large), 8]


async def test_a_flood_is_read_in_portions() -> None:
    async with ends() as (client, server):
        size = lean_leg.VISIT_BYTES // 4
        for _ in range(20):
            client.leg.send(bytes(size))
        server.leg.serve(writable=False)
        assert len(server.witness.messages) == 3  # with its frame's head, a fourth has no room
        while len(server.witness.messages) < 20:
            await server.witness.told()


async def test_a_peer_that_does_not_read_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lean_leg, "WAITING_BYTES", 100_000)
    async with ends() as (client, _server):
        while not client.witness.ends:
            client.leg.send(bytes(50_000))
        assert client.witness.ends[0].code == CloseCode.TRY_LATER
        client.leg.send(b"into the void")


@pytest.mark.parametrize("by_client", [True, False])
async def test_closing_is_a_handshake(by_client: bool) -> None:
    async with ends() as (client, server):
        closer, other = (client, server) if by_client else (server, client)
        reason = CloseReason(CloseCode.GOING_AWAY, "so long")
        with trio.fail_after(2):
            await closer.leg.aclose(reason, within_s=5)
        assert closer.witness.ends == [reason]
        assert [(end.code, end.text) for end in other.witness.ends] == [(1001, "so long")]
        closer.leg.send(b"too late")
        closer.leg.close(reason)


async def test_a_peer_that_does_not_answer_the_close_is_cut_off() -> None:
    ours, theirs = socket.socketpair()
    legs = LeanLegs()
    leg = LeanLeg(legs, SocketTransport(ours), seed=SEED, max_message_bytes=100)
    witness = Witness()
    leg.start(witness)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(legs.run)
        await leg.aclose(CloseReason(CloseCode.DONE), within_s=0.05)
        assert [end.code for end in witness.ends] == [CloseCode.DONE]
        nursery.cancel_scope.cancel()
    theirs.close()


async def test_a_connection_that_just_ends_is_told() -> None:
    async with ends() as (client, server):
        server.raw.shutdown(socket.SHUT_RDWR)
        await client.witness.told()
        assert client.witness.ends[0].code == CloseCode.ABNORMAL


async def test_a_ping_is_answered() -> None:
    async with ends() as (client, server):
        server.leg.ping()
        client.leg.send(b"still here")
        await server.witness.told()
        assert server.witness.messages == [(b"still here", True)]
        assert client.witness.messages == []


async def test_a_violation_ends_it() -> None:
    async with ends(max_message_bytes=10) as (client, server):
        client.leg.send(bytes(11))
        await server.witness.told()
        assert server.witness.ends[0].code == CloseCode.PROTOCOL
        await client.witness.told()
        assert client.witness.ends[0].code == CloseCode.TOO_BIG


async def test_a_bug_ends_that_leg_and_no_other() -> None:
    async with ends() as (client, server):
        server.witness.bug = RuntimeError("ours")
        with capture_logs() as logs:
            client.leg.send(b"boom")
            await server.witness.told()
        assert server.witness.ends[0].code == CloseCode.OUR_FAULT
        assert len(logs) == 1


async def test_what_came_with_the_handshake_comes_first() -> None:
    ours, theirs = socket.socketpair()
    legs = LeanLegs()
    leg = LeanLeg(legs, SocketTransport(ours), seed=SEED, max_message_bytes=100)
    witness = Witness()
    leg.start(witness, b"\x81\x02hi\x81")
    assert witness.messages == [(b"hi", True)]
    leg.abort()
    theirs.close()
