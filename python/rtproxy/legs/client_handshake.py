"""The opening handshake of RFC 6455, seen from the client: how we dial an upstream.

Owns the upgrade request (section 4.1), the judgement of the answer, and what a
refusal means for trying again. Must not know sockets, clocks or dice: the key's
16 random bytes are an argument. Redirects are answers like any other: they are
told, not followed, for they would carry the key to another host.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import h11
import msgspec

from rtproxy.legs.handshake import accept_token
from rtproxy.legs.http1 import HEAD_LIMIT_BYTES
from rtproxy.legs.usual_head import Headers, read_switching, write_upgrade
from rtproxy.model.errors import DialFailed

_REFUSAL_LIMIT_BYTES = 64 * 1024
_MAY_HEAL = frozenset({408, 425, 429})
# An alert of any version, RFC 8446 section 5.1: the answer of who waits for TLS.
_TLS_ALERT = b"\x15\x03"
_WAITING = (h11.NEED_DATA, h11.PAUSED)


@dataclass(frozen=True, slots=True)
class Switched:
    """The upstream agreed; `leftover` are bytes of frames that came with its answer."""

    subprotocol: str | None
    headers: Headers
    leftover: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """The upstream answered with something else; `body` is as much as has come."""

    status: int
    headers: Headers
    body: bytes
    complete: bool


class ClientHandshake:
    """One upgrade request and its answer.

    Args:
        host: the Host header: name, and port where it is not the scheme's own.
        target: path and query.
        key: 16 random bytes.
        headers: whatever the upstream wants besides (credentials).
        subprotocols: offered in this order.

    Raises ValueError for headers that cannot be sent.
    """

    def __init__(
        self,
        *,
        host: str,
        target: str,
        key: bytes,
        headers: Headers = (),
        subprotocols: Sequence[str] = (),
    ) -> None:
        self._key = base64.b64encode(key).decode("ascii")
        self._subprotocols = tuple(subprotocols)
        self._grammar: h11.Connection | None = None
        self._refused: Refused | None = None
        offered = [("Sec-WebSocket-Protocol", ", ".join(subprotocols))] if subprotocols else []
        self._target = target
        self._headers = [
            ("Host", host),
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Key", self._key),
            ("Sec-WebSocket-Version", "13"),
            *offered,
            *headers,
        ]
        self.request = write_upgrade(target, self._headers)

    def feed(self, data: bytes) -> Switched | Refused | None:
        """Take bytes of the answer (b"" for end of stream); the outcome, once it is known.

        A refusal comes as soon as its head has been read; feed on until it is
        `complete`, or stop when enough has been waited for. Raises DialFailed for
        an answer that is neither.
        """
        if data.startswith(_TLS_ALERT) and self._grammar is None:
            raise DialFailed("the upstream speaks TLS: write wss:// in its URL", final=True)
        if self._grammar is None and (usual := read_switching(data)) is not None:
            return self._switched(usual.headers, usual.leftover)
        try:
            connection = self._connection
            connection.receive_data(data)
            while (event := connection.next_event()) not in _WAITING:
                if (outcome := self._judge(event)) is not None:
                    return outcome
        except h11.RemoteProtocolError as error:
            if self._refused is not None:
                return self._end_refusal()
            raise DialFailed(f"the upstream's answer is not HTTP/1.1: {error}") from None
        return self._refused

    @property
    def _connection(self) -> h11.Connection:
        """h11's view of this request, for an answer that is not the usual one."""
        if self._grammar is None:
            self._grammar = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_LIMIT_BYTES)
            asked = h11.Request(method="GET", target=self._target, headers=self._headers)
            self._grammar.send(asked)
            self._grammar.send(h11.EndOfMessage())
        return self._grammar

    def _judge(self, event: object) -> Switched | Refused | None:
        if isinstance(event, h11.InformationalResponse) and event.status_code == 101:
            return self._switched(_decoded(event), self._connection.trailing_data[0])
        if isinstance(event, h11.Response):
            self._refused = Refused(event.status_code, _decoded(event), b"", complete=False)
        if isinstance(event, h11.Data):
            return self._collect(bytes(event.data))
        if isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
            return self._end_refusal()
        return None

    def _collect(self, data: bytes) -> Refused | None:
        assert self._refused is not None  # noqa: S101 - h11: data comes behind a response
        body = (self._refused.body + data)[:_REFUSAL_LIMIT_BYTES]
        full = len(body) == _REFUSAL_LIMIT_BYTES
        self._refused = Refused(self._refused.status, self._refused.headers, body, complete=full)
        return self._refused if full else None

    def _end_refusal(self) -> Refused:
        if self._refused is None:
            raise DialFailed("the upstream closed the connection before it answered the handshake")
        refused = self._refused
        return Refused(refused.status, refused.headers, refused.body, complete=True)

    def _switched(self, headers: Headers, leftover: bytes) -> Switched:
        """Check the 101 by RFC 6455 section 4.1, steps 2 to 6."""
        found = dict(headers)
        if found.get("sec-websocket-accept") != accept_token(self._key):
            raise DialFailed("the upstream's handshake does not prove that it speaks WebSocket")
        if found.get("upgrade", "").lower() != "websocket":
            raise DialFailed("the upstream switched to another protocol than WebSocket")
        if "upgrade" not in [
            part.strip().lower() for part in found.get("connection", "").split(",")
        ]:
            raise DialFailed("the upstream's handshake lacks 'Connection: Upgrade'")
        if found.get("sec-websocket-extensions"):
            raise DialFailed("the upstream uses a WebSocket extension that was not offered")
        subprotocol = found.get("sec-websocket-protocol")
        if subprotocol is not None and subprotocol not in self._subprotocols:
            raise DialFailed("the upstream chose a subprotocol that was not offered")
        return Switched(subprotocol, headers, leftover)


def refusal(refused: Refused) -> DialFailed:
    """What a refusal means: final or not, and when to come back.

    Of the body only the error's code is told: its words may repeat a part of the key.
    """
    status = refused.status
    code = _error_code(refused.body)
    words = f"the upstream refused the handshake with HTTP {status} {_phrase(status)}"
    words += f" ({code})" if code else ""
    if 300 <= status < 400:
        words += "; redirects are not followed: correct the upstream's URL"
    return DialFailed(
        words,
        final=status < 500 and status not in _MAY_HEAL,
        status=status,
        retry_after_s=_retry_after_s(dict(refused.headers)),
    )


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "(an unknown status)"


def _error_code(body: bytes) -> str | None:
    """`error.code` (or `error.type`) of OpenAI's error body, if it is a plain word."""
    try:
        error = msgspec.json.decode(body, type=dict[str, dict[str, object]]).get("error", {})
    except msgspec.DecodeError:
        return None
    words = [error.get("code"), error.get("type")]
    plain = [
        w for w in words if isinstance(w, str) and w.replace("_", "").isalnum() and len(w) < 64
    ]
    return plain[0] if plain else None


def _retry_after_s(headers: dict[str, str]) -> float | None:
    """RFC 9110 section 10.2.3: seconds, or a date, taken against the answer's own Date."""
    wish = headers.get("retry-after", "").strip()
    if wish.isascii() and wish.isdigit():
        return float(wish)
    try:
        until = parsedate_to_datetime(wish)
        wait_s = (until - parsedate_to_datetime(headers.get("date", ""))).total_seconds()
    except (ValueError, TypeError):
        return None
    return max(0.0, wait_s)


def _decoded(response: h11.Response | h11.InformationalResponse) -> Headers:
    return [(name.decode("ascii"), value.decode("latin-1")) for name, value in response.headers]
