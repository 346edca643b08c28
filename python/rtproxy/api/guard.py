"""Who may ask: credentials of plain HTTP requests, and pages of other origins.

Owns which paths anybody may ask, and what a token alone opens. Must not know what is
answered there. (Requests from pages that may not connect at all are refused before:
`legs/entrance.py`.)
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from quart import Response, g, request
from quart_trio import QuartTrio
from werkzeug.datastructures import Headers

from rtproxy.api.refusals import RestRefused, refused
from rtproxy.credentials.judge import Admitted, Credentials, Refused
from rtproxy.credentials.presented import CHALLENGE

# What load balancers ask, and what a telephone gateway signs in a way of its own.
_OPEN = frozenset({"/livez", "/readyz", "/health"})
_SIGNED = "/twilio/"
# What a browser asks that was given a token: a call of its own, not to steer others'.
_BY_TOKEN = re.compile(r"(?:/openai)?/v1/(?:realtime/calls|models(?:/[^/]+)?)")


@dataclass(frozen=True, slots=True)
class _Asking:
    """A request as `credentials` reads it."""

    headers: Headers
    query: Mapping[str, str]
    subprotocols: Sequence[str] = ()

    def header(self, name: str) -> str | None:
        return self.headers.get(name)


def admitted() -> Admitted:
    """As whom the request at hand came in."""
    return cast(Admitted, g.admitted)


def add_guard(
    application: QuartTrio, credentials: Credentials, allowed_origins: Sequence[str]
) -> None:
    """Ask every request for credentials where the server asks for any."""
    pages = frozenset(origin.lower().rstrip("/") for origin in allowed_origins)

    @application.before_request
    async def judge() -> Response | None:
        if request.method == "OPTIONS":
            # A browser asks whether it may ask; see `for_pages`. Without any body Quart
            # would look for an event loop of asyncio.
            return Response(b"", status=204)
        if request.path in _OPEN or request.path.startswith(_SIGNED):
            return None
        verdict = credentials.judge(_Asking(request.headers, request.args))
        if isinstance(verdict, Refused):
            answer = refused(401, verdict.message, code=verdict.code)
            answer.headers.add(*CHALLENGE)
            return answer
        if verdict.by_token and not _BY_TOKEN.fullmatch(request.path):
            raise RestRefused(
                403, "A token opens sessions and nothing else; send a key.", code="key_required"
            )
        g.admitted = verdict
        return None

    @application.after_request
    async def for_pages(response: Response) -> Response:
        """Let pages that may connect read the answers (Fetch standard, CORS)."""
        origin = request.headers.get("Origin", "")
        if origin.lower().rstrip("/") in pages:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = "Location"
            response.headers.add("Vary", "Origin")
            if request.method == "OPTIONS":
                response.headers["Access-Control-Allow-Methods"] = "GET, POST"
                wanted = request.headers.get("Access-Control-Request-Headers", "")
                response.headers["Access-Control-Allow-Headers"] = wanted
        return response
