"""Who may come in: path, key, model and shape, as the upstream looks at them.

Owns the reading of the upgrade request. Must not know sockets or what a session
does. A bad key passes the handshake and is told afterwards: so does the upstream
(protocol reference, section 3).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, unique
from urllib.parse import parse_qs, urlsplit

from rtproxy.simulator import errors
from rtproxy.simulator.commands import Json
from rtproxy.simulator.errors import Refusal
from rtproxy.simulator.settings import Settings

PATH = "/v1/realtime"
TRANSLATION_PATH = f"{PATH}/translations"
DEFAULT_MODEL = "gpt-realtime-2.1"  # of calls and client secrets that name none
_SUBPROTOCOL = "realtime"
_KEY_SUBPROTOCOL = "openai-insecure-api-key."
_BETA_SUBPROTOCOL = "openai-beta.realtime-v1"
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]*")


@unique
class SessionKind(Enum):
    """What a session is for, by its `type` on the wire."""

    REALTIME = "realtime"
    TRANSCRIPTION = "transcription"
    TRANSLATION = "translation"


@dataclass(frozen=True, slots=True)
class UpgradeRequest:
    """The request head: target with its query, headers, subprotocols offered."""

    target: str
    headers: Sequence[tuple[bytes, bytes]] = ()
    subprotocols: Sequence[str] = ()

    def header(self, name: str) -> str | None:
        """The value of a header, if it is there; names are case-insensitive."""
        wanted = name.lower().encode()
        found = (value for key, value in self.headers if key.lower() == wanted)
        value = next(found, None)
        return None if value is None else value.decode("latin-1").strip()


@dataclass(frozen=True, slots=True)
class Turned:
    """No upgrade: an HTTP answer."""

    status: int
    message: str


@dataclass(frozen=True, slots=True)
class Admitted:
    """Upgrade; then a session with `model`, or `refusal` and a close."""

    model: str
    subprotocol: str | None
    refusal: Refusal | None
    session: Json | None = None  # what its call or client secret stands for
    kind: SessionKind = SessionKind.REALTIME


# The session that a call's id or a client secret stands for.
Bound = Callable[[str], Json | None]


def admit(
    request: UpgradeRequest, settings: Settings, bound: Bound = lambda _: None
) -> Admitted | Turned:
    """Decide on an upgrade request."""
    url = urlsplit(request.target)
    query = parse_qs(url.query, keep_blank_values=True)
    if url.path not in (PATH, TRANSLATION_PATH):
        served = f"the simulator serves {PATH} and {TRANSLATION_PATH}"
        return Turned(404, f"There is no '{url.path}' here; {served}.")
    call_id = query.get("call_id", [None])[0]
    session = bound(call_id or _key(request) or "")
    if call_id is not None and session is None:
        return Turned(404, f"No call with id '{call_id}'.")
    kind = _kind(url.path, query, session)
    if session is not None and kind is not SessionKind.TRANSCRIPTION and "model" not in query:
        query["model"] = [str(session.get("model") or DEFAULT_MODEL)]
    refusal = (
        _refused_shape(request)
        or _refused_key(request, settings)
        or _refused_secret(url.path, kind)
        or _refused_model(query, kind, settings)
    )
    subprotocol = _SUBPROTOCOL if _SUBPROTOCOL in request.subprotocols else None
    return Admitted(query.get("model", [""])[0], subprotocol, refusal, session, kind)


def _kind(path: str, query: dict[str, list[str]], session: Json | None) -> SessionKind:
    """What a call or a client secret was made for, or else what the URL asks for."""
    if session is not None:
        return SessionKind(session["type"])
    if path == TRANSLATION_PATH:
        return SessionKind.TRANSLATION
    transcribes = query.get("intent") == ["transcription"]
    return SessionKind.TRANSCRIPTION if transcribes else SessionKind.REALTIME


def _refused_shape(request: UpgradeRequest) -> Refusal | None:
    beta = request.header("OpenAI-Beta") or ""
    if "realtime=v1" in beta or _BETA_SUBPROTOCOL in request.subprotocols:
        return errors.beta_shape_disabled()
    return None


def _refused_key(request: UpgradeRequest, settings: Settings) -> Refusal | None:
    key = _key(request)
    if key is None:
        return errors.invalid_api_key("none") if settings.require_key else None
    if not key or key.startswith(settings.bad_key_prefix):
        return errors.invalid_api_key(f"{key[:3]}***" if key else "an empty one")
    return None


def _key(request: UpgradeRequest) -> str | None:
    authorization = request.header("Authorization")
    if authorization is not None:
        scheme, _, key = authorization.partition(" ")
        return key.strip() if scheme.lower() == "bearer" else ""
    offered = (name for name in request.subprotocols if name.startswith(_KEY_SUBPROTOCOL))
    return next((name.removeprefix(_KEY_SUBPROTOCOL) for name in offered), None)


def _refused_secret(path: str, kind: SessionKind) -> Refusal | None:
    """A secret opens sessions of the kind that it was made for."""
    if (path == TRANSLATION_PATH) is (kind is SessionKind.TRANSLATION):
        return None
    return errors.secret_of_another_kind(kind.value)


def _refused_model(
    query: dict[str, list[str]], kind: SessionKind, settings: Settings
) -> Refusal | None:
    model = query.get("model", [""])[0]
    if kind is SessionKind.TRANSCRIPTION:
        return errors.model_beside_intent() if "model" in query else None
    if not model:
        return errors.missing_model()
    if not _MODEL.fullmatch(model):
        return errors.invalid_model(model)
    if model.startswith(settings.bad_model_prefix):
        return errors.model_not_found(model)
    return None
