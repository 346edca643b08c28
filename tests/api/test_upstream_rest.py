"""What is passed on of an upstream's REST, and what becomes of answers that are none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest
import trio

from api.rest_house import FORM, OFFER, SDP, RestHouse, form, open_rest_house

CANARY = "sk-canary-of-the-upstream"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


class Stub:
    """Answers every request with the same bytes, and keeps what it was asked."""

    def __init__(self, answer: bytes | None) -> None:
        self.answer = answer
        self.asked = b""

    async def serve(self, stream: trio.SocketStream) -> None:
        async with stream:
            while b"\r\n\r\n" not in self.asked:
                self.asked += await stream.receive_some()
            with trio.move_on_after(0.05):  # the rest of a body
                self.asked += await stream.receive_some()
            if self.answer is None:
                await trio.sleep(60)
            else:
                await stream.send_all(self.answer)

    @property
    def head(self) -> str:
        return self.asked.partition(b"\r\n\r\n")[0].decode()


def whole(head: bytes, body: bytes) -> bytes:
    return head + f"Content-Length: {len(body)}\r\n\r\n".encode() + body


@asynccontextmanager
async def house_before(stub: Stub, **environ: str) -> AsyncIterator[RestHouse]:
    async with trio.open_nursery() as nursery:
        serve = partial(trio.serve_tcp, stub.serve, 0, host="127.0.0.1")
        (listener,) = await nursery.start(serve)
        port = listener.socket.getsockname()[1]
        named = {
            "RTPROXY_UPSTREAM__MINE__KIND": "openai",
            "RTPROXY_UPSTREAM__MINE__URL": f"ws://127.0.0.1:{port}/v1/realtime",
            "RTPROXY_UPSTREAM__MINE__API_KEY": CANARY,
            "RTPROXY_UPSTREAM__MINE__PROJECT": "proj_1",
            "RTPROXY_LIMITS__REQUEST_S": "0.5",
            "RTPROXY_LIMITS__REQUEST_BYTES": "4096",
        }
        async with open_rest_house(upstream="mine", **named, **environ) as house:
            yield house
        nursery.cancel_scope.cancel()


async def test_it_is_asked_with_the_servers_key_and_headers_and_nothing_of_the_clients() -> None:
    stub = Stub(whole(OK, b'{"object":"list","data":[]}'))
    async with house_before(stub) as house:
        odd = (("cookie", "a=b"), ("x-forwarded-for", "1.2.3.4"), ("openai-project", "theirs"))
        user = ("openai-safety-identifier", "user-7")
        answer = await house.ask("GET", "/v1/models?a=b", b"", *odd, user)
        assert (answer.status, answer.body) == (200, b'{"object":"list","data":[]}')
    lines = stub.head.lower().split("\r\n")
    assert lines[0] == "get /v1/models http/1.1"
    assert f"authorization: bearer {CANARY}" in lines
    assert "openai-project: proj_1" in lines
    for name in ("cookie", "x-forwarded-for", "an-example-key", "accept-encoding"):
        assert name not in stub.head


async def test_a_call_goes_up_with_its_session_and_comes_back_under_our_path() -> None:
    head = b"HTTP/1.1 201 Created\r\nContent-Type: application/sdp\r\nSet-Cookie: a=b\r\n"
    location = b"Location: https://api.openai.example/v1/realtime/calls/rtc_abc\r\n"
    stub = Stub(whole(head + location, b"v=0\r\n"))
    async with house_before(stub) as house:
        user = ("openai-safety-identifier", "user-7")
        answer = await house.ask("POST", "/openai/v1/realtime/calls", OFFER.encode(), SDP, user)
    assert (answer.status, answer.body) == (201, b"v=0\r\n")
    assert answer.header("location") == "/openai/v1/realtime/calls/rtc_abc"
    assert answer.header("set-cookie") is None
    assert "OpenAI-Safety-Identifier: user-7".lower() in stub.head.lower()
    assert OFFER.encode() in stub.asked
    for part in (
        b'"model":"gpt-realtime-2.1"',
        b'"type":"realtime"',
        b'"voice"',
        b'"instructions"',
    ):
        assert part in stub.asked
    assert b'"format"' not in stub.asked  # WebRTC agrees on its audio by itself


async def test_a_calls_session_may_be_written_with_older_names() -> None:
    head = b"HTTP/1.1 201 Created\r\nContent-Type: application/sdp\r\n"
    location = b"Location: /v1/realtime/calls/rtc_abc\r\n"
    stub = Stub(whole(head + location, b"v=0\r\n"))
    beta = '{"modalities":["text","audio"],"voice":"cedar","temperature":0.8}'
    async with house_before(stub) as house:
        answer = await house.ask("POST", "/v1/realtime/calls", form(sdp=OFFER, session=beta), FORM)
    assert answer.status == 201
    assert b'"output_modalities":["audio"]' in stub.asked
    assert b'"audio":{"output":{"voice":"cedar"}}' in stub.asked
    assert b"temperature" not in stub.asked


QUOTING = (
    f'{{"error":{{"message":"not for {CANARY}","code":"unsupported",'
    '"type":"invalid_request_error","param":null}}'
)
JSON_400 = b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n"


async def test_errors_pass_in_their_own_words_but_for_keys() -> None:
    async with house_before(Stub(whole(JSON_400, QUOTING.encode()))) as house:
        refusal = await house.refusal("GET", "/v1/models")
    assert refusal == (400, "unsupported", None, "not for [key]")


async def test_retry_after_passes() -> None:
    head = b"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Type: application/json\r\n"
    async with house_before(Stub(whole(head, QUOTING.encode()))) as house:
        answer = await house.ask("GET", "/v1/models")
    assert (answer.status, answer.header("retry-after")) == (429, "7")


REFUSED_KEY = b"HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (whole(REFUSED_KEY, QUOTING.encode()), "unsupported", "refused this server's key"),
        (whole(REFUSED_KEY, b"no"), "upstream_refused", "refused this server's key"),
        (
            whole(b"HTTP/1.1 302 Found\r\nLocation: http://evil.example/\r\n", b""),
            "upstream_error",
            "HTTP 302",
        ),
        (
            whole(b"HTTP/1.1 500 Oh\r\nContent-Type: text/html\r\n", b"<p>"),
            "upstream_error",
            "HTTP 500",
        ),
        (whole(OK, b"x" * 5_000), "upstream_unreachable", "more than 4096 bytes"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", "upstream_unreachable", "HTTP/1.1"),
        (b"SSH-2.0-x\r\n", "upstream_unreachable", "not HTTP/1.1"),
        (b"", "upstream_unreachable", ""),
        (None, "upstream_unreachable", "within 0.5 s"),
    ],
)
async def test_what_is_no_answer(
    answer: bytes | None, code: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with house_before(Stub(answer)) as house:
        refusal = await house.refusal("GET", "/v1/models")
    assert refusal[:2] == (502, code)
    assert words in refusal[3]
    assert "canary" not in refusal[3]
    assert CANARY not in "".join(capsys.readouterr())


async def test_a_call_without_an_id_is_none() -> None:
    async with house_before(Stub(whole(OK, b"v=0"))) as house:
        refusal = await house.refusal("POST", "/v1/realtime/calls", OFFER.encode(), SDP)
    assert refusal[:2] == (502, "upstream_error")


async def test_an_answer_in_chunks() -> None:
    chunked = OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    async with house_before(Stub(chunked)) as house:
        assert (await house.ask("GET", "/v1/models")).body == b"{}"


async def test_an_upstream_without_rest() -> None:
    preview = {
        "AZURE_OPENAI_API_KEY": "azure-key",
        "AZURE_OPENAI_ENDPOINT": "http://127.0.0.1:1",
        "RTPROXY_UPSTREAM__AZURE__API_VERSION": "2025-04-01-preview",
    }
    async with open_rest_house(upstream="azure", **preview) as house:
        assert (await house.refusal("GET", "/v1/models"))[:2] == (404, "not_supported")
