"""Peers that break the rules of RFC 6455 (faults.md rows 2, 5, 6, 8, 9, 10)."""

from __future__ import annotations

from contextlib import suppress

import pytest
import trio
import trio.testing
from rig import Ground, closed_by, open_rig
from ws_peer import Close

from rtproxy.model.close import CloseCode, CloseReason, Origin

Clock = trio.testing.MockClock
DONE = CloseReason(CloseCode.DONE, "done")
pytestmark = pytest.mark.usefixtures("in_time")

MASK = b"\0\0\0\0"
OVERSIZE = b"\x81\xff" + (17 << 20).to_bytes(8, "big") + MASK


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (OVERSIZE, 1009),
        (OVERSIZE + bytes(100_000) + b"\x82\x85" + MASK + b"hello", 1009),
        (b"\x81\xff" + (2**63 - 1).to_bytes(8, "big") + MASK, 1009),
        (b"\x81\x82" + MASK + b"\xc3\x28", 1007),
        (b"\x01\x81" + MASK + b"\xc3" + b"\x80\x81" + MASK + b"\x28", 1007),
        (b"\xc1\x80" + MASK, 1002),  # RSV1: compression that was not agreed on
        (b"\x83\x80" + MASK, 1002),  # reserved opcode
        (b"\x81\x02hi", 1002),  # not masked
        (b"\x09\x80" + MASK, 1002),  # fragmented ping
        (b"\x80\x80" + MASK, 1002),  # continuation of nothing
        (b"\x01\x80" + MASK + (b"\x00\x81" + MASK + b"x") * 5000, 1008),
    ],
)
async def test_a_broken_rule_is_told_by_its_code(ground: Ground, data: bytes, code: int) -> None:
    async with open_rig(ground=ground) as rig:
        with suppress(trio.BrokenResourceError):
            await rig.browser.stream.send_all(data)
        heard = await rig.browser.hear()
        assert isinstance(heard, Close)
        assert heard.code == code
        reason = await closed_by(rig.client)
        assert (reason.code, reason.origin) == (code, Origin.PEER)
        rig.upstream.send(b"alive")
        assert await rig.model.hear() == "alive"
        await rig.browser.stream.aclose()


async def test_a_flood_behind_a_broken_rule_does_not_drown_the_close_frame(
    socket_ground: Ground,
) -> None:
    async with (
        open_rig(ground=socket_ground, polite=False) as rig,
        trio.open_nursery() as nursery,
    ):

        async def flood() -> None:
            with suppress(trio.BrokenResourceError):
                await rig.browser.stream.send_all(OVERSIZE + bytes(3_000_000))
                await rig.browser.stream.aclose()

        nursery.start_soon(flood)
        heard = await rig.browser.hear()
        assert isinstance(heard, Close)
        assert heard.code == 1009


async def test_a_frame_that_stalls_is_closed(autojump_clock: Clock) -> None:
    async with open_rig() as rig:
        await rig.browser.stream.send_all(b"\x81\x85" + MASK + b"hel")
        started = trio.current_time()
        heard = await rig.browser.hear()
        assert isinstance(heard, Close)
        assert heard.code == 1008
        assert trio.current_time() - started == pytest.approx(10, abs=0.1)
