"""`POST /v1/realtime/sessions` and `…/transcription_sessions`: tokens, as SDKs asked before GA.

Owns that shape: the session's fields lie at the top, beside `client_secret` (protocol
reference, section 3). What the upstream no longer has, the proxy still answers. Must not
know how a token is made.
"""

from __future__ import annotations

from rtproxy.api.body import json_object
from rtproxy.api.client_secrets import SecretAsked, read_seconds
from rtproxy.api.refusals import RestRefused
from rtproxy.api.session_body import read_session
from rtproxy.dialects.beta_session import session_to_beta
from rtproxy.model.event import Json

# Of a transcription session GA keeps the input alone.
_OF_OUTPUT = ("modalities", "voice", "output_audio_format", "tools", "tool_choice", "speed")


def read_beta(body: bytes, kind: str, usual_model: str) -> SecretAsked:
    """Read the request for a session of this kind ("realtime" or "transcription").

    Raises RestRefused, which names the field and what it may be.
    """
    fields = json_object(body) if body.strip() else {}
    secret = fields.pop("client_secret", None) or {}
    if not isinstance(secret, dict) or secret.keys() - {"expires_after"}:
        words = 'client_secret must be an object: {"expires_after": …}.'
        raise RestRefused(400, words, code="invalid_value", param="client_secret")
    if kind == "transcription":
        fields = {name: value for name, value in fields.items() if name not in _OF_OUTPUT}
    session = read_session({**fields, "type": kind}, where="")
    if kind == "realtime":
        session.setdefault("model", usual_model)
    lasts_s = read_seconds(secret.get("expires_after", {}), where="client_secret.expires_after")
    return SecretAsked(lasts_s, session)


def told_as_beta(made: Json) -> Json:
    """The answer, out of the one of now."""
    secret = {"value": made["value"], "expires_at": made["expires_at"]}
    session = {key: value for key, value in made["session"].items() if key != "expires_at"}
    return {**session_to_beta(session), "client_secret": secret}
