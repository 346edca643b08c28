"""One HTTP/1.1 request, as the listener reads and answers it.

Owns the request head (size limit, versions, which targets are allowed), the
framing of the body behind it and the bytes of a response; h11 does the grammar,
unless the request is a usual upgrade (`usual_head.py`). Must not know sockets,
clocks, or what a WebSocket is: bytes in, values out.

A connection carries one request. Whatever follows its body is never parsed, so
nothing can hide behind a request that was judged harmless.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

import h11

from rtproxy.dialects.http_error import failure_by, http_error
from rtproxy.legs.usual_head import Headers, UsualHead, read_upgrade, write_switching
from rtproxy.model.errors import PeerError

HEAD_LIMIT_BYTES = 16 * 1024


class RequestRefused(PeerError):
    """A request that is answered with an error status instead of being served."""

    def __init__(self, status: int, message: str, *, headers: Headers = ()) -> None:
        """`message` is told to the peer: what is wrong and what to do about it."""
        super().__init__(message)
        self.status = status
        self.headers = tuple(headers)


@dataclass(frozen=True, slots=True)
class RequestHead:
    """A request line and its headers; header names are in lower case."""

    method: str
    target: str
    http_version: str
    headers: tuple[tuple[str, str], ...]

    def values(self, name: str) -> list[str]:
        """Every value of a header, in order."""
        return [value for key, value in self.headers if key == name]

    def value(self, name: str) -> str | None:
        """The header's first value, or None."""
        return next(iter(self.values(name)), None)

    def tokens(self, name: str) -> list[str]:
        """The members of a header that is a comma-separated list (RFC 9110 section 5.6.1)."""
        members = [member.strip() for value in self.values(name) for member in value.split(",")]
        return [member for member in members if member]

    @property
    def path(self) -> str:
        """The target's path, still percent-encoded."""
        return urlsplit(self.target).path or "/"

    @property
    def query(self) -> str:
        """What follows the target's question mark, or an empty string."""
        return urlsplit(self.target).query


class RequestReader:
    """Reads one request from the bytes of a connection and frames its response.

    Feed it until `feed` returns the head. Then either `leftover` (the connection
    becomes something else), or `next_body` until that returns b"".
    """

    def __init__(self, limit_bytes: int = HEAD_LIMIT_BYTES) -> None:
        self._grammar: h11.Connection | None = None
        self._usual: UsualHead | None = None
        self._seen = b""
        self._limit_bytes = limit_bytes
        self._room_bytes = limit_bytes
        self._method = ""

    @property
    def room_bytes(self) -> int:
        """How many more bytes the head may have: never read more than this at once."""
        return self._room_bytes

    @property
    def is_silent(self) -> bool:
        """Whether nothing has arrived at all."""
        return self._room_bytes == self._limit_bytes

    def feed(self, data: bytes) -> RequestHead | None:
        """Take at most `room_bytes` bytes; the head, once it is complete.

        Raises RequestRefused with 400, 431, 501 or 505.
        """
        first = self.is_silent
        self._room_bytes -= len(data)
        if first and (usual := read_upgrade(data)) is not None:
            self._usual, self._seen = usual, data
            return RequestHead("GET", usual.subject, "1.1", usual.headers)
        self._connection.receive_data(data)
        event = self._next_event()
        if isinstance(event, h11.Request):
            self._method = event.method.decode("ascii")
            return _checked(event)
        if self._room_bytes <= 0:
            raise RequestRefused(
                431,
                f"The request head is too large: {self._limit_bytes} bytes at most. "
                "Send fewer or shorter headers.",
            )
        return None

    def leftover(self) -> bytes:
        """What arrived behind a request without a body; raises RequestRefused if it has one."""
        if self._usual is not None:
            return self._usual.leftover
        if not isinstance(self._next_event(), h11.EndOfMessage):
            raise RequestRefused(400, "This request must not have a body. Send it without one.")
        return self._connection.trailing_data[0]

    def feed_body(self, data: bytes) -> None:
        """Take more bytes of the body (b"" for end of stream)."""
        self._connection.receive_data(data)

    def next_body(self) -> bytes | None:
        """The next piece of the body; b"" at its end, None while more bytes are needed.

        Raises RequestRefused if the body breaks its framing.
        """
        event = self._next_event()
        if isinstance(event, h11.Data):
            return bytes(event.data)
        return b"" if isinstance(event, h11.EndOfMessage) else None

    def respond(self, status: int, body: bytes, headers: Headers = ()) -> bytes:
        """A whole response, after which the connection ends (to HEAD, without its body)."""
        framing = [("content-length", str(len(body))), ("connection", "close")]
        head = h11.Response(
            status_code=status,
            reason=HTTPStatus(status).phrase.encode(),
            headers=_encoded([*headers, *framing]),
        )
        response = self._connection.send(head)
        if self._method != "HEAD":
            response += self._connection.send(h11.Data(data=body))
        return response + self._connection.send(h11.EndOfMessage())

    def switch(self, headers: Headers) -> bytes:
        """The 101 response: from here on the connection speaks another protocol."""
        return write_switching(headers)

    @property
    def _connection(self) -> h11.Connection:
        """h11's view of this request, made when it is needed."""
        if self._grammar is None:
            self._grammar = h11.Connection(h11.SERVER, max_incomplete_event_size=self._limit_bytes)
            if self._usual is not None:
                self._grammar.receive_data(self._seen)
                self._grammar.next_event()
        return self._grammar

    def _next_event(self) -> object:
        try:
            return self._connection.next_event()
        except h11.RemoteProtocolError as error:
            status = error.error_status_hint
            raise RequestRefused(
                status, f"This is not a valid HTTP/1.1 request: {error}."
            ) from None


def error_body(status: int, message: str, **fields: str) -> tuple[bytes, Headers]:
    """A JSON body that says it, and its content type."""
    code = HTTPStatus(status).phrase.lower().replace(" ", "_").replace("-", "_")
    body = http_error(failure_by(status, message, code=code), **fields)
    return body, [("content-type", "application/json")]


def _checked(request: h11.Request) -> RequestHead:
    version = request.http_version.decode()
    if version not in {"1.0", "1.1"}:
        raise RequestRefused(505, f"HTTP/{version} is not spoken here. Use HTTP/1.1.")
    target = request.target.decode("ascii")
    if not (target.startswith(("/", "http://", "https://")) or target == "*"):
        raise RequestRefused(400, "The request target must be a path. This is not a forward proxy.")
    headers = tuple(
        (name.decode("ascii").lower(), value.decode("latin-1")) for name, value in request.headers
    )
    return RequestHead(request.method.decode("ascii"), target, version, headers)


def _encoded(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers]
