"""What a session dials: an address and the headers that open it.

Owns the interface of the kinds of upstream and what they share. Must not dial,
and must not let a key out but in the headers of the target.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit


@dataclass(frozen=True, slots=True)
class DialTarget:
    """One address: `url` (ws or wss), the headers of the handshake, the trusted CA file."""

    url: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    ca: str | None = None


@dataclass(frozen=True, slots=True)
class Upstream:
    """Anything that speaks the Realtime API (GA) at a WebSocket URL.

    `key` goes into `Authorization: Bearer`; None where the upstream wants none.
    """

    name: str
    url: str
    model: str
    key: str | None = field(default=None, repr=False)
    ca: str | None = None
    _usual: DialTarget = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Most clients ask for nothing of their own: where they are dialled is found once."""
        object.__setattr__(self, "_usual", self._target({}))

    def target(self, asked: Mapping[str, str]) -> DialTarget:
        """Where to dial for a client whose query said `asked`.

        A client of the upstream's own protocol may name the model; a
        transcription session must not name one (protocol reference, section 3).
        """
        return self._target(asked) if "model" in asked or "intent" in asked else self._usual

    def _target(self, asked: Mapping[str, str]) -> DialTarget:
        scheme, host, path, query, _ = urlsplit(self.url)
        parameters = dict(parse_qsl(query, keep_blank_values=True))
        if asked.get("intent") == "transcription":
            parameters.pop("model", None)
            parameters["intent"] = "transcription"
        else:
            parameters["model"] = asked.get("model") or parameters.get("model") or self.model
        url = urlunsplit((scheme, host, path, urlencode(parameters), ""))
        return DialTarget(url, self._headers(), self.ca)

    def _headers(self) -> tuple[tuple[str, str], ...]:
        return () if self.key is None else (("Authorization", f"Bearer {self.key}"),)
