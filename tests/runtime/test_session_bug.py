"""Row 16 of the faults: a bug of ours ends its own session, with 1011 and an id, and no other."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
import trio_websocket
from structlog.testing import capture_logs

from rtproxy.legs.listener import Listener
from rtproxy.model import events as ev
from rtproxy.session.commands import Command
from rtproxy.session.session import Session
from runtime.conftest import OpenProxy


@asynccontextmanager
async def talking(listener: Listener) -> AsyncIterator[trio_websocket.WebSocketConnection]:
    """A connection whose session is ready; the socket is closed whatever happens."""
    stream = await trio.open_tcp_stream("127.0.0.1", listener.port)
    try:
        async with trio.open_nursery() as nursery:
            peer = await trio_websocket.wrap_client_stream(
                nursery, stream, f"127.0.0.1:{listener.port}", "/ws/conversation"
            )
            await until(peer, "session_ready")
            yield peer
            nursery.cancel_scope.cancel()
    finally:
        await trio.aclose_forcefully(stream)


async def until(peer: trio_websocket.WebSocketConnection, kind: str) -> dict[str, Any]:
    with trio.fail_after(10):
        while True:
            message: dict[str, Any] = json.loads(await peer.get_message())
            if message["type"] == kind:
                return message


async def test_a_bug_ends_its_session_alone(
    open_proxy: OpenProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    understood = Session.receive

    def receive(self: Session, event: ev.Event, now: float) -> list[Command]:
        if isinstance(event, ev.InputClear) or "boom" in str(event):
            raise RuntimeError("a bug of ours")
        return understood(self, event, now)

    monkeypatch.setattr(Session, "receive", receive)
    with capture_logs() as logged:
        async with open_proxy() as (process, listener):
            async with talking(listener) as witness, talking(listener) as victim:
                await victim.send_message('{"type":"text","text":"boom"}')
                told = await until(victim, "error")
                assert (told["code"], told["fatal"]) == ("internal_error", True)
                with pytest.raises(trio_websocket.ConnectionClosed) as closed, trio.fail_after(10):
                    await victim.get_message()
                assert closed.value.reason.code == 1011
                await witness.send_message('{"type":"ping"}')
                await until(witness, "pong")
            with trio.fail_after(10):
                await process.live.wait_empty()
    error_id = told["message"].rsplit(" ", 1)[1].rstrip(".")
    (bug,) = [entry for entry in logged if entry["event"] == "session_bug"]
    assert bug["error_id"] == error_id
    assert "a bug of ours" in repr(bug["exc_info"])
