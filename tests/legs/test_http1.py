"""Heads, bodies and responses of one request."""

from __future__ import annotations

import itertools
import json

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtproxy.legs.http1 import (
    HEAD_LIMIT_BYTES,
    RequestHead,
    RequestReader,
    RequestRefused,
    error_body,
)

PLAIN = b"GET /health?verbose=1 HTTP/1.1\r\nHost: localhost\r\nX-Many: a, b\r\nX-Many: c\r\n\r\n"


def read_head(data: bytes) -> tuple[RequestReader, RequestHead]:
    """A reader that has read a whole head."""
    reader = RequestReader()
    head = reader.feed(data)
    assert head is not None
    return reader, head


def body_of(reader: RequestReader) -> bytes:
    """The whole body, which has arrived."""
    body = b""
    while piece := reader.next_body():
        body += piece
    return body


def refusal_of(data: bytes) -> RequestRefused:
    """How a head is refused."""
    with pytest.raises(RequestRefused) as refused:
        RequestReader().feed(data)
    return refused.value


def test_a_head_is_read() -> None:
    _, head = read_head(PLAIN)
    assert (head.method, head.path, head.query) == ("GET", "/health", "verbose=1")
    assert head.values("x-many") == ["a, b", "c"]
    assert head.tokens("x-many") == ["a", "b", "c"]
    assert head.value("host") == "localhost"
    assert head.value("absent") is None


@given(cuts=st.lists(st.integers(1, len(PLAIN) - 1), max_size=8))
def test_a_head_is_the_same_however_it_is_cut(cuts: list[int]) -> None:
    edges = [0, *sorted(set(cuts)), len(PLAIN)]
    reader = RequestReader()
    heads = [reader.feed(PLAIN[a:b]) for a, b in itertools.pairwise(edges)]
    assert heads[:-1] == [None] * (len(edges) - 2)
    assert heads[-1] == read_head(PLAIN)[1]


def test_an_absolute_target_has_its_path_taken() -> None:
    _, head = read_head(b"GET http://localhost:8000/a%20b HTTP/1.1\r\nHost: x\r\n\r\n")
    assert head.path == "/a%20b"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (b"GET / HTTP/1.2\r\nHost: x\r\n\r\n", 505),
        (b"GET / HTTP/0.9\r\nHost: x\r\n\r\n", 505),
        (b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),  # TLS on a plain port
        (b"\0\0\0\0\r\n\r\n", 400),
    ],
)
def test_what_is_not_a_request_of_http_1_1_is_refused(data: bytes, status: int) -> None:
    refused = refusal_of(data)
    assert refused.status == status
    assert str(refused)


def test_a_head_has_a_limit_and_it_is_exact() -> None:
    frame = b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"\r\n\r\n"
    fitting = frame.replace(b"A: ", b"A: " + b"a" * (HEAD_LIMIT_BYTES - len(frame)))
    assert len(fitting) == HEAD_LIMIT_BYTES
    read_head(fitting)
    reader = RequestReader()
    with pytest.raises(RequestRefused) as refused:
        reader.feed(fitting.replace(b"A: ", b"A: a")[: reader.room_bytes])
    assert refused.value.status == 431


def test_room_shrinks_with_what_was_read_and_silence_is_known() -> None:
    reader = RequestReader()
    assert reader.is_silent
    assert reader.feed(b"GET / ") is None
    assert not reader.is_silent
    assert reader.room_bytes == HEAD_LIMIT_BYTES - 6


def test_what_follows_a_request_without_body_is_left_over() -> None:
    reader, _ = read_head(PLAIN + b"\x81\x85frames")
    assert reader.leftover() == b"\x81\x85frames"


def test_a_body_where_none_may_be_is_refused() -> None:
    reader, _ = read_head(b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
    with pytest.raises(RequestRefused, match="must not have a body"):
        reader.leftover()


def test_a_body_of_known_length_ends_where_it_says() -> None:
    reader, _ = read_head(
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhelloGET /second HTTP/1.1\r\n\r\n"
    )
    assert body_of(reader) == b"hello"
    assert reader.next_body() is None  # the second request is not looked at


def test_a_chunked_body_comes_piece_by_piece() -> None:
    reader, _ = read_head(
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab"
    )
    assert reader.next_body() == b"ab"
    assert reader.next_body() is None
    reader.feed_body(b"c\r\n0\r\n\r\n")
    assert body_of(reader) == b"c"


@pytest.mark.parametrize("chunk", [b"zz\r\n", b"-1\r\n", b"3\r\nabcX\r\n"])
def test_a_malformed_chunk_is_refused(chunk: bytes) -> None:
    reader, _ = read_head(
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk
    )
    with pytest.raises(RequestRefused) as refused:
        body_of(reader)
    assert refused.value.status == 400


def test_a_body_that_stops_in_the_middle_is_refused() -> None:
    reader, _ = read_head(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe")
    assert reader.next_body() == b"he"
    reader.feed_body(b"")
    with pytest.raises(RequestRefused):
        reader.next_body()


@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
def test_a_response_is_whole_and_ends_the_connection(method: bytes) -> None:
    reader, _ = read_head(method + b" / HTTP/1.1\r\nHost: x\r\n\r\n")
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method=method, target="/", headers=[("Host", "x")]))
    client.send(h11.EndOfMessage())
    client.receive_data(reader.respond(418, b"short and stout", [("X-Pot", "tea")]))
    head = client.next_event()
    assert isinstance(head, h11.Response)
    assert head.status_code == 418
    headers = dict(head.headers)
    assert headers[b"connection"] == b"close"
    assert (headers[b"content-length"], headers[b"x-pot"]) == (b"15", b"tea")
    data = client.next_event()
    if method == b"GET":
        assert isinstance(data, h11.Data)
        assert bytes(data.data) == b"short and stout"
        data = client.next_event()
    assert isinstance(data, h11.EndOfMessage)
    assert client.their_state is h11.MUST_CLOSE


def test_a_refused_head_can_still_be_answered() -> None:
    reader = RequestReader()
    with pytest.raises(RequestRefused):
        reader.feed(b"\0\r\n\r\n")
    assert reader.respond(400, b"no").startswith(b"HTTP/1.1 400 Bad Request\r\n")


def test_a_header_cannot_smuggle_a_line() -> None:
    reader, _ = read_head(PLAIN)
    with pytest.raises(h11.LocalProtocolError):
        reader.respond(200, b"", [("X", "a\r\nSet-Cookie: b")])


def test_errors_have_the_shape_that_sdks_print() -> None:
    body, headers = error_body(503, "Try later.", error_id="abc")
    assert json.loads(body) == {
        "error": {
            "message": "Try later.",
            "type": "server_error",
            "param": None,
            "code": "service_unavailable",
            "error_id": "abc",
        }
    }
    assert headers == [("content-type", "application/json")]
