"""Where a request carries its key or token.

Owns the places and their order. Must not know which keys are good, nor let what it
finds into anything but its answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

# Where browsers put a key, which cannot set headers (protocol reference, section 3).
KEY_SUBPROTOCOL = "openai-insecure-api-key."

# With status 401: by which scheme a key is wanted (RFC 9110 section 11.6.1).
CHALLENGE = ("WWW-Authenticate", "Bearer")


class Request(Protocol):
    """What is read of an upgrade or of any other request."""

    @property
    def query(self) -> Mapping[str, str]:
        """The parameters of the query, decoded."""

    @property
    def subprotocols(self) -> Sequence[str]:
        """What a WebSocket client offers; nothing for other requests."""

    def header(self, name: str) -> str | None:
        """The first value of a header (its name in lower case), or None."""


def presented(request: Request) -> str | None:
    """The key or token that came with a request; None where there is none.

    Looked for in `Authorization: Bearer`, `api-key` (Azure's SDKs), the subprotocol
    `openai-insecure-api-key.KEY` and `?token=`, in this order. An `Authorization` of
    another scheme is a key like any other: no good one.
    """
    authorization = request.header("authorization")
    if authorization is not None:
        scheme, _, value = authorization.partition(" ")
        return value.strip() if scheme.lower() == "bearer" else authorization
    in_header = request.header("api-key")
    if in_header is not None:
        return in_header.strip()
    offered = (each for each in request.subprotocols if each.startswith(KEY_SUBPROTOCOL))
    in_offer = next(offered, None)
    if in_offer is not None:
        return in_offer.removeprefix(KEY_SUBPROTOCOL)
    return request.query.get("token")
