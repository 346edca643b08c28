"""What a session dials, and what is asked over HTTP: an address and the headers that open it.

Owns the value that every kind of upstream comes to, and how a client's wishes change
the address. Must not dial, must not know the kinds, and must not let a key out but in
the headers of a target.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

# What a client may ask for, by the names of the query; the last one comes in a header.
SAFETY_IDENTIFIER = "safety_identifier"
SESSION_TYPE = "session_type"  # by the address: a session of the type "translation" has its own
_IN_QUERY = ("model", "intent", "call_id")
SAFETY_HEADER = "OpenAI-Safety-Identifier"


@dataclass(frozen=True, slots=True)
class DialTarget:
    """One address: `url`, the headers of the handshake or request, the trusted CA file."""

    url: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    ca: str | None = None


@dataclass(frozen=True, slots=True)
class Upstream:
    """Anything that speaks the Realtime API (GA) at a WebSocket URL.

    Attributes:
        name: as the configuration has it.
        url: ws:// or wss://; its query is kept.
        model: for clients that name none.
        headers: of every handshake and request, the key among them.
        secrets: values that no client may read, whatever the upstream says of them.
        rest_url: where the REST beside the WebSocket begins ("https://H/v1"); None
            where there is none.
        model_parameter: the name under which the query tells the model.
        knows_users: whether it wants to be told a client's safety identifier.
    """

    name: str
    url: str
    model: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    ca: str | None = None
    rest_url: str | None = None
    model_parameter: str = "model"
    knows_users: bool = False
    _usual: DialTarget = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Most clients ask for nothing of their own: where they are dialled is found once."""
        object.__setattr__(self, "_usual", self._target({}))

    def target(self, asked: Mapping[str, str]) -> DialTarget:
        """Where to dial for a client that asked for this (see `wishes`).

        A client of the upstream's own protocol may name the model. A transcription
        session, and one that joins a call, must not name any; a translation session has
        an address of its own (protocol reference, section 3).
        """
        return self._target(asked) if asked else self._usual

    def rest(self, path: str, asked: Mapping[str, str] | None = None) -> DialTarget | None:
        """Where a REST path ("/models") is; None where this upstream has no REST."""
        if self.rest_url is None:
            return None
        return DialTarget(self.rest_url + path, self._headers(asked or {}), self.ca)

    def _target(self, asked: Mapping[str, str]) -> DialTarget:
        scheme, host, path, query, _ = urlsplit(self.url)
        parameters = dict(parse_qsl(query, keep_blank_values=True))
        of_url = parameters.pop(self.model_parameter, None)
        if asked.get(SESSION_TYPE) == "translation":
            path = f"{path.rstrip('/')}/translations"
        if "call_id" in asked:
            parameters["call_id"] = asked["call_id"]
        elif asked.get("intent") == "transcription":
            parameters["intent"] = "transcription"
        else:
            parameters[self.model_parameter] = asked.get("model") or of_url or self.model
        url = urlunsplit((scheme, host, path, urlencode(parameters), ""))
        return DialTarget(url, self._headers(asked), self.ca)

    def _headers(self, asked: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        told = asked.get(SAFETY_IDENTIFIER)
        if told is None or not self.knows_users:
            return self.headers
        return (*self.headers, (SAFETY_HEADER, told))


def wishes(query: Mapping[str, str], safety_identifier: str | None = None) -> dict[str, str]:
    """What a client asks of whichever upstream, out of its query and headers.

    SDKs for Azure name the model as `deployment`. A safety identifier that no header can
    carry is left out.
    """
    asked = {name: query[name] for name in _IN_QUERY if query.get(name)}
    if "model" not in asked and query.get("deployment"):
        asked["model"] = query["deployment"]
    if safety_identifier and safety_identifier.isascii() and safety_identifier.isprintable():
        asked[SAFETY_IDENTIFIER] = safety_identifier
    return asked


def wishes_of_session(session: Mapping[str, object]) -> dict[str, str]:
    """What a session object asks of whichever upstream by being what it is."""
    if session.get("type") == "transcription":
        return {"intent": "transcription"}
    kind = {SESSION_TYPE: "translation"} if session.get("type") == "translation" else {}
    model = session.get("model")
    return {**kind, "model": model} if isinstance(model, str) and model else kind


def conceal(said: bytes, secrets: Iterable[bytes]) -> bytes:
    """What an upstream has said, without its key: whatever it quotes, nobody may read that."""
    for secret in secrets:
        said = said.replace(secret, b"[key]")
    return said


def rest_beside(url: str) -> str:
    """Where REST begins beside a WebSocket URL: ".../v1/realtime" has it at ".../v1"."""
    scheme, host, path, _, _ = urlsplit(url)
    base = path.rstrip("/").removesuffix("/realtime")
    return urlunsplit((scheme.replace("ws", "http", 1), host, base, "", ""))
