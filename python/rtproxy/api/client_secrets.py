"""`POST /v1/realtime/client_secrets`: short-lived tokens of the proxy's own.

Owns the request and the answer, as the official SDKs type them (protocol reference,
section 3). Must not know how a token is sealed, nor the clock: the time is an argument.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from rtproxy.api.body import json_object
from rtproxy.api.refusals import RestRefused
from rtproxy.api.session_body import read_session, wrong_field
from rtproxy.credentials.tokens import NONCE_BYTES, Sealed, Tokens, TokenTooLong
from rtproxy.model.event import Json
from rtproxy.model.ids import new_id

LEAST_S, USUAL_S, MOST_S = 10, 600, 7_200
_FIELDS = ("expires_after", "session")


@dataclass(frozen=True, slots=True)
class SecretAsked:
    """What is wanted: how long the token lasts, and its session (partial, GA)."""

    lasts_s: int
    session: Json


def read_asked(body: bytes, usual_model: str) -> SecretAsked:
    """Read the request's body; empty is a token with nothing bound to it but the model.

    Raises RestRefused, which names the field and what it may be.
    """
    asked = json_object(body) if body.strip() else {}
    for name in asked:
        if name not in _FIELDS:
            words = f"Unknown parameter: '{name}'. There are: {', '.join(_FIELDS)}."
            raise RestRefused(400, words, code="unknown_parameter", param=name)
    session = read_session(asked.get("session", {}))
    if session["type"] == "realtime":
        session.setdefault("model", usual_model)
    return SecretAsked(read_seconds(asked.get("expires_after", {})), session)


def make_secret(asked: SecretAsked, tokens: Tokens, user: str | None, now: float) -> Json:
    """The answer: the token, until when it is good, and the session; `now` since 1970.

    Raises RestRefused where the session does not fit into a token.
    """
    expires_at = int(now) + asked.lasts_s
    subject = f"user:{user}" if user else f"token:{secrets.token_hex(6)}"
    sealed = Sealed(expires_at=expires_at, subject=subject, session=asked.session, user=user)
    try:
        value = tokens.mint(sealed, secrets.token_bytes(NONCE_BYTES))
    except TokenTooLong as error:
        raise RestRefused(
            400, str(error), code="string_above_max_length", param="session"
        ) from None
    kind = "realtime.session"
    if asked.session["type"] == "transcription":
        kind = "realtime.transcription_session"
    told = {"object": kind, "id": new_id("sess", secrets.token_bytes(16)), "expires_at": 0}
    return {"value": value, "expires_at": expires_at, "session": {**asked.session, **told}}


def read_seconds(asked: Any, where: str = "expires_after") -> int:
    """How long the token lasts; RestRefused where that cannot be."""
    if not isinstance(asked, dict):
        raise wrong_field(where, asked, 'an object: {"anchor": "created_at", "seconds": …}')
    for name in asked:
        if name not in {"anchor", "seconds"}:
            param = f"{where}.{name}"
            words = f"Unknown parameter: '{param}'. There are: anchor, seconds."
            raise RestRefused(400, words, code="unknown_parameter", param=param)
    if asked.get("anchor", "created_at") != "created_at":
        raise wrong_field(f"{where}.anchor", asked["anchor"], '"created_at"')
    seconds = asked.get("seconds", USUAL_S)
    if type(seconds) is not int or not LEAST_S <= seconds <= MOST_S:
        may_be = f"a whole number from {LEAST_S} to {MOST_S}"
        raise wrong_field(f"{where}.seconds", seconds, may_be)
    return seconds
