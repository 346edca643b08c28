"""`python -m benches.rooms.hall`: the upstream and the members of one room; prints JSON.

Owns the order of what happens: all come in, the speaker begins, and then spans without
and with those who never read take turns. Arguments as JSON on the command line
(`Orders`); the answer is an `Outcome`.
"""

from __future__ import annotations

import os
import sys
import time
from functools import partial
from itertools import cycle, islice

import msgspec
import trio
from trio_websocket import serve_websocket

from benches.rooms.audience import Room
from benches.rooms.orders import Orders, Outcome, Span
from benches.rooms.tally import Tally, figures
from benches.rooms.upstream import Upstream
from rtproxy.legs.lean_leg import LeanLegs
from rtproxy.load.gauges import Reading, allow_descriptors, read_process

SPOKEN = "en"
LANGUAGES = (SPOKEN, "de", "es")
_WARM_UP_S = 6.0  # lines are dialled, the first turns are over
_SETTLE_S = 2.0  # many have come, or gone
_ARRIVE_S = 1.0


async def run(orders: Orders) -> Outcome:
    """Everything, from the first listener to the last word."""
    allow_descriptors(orders.listeners + orders.silent)
    tally = Tally()
    legs = LeanLegs()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(legs.run)
        serve = partial(serve_websocket, ssl_context=None)
        await nursery.start(serve, Upstream(tally, SPOKEN).serve, "127.0.0.1", orders.upstream_port)
        room = Room(orders.port, legs, tally)
        joined_s, listener_bytes = await _fill(room, orders)
        nursery.start_soon(room.speak, SPOKEN)
        await trio.sleep(_WARM_UP_S)
        spans = []
        for _ in range(orders.rounds):
            spans.append(await _span(tally, orders, with_silent=False))
            if orders.silent:
                async with room.never_reading(_languages(orders.silent)):
                    await trio.sleep(_SETTLE_S)
                    spans.append(await _span(tally, orders, with_silent=True))
                await trio.sleep(_SETTLE_S)
        ends = [reader.ended_by for reader in room.readers if reader.ended_by is not None]
        nursery.cancel_scope.cancel()
    reason = f"{ends[0].code} {ends[0].text}" if ends else ""
    return Outcome(joined_s, listener_bytes, spans, len(ends), reason)


def _languages(count: int) -> list[str]:
    return list(islice(cycle(LANGUAGES), count))


async def _fill(room: Room, orders: Orders) -> tuple[float, float]:
    """How long it took until all were in, and what each holds in the proxy's memory."""
    before, began = _read(orders.pid), time.monotonic()
    await room.read_along(_languages(orders.listeners))
    took_s = time.monotonic() - began
    return took_s, (_read(orders.pid).memory_bytes - before.memory_bytes) / orders.listeners


async def _span(tally: Tally, orders: Orders, *, with_silent: bool) -> Span:
    span = tally.begin()
    before, began = _read(orders.pid), time.monotonic()
    await trio.sleep(orders.seconds)
    cpu_s, seconds = _read(orders.pid).cpu_s - before.cpu_s, time.monotonic() - began
    tally.begin()
    await trio.sleep(_ARRIVE_S)
    return Span(with_silent, figures(span), cpu_s, seconds)


def _read(pid: int) -> Reading:
    found = read_process(pid)
    assert found is not None, "the proxy has ended"
    return found


if __name__ == "__main__":
    asked = msgspec.json.decode(sys.argv[1], type=Orders)
    os.sched_setaffinity(0, {asked.core})
    outcome = trio.run(run, asked)
    print(msgspec.json.encode(outcome).decode())
