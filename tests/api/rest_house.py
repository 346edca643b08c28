"""A whole server in the test's own nursery, and a way to ask it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
import trio

from rtproxy.config import load_config
from rtproxy.legs.rest import RestAnswer, request
from rtproxy.server import open_server

KEY = "an-example-key-of-yours"
BEARER = ("authorization", f"Bearer {KEY}")
OFFER = """v=0
o=- 1 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
m=audio 9 UDP/TLS/RTP/SAVPF 111
c=IN IP4 0.0.0.0
a=mid:0
a=sendrecv
a=rtpmap:111 opus/48000/2
""".replace("\n", "\r\n")
SDP = ("content-type", "application/sdp")
BOUNDARY = "b0undary"
FORM = ("content-type", f"multipart/form-data; boundary={BOUNDARY}")


def form(**fields: str) -> bytes:
    """The body of a form."""
    parts = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    return ("".join(parts) + f"--{BOUNDARY}--\r\n").encode()


@dataclass(frozen=True)
class RestHouse:
    """Where the server is, and who asks."""

    http_url: str
    ws_url: str

    async def ask(
        self,
        method: str,
        path: str,
        body: bytes | dict[str, Any] = b"",
        *headers: tuple[str, str],
        key: bool = True,
    ) -> RestAnswer:
        """One request, with the key unless that is left out."""
        raw = msgspec.json.encode(body) if isinstance(body, dict) else body
        return await request(
            method,
            self.http_url + path,
            headers=[*([BEARER] if key else []), *headers],
            body=raw,
            within_s=5,
            answer_bytes=100_000,
        )

    async def refusal(self, *asked: Any, **more: Any) -> tuple[int, str | None, str | None, str]:
        """Status, code, param and words of an answer that must be an error."""
        answer = await self.ask(*asked, **more)
        assert answer.header("content-type") == "application/json", answer
        error = msgspec.json.decode(answer.body)["error"]
        assert set(error) >= {"message", "type", "param", "code"}
        assert error["type"] == ("invalid_request_error" if answer.status < 500 else "server_error")
        return answer.status, error["code"], error["param"], error["message"]


@asynccontextmanager
async def open_rest_house(
    *, keys: str = KEY, upstream: str | None = None, **environ: str
) -> AsyncIterator[RestHouse]:
    """The server, with the simulator behind it unless another upstream is named."""
    environ = {"RTPROXY_AUTH__KEYS": keys} | environ
    config = load_config(environ=environ, options={"server.port": 0}, upstream=upstream)
    async with trio.open_nursery() as nursery:
        _, listener = await open_server(nursery, config)
        yield RestHouse(listener.http_url, listener.ws_url)
        nursery.cancel_scope.cancel()
