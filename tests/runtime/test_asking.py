"""What the proxy asks beside a conversation, through a whole server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio

from rtproxy.model import events as ev
from rtproxy.model.errors import AsideFailed
from rtproxy.runtime.asking import Asking
from rtproxy.runtime.session_task import SessionTask
from rtproxy.session.commands import Aside
from rtproxy.session.out_of_band import MAX_ASIDES
from runtime.conftest import OpenProxy
from runtime.test_session_bug import talking, until

HELLO = [
    {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]},
]


@asynccontextmanager
async def asking(open_proxy: OpenProxy) -> AsyncIterator[Asking]:
    """How a live session asks."""
    async with open_proxy() as (process, listener), talking(listener) as peer:
        (task,) = process.live._sessions.values()
        assert isinstance(task, SessionTask)
        yield task.asking
        await peer.send_message('{"type":"text","text":"ok"}')
        await until(peer, "response_done")


async def test_it_is_answered_and_the_conversation_knows_nothing(open_proxy: OpenProxy) -> None:
    async with asking(open_proxy) as asks:
        assert await asks.ask(input=HELLO, metadata={"for": "me"}) == "hello"
        assert await asks.ask(instructions="Sum up.", last_items=3) == "I have heard nothing yet."


async def test_several_at_once_each_get_their_own(open_proxy: OpenProxy) -> None:
    answers: dict[int, str] = {}

    async def ask(asks: Asking, number: int) -> None:
        content = [{"type": "input_text", "text": f"number {number}"}]
        said = {"type": "message", "role": "user", "content": content}
        answers[number] = await asks.ask(input=[said])

    async with asking(open_proxy) as asks:
        with trio.fail_after(10):
            async with trio.open_nursery() as nursery:
                for number in range(10):
                    nursery.start_soon(ask, asks, number)
    assert answers == {number: f"number {number}" for number in range(10)}


async def test_what_cannot_be_asked_is_not_under_way(open_proxy: OpenProxy) -> None:
    async with asking(open_proxy) as asks:
        for _ in range(MAX_ASIDES):
            with pytest.raises(TypeError):
                await asks.ask(metadata={"for": object()})  # type: ignore[dict-item] # as it may be written
            with pytest.raises(ValueError, match="surrogates"):
                await asks.ask(instructions="half \ud800")
        assert await asks.ask(input=HELLO) == "hello"


async def test_what_is_refused_is_raised(open_proxy: OpenProxy) -> None:
    async with asking(open_proxy) as asks:
        with pytest.raises(AsideFailed, match="dance") as failed:
            await asks.ask(input=[{"type": "dance"}])
        assert failed.value.status == "failed"


async def test_who_does_not_wait_any_more_has_it_stopped() -> None:
    posted: list[ev.Event] = []
    asks = Asking(posted.append)
    with trio.move_on_after(0):
        await asks.ask(instructions="Sum up.", last_items=2)
    assert posted == [
        ev.AskAside(number=1, response={"instructions": "Sum up."}, last_items=2),
        ev.ForgetAside(number=1),
    ]
    asks.answered(Aside(1, "too late", "completed"))


async def test_half_an_answer_is_none() -> None:
    asks: Asking

    def post(event: ev.Event) -> None:
        assert isinstance(event, ev.AskAside)
        assert event.number is not None
        asks.answered(Aside(event.number, "Half an", "incomplete"))

    asks = Asking(post)
    with pytest.raises(AsideFailed, match="incomplete") as failed:
        await asks.ask()
    assert failed.value.text == "Half an"


async def test_what_json_cannot_say_is_never_asked(open_proxy: OpenProxy) -> None:
    async with asking(open_proxy) as asks:
        for _ in range(MAX_ASIDES + 1):
            with pytest.raises(TypeError):
                await asks.ask(input=[{"type": "message", "content": object()}])
        with pytest.raises(ValueError, match="surrogates"):
            await asks.ask(instructions="caf\udce9")
        assert await asks.ask(input=HELLO) == "hello"
