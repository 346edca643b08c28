"""The routes beside `/v1/realtime`: client secrets, calls, models.

Owns paths and methods, under `/v1` and, for SDKs of Azure, `/openai/v1`. What they do
is in `client_secrets`, `calls` and `upstream_rest`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from quart import Response, request
from quart_trio import QuartTrio

from rtproxy.api.beta_secrets import read_beta, told_as_beta
from rtproxy.api.body import json_object, raw_body, read_offer
from rtproxy.api.calls import call_id_in, form_of, session_for_call, steering_path
from rtproxy.api.client_secrets import SecretAsked, make_secret, read_asked
from rtproxy.api.guard import admitted
from rtproxy.api.refusals import JSON, RestRefused
from rtproxy.api.upstream_rest import UpstreamRest
from rtproxy.credentials.judge import Credentials
from rtproxy.model.brief import Brief
from rtproxy.model.event import Json
from rtproxy.upstreams.upstream import SAFETY_HEADER, wishes

_ROOTS = ("/v1", "/openai/v1")


@dataclass(frozen=True, slots=True)
class RealtimeRest:
    """What the routes need.

    Attributes:
        credentials: who may ask; its tokens are the client secrets.
        upstream: where calls and models come from.
        persona: what a session with a named persona is, or with the usual one; KeyError.
        allowed_origins: web pages that may read the answers.
        body_bytes: the largest body.
    """

    credentials: Credentials
    upstream: UpstreamRest
    persona: Callable[[str | None], Brief]
    allowed_origins: tuple[str, ...]
    body_bytes: int

    async def client_secrets(self) -> Json:
        """Make a token."""
        return self._secret(read_asked(await raw_body(request), self.upstream.upstream.model))

    async def sessions(self) -> Json:
        """The same, as it was asked before GA."""
        body = await raw_body(request)
        asked = read_beta(body, "realtime", self.upstream.upstream.model)
        return told_as_beta(self._secret(asked))

    async def transcription_sessions(self) -> Json:
        """The same for sessions that only transcribe."""
        asked = read_beta(await raw_body(request), "transcription", "")
        return told_as_beta(self._secret(asked))

    async def calls(self) -> Response:
        """Relay an offer, and its answer."""
        offer = await read_offer(request)
        session = session_for_call(
            offer, admitted().session, self._persona, self.upstream.upstream.model
        )
        body, kind = form_of(offer.sdp, session)
        answer = await self.upstream.ask(
            "POST", "/realtime/calls", body=body, content_type=kind, asked=self._asked()
        )
        told = self.upstream.told(answer)
        if answer.status < 300:
            told.headers["Location"] = f"{request.path}/{call_id_in(answer.header('location'))}"
        return told

    async def steer(self, call_id: str, verb: str) -> Response:
        """Accept, reject, refer or hang up a call."""
        path = steering_path(call_id, verb)
        body = await raw_body(request)
        if body:
            json_object(body)
        kind = JSON if body else None
        return self.upstream.told(
            await self.upstream.ask("POST", path, body=body, content_type=kind)
        )

    async def models(self, name: str = "") -> Response:
        """What the upstream's models are."""
        path = f"/models/{quote(name, safe='')}" if name else "/models"
        return self.upstream.told(await self.upstream.ask("GET", path))

    def _secret(self, asked: SecretAsked) -> Json:
        user = request.headers.get(SAFETY_HEADER)
        return make_secret(asked, self.credentials.tokens, user, time.time())

    def _asked(self) -> dict[str, str]:
        return wishes({}, admitted().user or request.headers.get(SAFETY_HEADER))

    def _persona(self) -> Json:
        try:
            brief = self.persona(request.args.get("persona"))
        except KeyError as error:
            said = str(error.args[0])
            words = f"{said[:1].upper()}{said[1:]}."
            raise RestRefused(400, words, code="unknown_persona", param="persona") from None
        return brief.session if brief.model is None else {"model": brief.model, **brief.session}


def add_realtime_rest(application: QuartTrio, rest: RealtimeRest) -> None:
    """Add the routes."""
    application.config["MAX_CONTENT_LENGTH"] = rest.body_bytes
    routes: tuple[tuple[str, str, Callable[..., Any]], ...] = (
        ("POST", "/realtime/client_secrets", rest.client_secrets),
        ("POST", "/realtime/sessions", rest.sessions),
        ("POST", "/realtime/transcription_sessions", rest.transcription_sessions),
        ("POST", "/realtime/calls", rest.calls),
        ("POST", "/realtime/calls/<call_id>/<verb>", rest.steer),
        ("GET", "/models", rest.models),
        ("GET", "/models/<name>", rest.models),
    )
    for root in _ROOTS:
        for method, path, route in routes:
            name = f"{root}{path}".replace(".", "_")
            application.add_url_rule(
                root + path, name, route, methods=[method], provide_automatic_options=False
            )
