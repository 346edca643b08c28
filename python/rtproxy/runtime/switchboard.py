"""Where calls come in: which URL Twilio has asked for, and whether it was Twilio.

Owns what a request says of its own URL, the log line for a wrong signature, and what is
configured for calls. Must not know what a call is answered with, nor how the request is
turned away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from rtproxy.credentials.twilio import HEADER, is_signed
from rtproxy.session.call import Call

NOT_SIGNED = "This request is not signed by Twilio."


class CallRequest(Protocol):
    """What is read of a webhook's request, or of a stream's upgrade; still encoded."""

    @property
    def path(self) -> str:
        """As in the request line."""

    @property
    def raw_query(self) -> str:
        """What follows the question mark."""

    def header(self, name: str) -> str | None:
        """The first value of a header (its name in lower case), or None."""


@dataclass(frozen=True, slots=True)
class Switchboard:
    """How Twilio reaches this server.

    `auth_token` is the account's: with it every request is to be signed. `public_url`
    is what Twilio calls this server (scheme and host, perhaps a path before ours); without
    it the request's own host counts, or what a proxy says of it (`trust_forwarded`).
    `secure`: this server itself speaks TLS. `heeds_keys`: the model learns which keys
    callers press.
    """

    auth_token: str | None = field(default=None, repr=False)
    public_url: str | None = None
    trust_forwarded: bool = False
    secure: bool = False
    heeds_keys: bool = True

    @property
    def checks(self) -> bool:
        """Whether requests are to be signed."""
        return self.auth_token is not None

    def take_call(self) -> Call:
        """What is different in the session of a caller."""
        return Call(heeds_keys=self.heeds_keys)

    def url_of(self, request: CallRequest) -> str:
        """The URL that was asked for, as Twilio knows it."""
        query = f"?{request.raw_query}" if request.raw_query else ""
        return f"{self._base(request)}{request.path}{query}"

    def stream_url(self, request: CallRequest, path: str) -> str:
        """Where the stream of a call goes that came in by this request; Twilio takes only wss."""
        _, _, rest = self._base(request).partition("://")
        return f"wss://{rest}{path}"

    def is_twilios(self, request: CallRequest, form: Iterable[tuple[str, str]] = ()) -> bool:
        """Whether the request is signed; True where no signature is asked for."""
        if self.auth_token is None:
            return True
        url, given = self.url_of(request), request.header(HEADER)
        if given is not None and is_signed(given, url, form, self.auth_token):
            return True
        structlog.get_logger().warning(
            "twilio_signature_missing" if given is None else "twilio_signature_wrong",
            url=url,
            hint="Twilio signs the URL that it was given for this server. If that is another"
            " one than url, set [twilio] public_url to it; else check [twilio] auth_token.",
        )
        return False

    def _base(self, request: CallRequest) -> str:
        if self.public_url is not None:
            return self.public_url.rstrip("/")
        told = next(self._forwarded(request, "host"), None) or request.header("host")
        scheme = next(self._forwarded(request, "proto"), "https" if self.secure else "http")
        return f"{scheme}://{told or 'localhost'}"

    def _forwarded(self, request: CallRequest, what: str) -> Iterator[str]:
        """What the nearest proxy says; of a list the first is what the client asked for."""
        said = request.header(f"x-forwarded-{what}") if self.trust_forwarded else None
        if said:
            yield said.partition(",")[0].strip()
