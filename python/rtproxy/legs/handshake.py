"""The opening handshake of RFC 6455, seen from the server.

Owns the judgement of an upgrade request (section 4.2.1), the accept token and
the 101 response (4.2.2). Must not know sockets, or what the session does with
the connection. Extensions are never accepted, so a permessage-deflate offer is
ignored: nothing can inflate.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from rtproxy.legs.http1 import RequestHead, RequestRefused
from rtproxy.legs.usual_head import Headers

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3
_VERSION = "13"


@dataclass(frozen=True, slots=True)
class UpgradeOffer:
    """What a valid upgrade request offers."""

    key: str
    subprotocols: tuple[str, ...]


def wants_websocket(head: RequestHead) -> bool:
    """Whether the request asks for a WebSocket, properly or not."""
    return "websocket" in [token.lower() for token in head.tokens("upgrade")]


def read_offer(head: RequestHead) -> UpgradeOffer:
    """Judge an upgrade request by RFC 6455 section 4.2.1; raises RequestRefused."""
    if head.method != "GET" or head.http_version != "1.1":
        raise RequestRefused(400, "A WebSocket handshake must be a GET request of HTTP/1.1.")
    if "upgrade" not in [token.lower() for token in head.tokens("connection")]:
        raise RequestRefused(
            400,
            "A WebSocket handshake needs the header 'Connection: Upgrade'; a proxy may drop it.",
        )
    if head.values("sec-websocket-version") != [_VERSION]:
        raise RequestRefused(
            426,
            f"Only WebSocket version {_VERSION} (RFC 6455) is spoken here.",
            headers=[("Sec-WebSocket-Version", _VERSION), ("Upgrade", "websocket")],
        )
    return UpgradeOffer(_read_key(head), tuple(head.tokens("sec-websocket-protocol")))


def accept_token(key: str) -> str:
    """What proves that a server understood the key (RFC 6455 section 4.2.2, step 5.4)."""
    digest = hashlib.sha1(key.encode("ascii") + _GUID, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode("ascii")


def switching_headers(
    offer: UpgradeOffer, subprotocol: str | None, headers: Headers = ()
) -> list[tuple[str, str]]:
    """The headers of the 101 response.

    Raises ValueError for a subprotocol that the client did not offer.
    """
    if subprotocol is not None and subprotocol not in offer.subprotocols:
        raise ValueError(f"the client did not offer the subprotocol {subprotocol!r}")
    chosen = [] if subprotocol is None else [("Sec-WebSocket-Protocol", subprotocol)]
    return [
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Accept", accept_token(offer.key)),
        *chosen,
        *headers,
    ]


def _read_key(head: RequestHead) -> str:
    keys = head.values("sec-websocket-key")
    try:
        valid = len(keys) == 1 and len(base64.b64decode(keys[0], validate=True)) == 16
    except (binascii.Error, ValueError):
        valid = False
    if not valid:
        raise RequestRefused(
            400, "A WebSocket handshake needs one Sec-WebSocket-Key: 16 random bytes in base64."
        )
    return keys[0]
