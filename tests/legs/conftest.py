"""An application behind the listener, for the tests of legs."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import trio
from house import House, open_house
from quart import request as http_request
from quart_trio import QuartTrio
from rig import DRIVERS, PAIRS, Ground
from stream_pairs import socket_transport

from rtproxy.legs.driver import start_driver


@pytest.fixture
def application() -> QuartTrio:
    """Routes that show what a request looked like, and some that misbehave."""
    app = QuartTrio("tests")

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/echo")
    async def echo() -> bytes:
        body: bytes = await http_request.get_data()
        return body

    @app.route("/headers", methods=["GET", "POST"])
    async def headers() -> dict[str, str]:
        return {name.lower(): value for name, value in http_request.headers.items()}

    @app.get("/scheme")
    async def scheme() -> dict[str, str]:
        return {"scheme": http_request.scheme, "peer": http_request.remote_addr or ""}

    @app.get("/large")
    async def large() -> bytes:
        return b"x" * 32_000_000

    @app.get("/never")
    async def never() -> str:
        await trio.sleep_forever()

    return app


@pytest.fixture
async def in_time() -> AsyncIterator[None]:
    """A hang is a failure, not a wait; counted in the test's own time."""
    with trio.fail_after(60):
        yield


@pytest.fixture(params=DRIVERS)
async def socket_ground(request: pytest.FixtureRequest, nursery: trio.Nursery) -> Ground:
    """Plain sockets, by each driver."""
    driver = await start_driver(nursery, request.param)
    return Ground(socket_transport, driver.open_legs)


GROUNDS = [
    *((name, "stream") for name in PAIRS),
    *((name, driver) for name in ("socket", "tls") for driver in DRIVERS[1:]),
]


@pytest.fixture(params=GROUNDS, ids="-".join)
async def ground(request: pytest.FixtureRequest, nursery: trio.Nursery) -> Ground:
    """Each kind of transport by the stream driver, and those on sockets by every other."""
    pair, name = request.param
    driver = await start_driver(nursery, name)
    return Ground(PAIRS[pair], driver.open_legs)


@pytest.fixture
async def house(application: QuartTrio) -> AsyncIterator[House]:
    """A listener on a free port."""
    async with open_house(application) as opened:
        yield opened
