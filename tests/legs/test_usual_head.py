"""The usual head of a handshake, held against h11's reading of the same bytes."""

from __future__ import annotations

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtproxy.legs.usual_head import (
    UsualHead,
    read_switching,
    read_upgrade,
    write_switching,
    write_upgrade,
)

UPGRADE = b"GET /ws?a=1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n"
SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"

# What heads are made of, and what breaks them, so that random ones are often nearly right.
NAMES = ["Host", "Upgrade", "uPGRADE", "X-Y", "Content-Length", "Transfer-Encoding", "Expect"]
VALUES = ["x", "", " websocket\t", "a, b", "0", "5", "chunked", "100-continue", "a b", "\xe9"]
PIECES = [*NAMES, ":", ": ", " ", "\t", "\r\n", "\n", "\r", "\0", "\x7f", *VALUES]
LINE = st.builds(
    "{}{}{}\r\n".format,
    st.sampled_from(NAMES),
    st.sampled_from([":", ": "]),
    st.sampled_from(VALUES),
)
BROKEN = st.lists(st.sampled_from(PIECES), max_size=4).map("".join)
FIRST = st.sampled_from(
    [
        "GET / HTTP/1.1\r\n",
        "GET /a?b=%20 HTTP/1.1\r\n",
        "GET  / HTTP/1.1\r\n",
        "GET / HTTP/1.0\r\n",
        "POST / HTTP/1.1\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n",
        "HTTP/1.1 101 \r\n",
        "HTTP/1.1 101\r\n",
        "HTTP/1.1 200 OK\r\n",
    ]
)
LINES = st.lists(st.one_of(LINE, LINE, LINE, BROKEN), max_size=6).map("".join)
BEHIND = st.sampled_from(["", "\x81\x00", "GET / HTTP/1.1\r\n\r\n", "\r\n"])
HEADS = st.builds(
    lambda *parts: "".join(parts).encode("latin-1"), FIRST, LINES, st.just("\r\n"), BEHIND
)


def told(event: h11.Request | h11.InformationalResponse) -> list[tuple[str, str]]:
    """The headers as h11 read them."""
    return [(name.decode(), value.decode("latin-1")) for name, value in event.headers]


@given(HEADS)
def test_a_usual_request_is_what_h11_reads(data: bytes) -> None:
    head = read_upgrade(data)
    if head is None:
        return
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(data)
    request = connection.next_event()
    assert isinstance(request, h11.Request)
    assert (request.method, request.http_version) == (b"GET", b"1.1")
    assert (request.target.decode(), told(request)) == (head.subject, list(head.headers))
    assert isinstance(connection.next_event(), h11.EndOfMessage)
    assert connection.trailing_data[0] == head.leftover


@given(HEADS)
def test_a_usual_answer_is_what_h11_reads(data: bytes) -> None:
    head = read_switching(data)
    if head is None:
        return
    connection = h11.Connection(h11.CLIENT)
    asked = h11.Request(method="GET", target="/", headers=[("Host", "x"), ("Upgrade", "y")])
    connection.send(asked)
    connection.send(h11.EndOfMessage())
    connection.receive_data(data)
    answer = connection.next_event()
    assert isinstance(answer, h11.InformationalResponse)
    assert (answer.status_code, told(answer)) == (101, list(head.headers))
    assert connection.trailing_data[0] == head.leftover


@pytest.mark.parametrize("behind", [b"", b"\x81\x80abcd"])
def test_usual_heads_are_read_with_what_is_behind(behind: bytes) -> None:
    assert read_upgrade(UPGRADE + behind) == UsualHead(
        "/ws?a=1", (("host", "x"), ("upgrade", "websocket")), behind
    )
    switching = read_switching(SWITCHING + behind)
    assert switching is not None
    assert (switching.subject, switching.leftover) == ("Switching Protocols", behind)


@pytest.mark.parametrize(
    "data",
    [
        UPGRADE[:-1],
        UPGRADE.replace(b"Upgrade: websocket\r\n", b""),
        UPGRADE.replace(b"Host: x\r\n", b""),
        UPGRADE.replace(b"\r\n\r\n", b"\r\nHost: y\r\n\r\n"),
        UPGRADE.replace(b"\r\n\r\n", b"\r\nContent-Length: 0\r\n\r\n"),
        UPGRADE.replace(b"\r\n\r\n", b"\r\ntransfer-encoding: chunked\r\n\r\n"),
        UPGRADE.replace(b"\r\n\r\n", b"\r\nX: a\r\n b\r\n\r\n"),
        UPGRADE.replace(b"\r\n", b"\n"),
        UPGRADE.replace(b"1.1", b"1.0"),
        b"\r\n" + UPGRADE,
    ],
)
def test_anything_else_is_left_to_h11(data: bytes) -> None:
    assert read_upgrade(data) is None


def test_long_lines_are_judged_at_once() -> None:
    spaces = UPGRADE.replace(b"\r\n\r\n", b"\r\nX:" + b" \t" * 2**20 + b"\0\r\n\r\n")
    assert read_upgrade(spaces) is None


HEADER = st.tuples(st.text(max_size=4), st.text("a \r\n\0\xe9:", max_size=4))


@given(st.lists(st.one_of(st.just(("Upgrade", "y")), HEADER), min_size=1, max_size=4))
def test_what_is_written_says_just_what_was_asked_for(headers: list[tuple[str, str]]) -> None:
    try:
        written = write_switching(headers)
    except ValueError:  # of a text that is not latin-1, too
        return
    head = read_switching(written + b"rest")
    assert head is not None
    assert head.leftover == b"rest"
    assert list(head.headers) == [(name.lower(), value.strip(" \t")) for name, value in headers]


@pytest.mark.parametrize("target", ["", "/a b", "/a\r\nX: y", "/\xe9"])
def test_a_target_is_one_word(target: str) -> None:
    with pytest.raises(ValueError, match="target"):
        write_upgrade(target, [("Host", "x")])
