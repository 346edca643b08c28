"""An application behind the listener, for the tests of legs."""

from __future__ import annotations

import pytest
import trio
from quart import request
from quart_trio import QuartTrio


@pytest.fixture
def application() -> QuartTrio:
    """Routes that show what a request looked like, and some that misbehave."""
    app = QuartTrio("tests")

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/echo")
    async def echo() -> bytes:
        body: bytes = await request.get_data()
        return body

    @app.route("/headers", methods=["GET", "POST"])
    async def headers() -> dict[str, str]:
        return {name.lower(): value for name, value in request.headers.items()}

    @app.get("/scheme")
    async def scheme() -> dict[str, str]:
        return {"scheme": request.scheme, "peer": request.remote_addr or ""}

    @app.get("/large")
    async def large() -> bytes:
        return b"x" * 32_000_000

    @app.get("/never")
    async def never() -> str:
        await trio.sleep_forever()

    return app
