"""The REST beside the WebSocket: client secrets, calls, models.

Owns their answers, and the secrets and calls that were given out (bounded: the oldest
are forgotten). Must not know sockets, clocks or frames. Unlike the WebSocket, REST
refuses a bad key by its status (protocol reference, section 3).
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP

import msgspec

from rtproxy.simulator import errors
from rtproxy.simulator.commands import Json
from rtproxy.simulator.errors import Refusal
from rtproxy.simulator.ids import Ids
from rtproxy.simulator.schema import Shape, choice, integer
from rtproxy.simulator.sdp import answer_offer
from rtproxy.simulator.session_config import SessionConfig, Usage
from rtproxy.simulator.session_schema import SESSION
from rtproxy.simulator.settings import Settings
from rtproxy.simulator.transcription_config import TranscriptionConfig
from rtproxy.simulator.translation_config import TranslationConfig
from rtproxy.simulator.translation_schema import NEW_TRANSLATION

MODELS = ("gpt-realtime", "gpt-realtime-2.1", "gpt-realtime-2.1-mini", "gpt-realtime-mini")
_DEFAULT_S = 600
_REMEMBERED = 1_000
_CALL = re.compile(r"/v1/realtime/calls/(?P<id>[\w-]+)/(?P<verb>accept|reject|refer|hangup)")
_EXPIRES_AFTER = Shape({"anchor": choice("created_at"), "seconds": integer(10, 7_200)})
_SECRET = Shape({"expires_after": _EXPIRES_AFTER, "session": SESSION})
_TRANSLATION_SECRET = Shape(
    {"expires_after": _EXPIRES_AFTER, "session": NEW_TRANSLATION}, required=("session",)
)


@dataclass(frozen=True, slots=True)
class RestRequest:
    """A request: path without its query, names of headers in lower case."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class RestAnswer:
    """Its answer."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)


@dataclass(frozen=True, slots=True)
class _Given:
    """What was given out: a configuration, and until when."""

    session: Json
    expires_at: float


class Desk:
    """Answers REST requests of one simulator."""

    def __init__(self, settings: Settings, ids: Ids) -> None:
        self._settings = settings
        self._ids = ids
        self._given: OrderedDict[str, _Given] = OrderedDict()

    def bound_to(self, name: str, now: float) -> Json | None:
        """The session that a call or a client secret stands for, while it does."""
        given = self._given.get(name)
        return given.session if given is not None and now < given.expires_at else None

    def answer(self, request: RestRequest, now: float) -> RestAnswer:
        """The answer; `now` in seconds since 1970."""
        try:
            self._check_key(request)
            return self._route(request)(request, now)
        except Refusal as refusal:
            status = 401 if refusal.code == "invalid_api_key" else 400
            return _refused(status, refusal)

    def _route(self, request: RestRequest) -> Callable[[RestRequest, float], RestAnswer]:
        match request.method, request.path:
            case "POST", "/v1/realtime/client_secrets":
                return self._make_secret
            case "POST", "/v1/realtime/translations/client_secrets":
                return self._make_translation_secret
            case "POST", "/v1/realtime/calls":
                return self._make_call
            case "GET", "/v1/models":
                return self._list_models
            case "GET", path if path.startswith("/v1/models/"):
                return self._show_model
            case "POST", path if _CALL.fullmatch(path):
                return self._steer_call
        return self._nothing_here

    def _check_key(self, request: RestRequest) -> None:
        authorization = request.headers.get("authorization")
        if authorization is None:
            if self._settings.require_key:
                raise errors.invalid_api_key("none")
            return
        key = authorization.partition(" ")[2].strip()
        if not key or key.startswith(self._settings.bad_key_prefix):
            raise errors.invalid_api_key(f"{key[:3]}***" if key else "an empty one")

    def _make_secret(self, request: RestRequest, now: float) -> RestAnswer:
        asked = _json(request.body or b"{}")
        _SECRET(asked, "")
        return self._secret(asked, asked.get("session", {"type": "realtime"}), now)

    def _make_translation_secret(self, request: RestRequest, now: float) -> RestAnswer:
        asked = _json(request.body or b"{}")
        _TRANSLATION_SECRET(asked, "")
        return self._secret(asked, {"type": "translation", **asked["session"]}, now)

    def _secret(self, asked: Json, session: Json, now: float) -> RestAnswer:
        lasts_s = asked.get("expires_after", {}).get("seconds", _DEFAULT_S)
        expires_at = int(now) + lasts_s
        value = f"ek_{self._ids.new('x').removeprefix('x_')}"
        told = {"value": value, "expires_at": expires_at, "session": self._whole(session)}
        self._give(value, session, expires_at)
        return RestAnswer(200, msgspec.json.encode(told))

    def _make_call(self, request: RestRequest, now: float) -> RestAnswer:
        offer, session = _offer_in(request)
        if session is not None:
            SESSION(session, "session")
        answer = answer_offer(offer, self._ids.new("u")[-8:], self._ids.new("p")[-21:] * 2)
        call_id = self._ids.new("rtc")
        self._give(call_id, session or {"type": "realtime"}, now + self._settings.session_max_s)
        headers = (
            ("Content-Type", "application/sdp"),
            ("Location", f"/v1/realtime/calls/{call_id}"),
        )
        return RestAnswer(201, answer.encode(), headers)

    def _steer_call(self, request: RestRequest, now: float) -> RestAnswer:
        found = _CALL.fullmatch(request.path)
        assert found is not None  # noqa: S101 - it was routed by this
        if self.bound_to(found["id"], now) is None:
            return _not_found(f"No call with id '{found['id']}'.", "call_id_not_found")
        if found["verb"] == "accept":
            SESSION(_json(request.body), "")
        elif found["verb"] in {"hangup", "reject"}:
            del self._given[found["id"]]
        return RestAnswer(200, b"")

    def _list_models(self, _request: RestRequest, _now: float) -> RestAnswer:
        data = [_model(name) for name in MODELS]
        return RestAnswer(200, msgspec.json.encode({"object": "list", "data": data}))

    def _show_model(self, request: RestRequest, _now: float) -> RestAnswer:
        name = request.path.removeprefix("/v1/models/")
        if name not in MODELS:
            return _not_found(f"The model '{name}' does not exist.", "model_not_found")
        return RestAnswer(200, msgspec.json.encode(_model(name)))

    def _nothing_here(self, request: RestRequest, _now: float) -> RestAnswer:
        return _not_found(f"There is no {request.method} {request.path} here.", "unknown_url")

    def _whole(self, session: Json) -> Json:
        """The session as it would be, which is also how it is checked."""
        session_id = self._ids.new("sess")
        if session["type"] == "transcription":
            transcribing = TranscriptionConfig(session_id, 0, {})
            transcribing.update(session)
            return transcribing.view()
        if session["type"] == "translation":
            translating = TranslationConfig(session_id, session["model"], 0)
            translating.update(session)
            return translating.view()
        config = SessionConfig(session_id, str(session.get("model", MODELS[0])), 0, {})
        config.update(session, Usage())
        return config.view()

    def _give(self, name: str, session: Json, expires_at: float) -> None:
        self._given[name] = _Given(session, expires_at)
        while len(self._given) > _REMEMBERED:
            self._given.popitem(last=False)


def _offer_in(request: RestRequest) -> tuple[str, Json | None]:
    """The SDP, and the session where one came with it."""
    kind = request.headers.get("content-type", "")
    if kind.startswith("application/sdp"):
        return request.body.decode("utf-8", "replace"), None
    if not kind.startswith("multipart/form-data"):
        message = "Send the offer as application/sdp, or sdp and session as multipart/form-data."
        raise Refusal("unsupported_content_type", message)
    fields: dict[str, bytes] = {}
    head = f"Content-Type: {kind}\r\n\r\n".encode("latin-1")
    for part in BytesParser(policy=HTTP).parsebytes(head + request.body).iter_parts():
        content = part.get_payload(decode=True)
        fields[_name_of(part)] = content if isinstance(content, bytes) else b""
    if "sdp" not in fields:
        raise errors.missing("sdp")
    session = _json(fields["session"]) if "session" in fields else None
    return fields["sdp"].decode("utf-8", "replace"), session


def _name_of(part: Message) -> str:
    return str(part.get_param("name", "", header="content-disposition"))


def _json(raw: bytes) -> Json:
    try:
        value = msgspec.json.decode(raw)
    except msgspec.DecodeError as error:
        raise errors.invalid_json(str(error)) from None
    if not isinstance(value, dict):
        raise errors.invalid_json("it is no object")
    return value


def _model(name: str) -> Json:
    return {"id": name, "object": "model", "created": 1_756_000_000, "owned_by": "simulator"}


def _not_found(message: str, code: str) -> RestAnswer:
    return _refused(404, Refusal(code, message))


def _refused(status: int, refusal: Refusal) -> RestAnswer:
    error = {key: value for key, value in refusal.wire().items() if key != "event_id"}
    return RestAnswer(status, msgspec.json.encode({"error": error}))
