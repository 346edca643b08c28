"""The known faults of hypercorn, in every way of arriving (faults.md rows 1, 2, 3)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from house import (
    H2_NON_ASCII,
    HEALTH,
    OTHER_TYPE,
    OVERSIZE,
    PREFACE,
    UPGRADE,
    House,
    open_house,
)
from quart_trio import QuartTrio
from rig import DRIVERS
from trio_websocket import open_websocket_url

pytestmark = pytest.mark.usefixtures("in_time")

ATTACKS = {
    "byte after upgrade": (UPGRADE % b"/health") + b"x",
    "oversize, then the other type": (UPGRADE % b"/health") + OVERSIZE + OTHER_TYPE,
    "cleartext HTTP/2, non-ASCII path": PREFACE + H2_NON_ASCII,
    "h2c upgrade, non-ASCII path": b"GET /health HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\n"
    b"Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"
    + PREFACE
    + H2_NON_ASCII,
    "malformed chunk header": b"POST /echo HTTP/1.1\r\nHost: x\r\n"
    b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n",
    "bad frames while something is sent": (UPGRADE % b"/large") + b"\xff\xff\xff\xff" * 64,
}


@pytest.fixture(params=DRIVERS)
async def house(application: QuartTrio, request: pytest.FixtureRequest) -> AsyncIterator[House]:
    """A listener on a free port, its sessions on each driver."""
    async with open_house(application, driver=request.param) as opened:
        yield opened


@pytest.mark.parametrize("arriving", ["first", "keep-alive", "pipelined"])
@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
async def test_no_connection_ends_the_process(house: House, attack: bytes, arriving: str) -> None:
    async with open_websocket_url(house.listener.ws_url + "/echo") as before:
        match arriving:
            case "first":
                assert (await house.raw(attack)).startswith(b"HTTP/1.1 ")
            case "keep-alive":
                await house.raw(attack, first=HEALTH)
            case "pipelined":
                answer = await house.raw(HEALTH + attack)
                assert answer.count(b"HTTP/1.1 ") == 1
        assert await house.is_well()
        await before.send_message("still here?")
        assert await before.get_message() == "still here?"


async def test_http_2_is_told_to_use_http_1_1(house: House) -> None:
    assert (await house.raw(PREFACE)).startswith(b"HTTP/1.1 505")
