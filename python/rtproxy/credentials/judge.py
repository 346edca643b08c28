"""Whether a request may come in, and as whom.

Owns the rule. Must not know what is done with the answer, nor clocks: the time comes
from a function that it is given. Nothing of a key leaves this file but a digest.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from rtproxy.credentials.presented import Request, presented
from rtproxy.credentials.tokens import PREFIX, TokenRefused, Tokens
from rtproxy.model.event import Json

MISSING = "missing_credentials"
WRONG = "invalid_api_key"
EXPIRED = "token_expired"


@dataclass(frozen=True, slots=True)
class Admitted:
    """Come in.

    `subject` says who it is, for limits and the log, None where nobody was asked;
    `session` is the configuration that a token brings (partial, GA, with its `type`) and
    `user` the safety identifier of the person whom it was made for;
    `by_token`: only a token was shown, which opens sessions and nothing else.
    """

    subject: str | None = None
    session: Json | None = field(default=None, repr=False)
    user: str | None = None
    by_token: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Stay out: why, in a word and in a sentence."""

    code: str
    message: str


class Credentials:
    """The keys of this server; without any nobody is asked.

    Args:
        keys: good ones.
        tokens: opens those that this server made.
        now: seconds since 1970.
    """

    def __init__(self, keys: Iterable[str], tokens: Tokens, now: Callable[[], float]) -> None:
        self._digests = [_digest(key) for key in keys]
        self.tokens = tokens
        self._now = now

    @property
    def asked(self) -> bool:
        """Whether a stranger is asked for any."""
        return bool(self._digests)

    def judge(self, request: Request) -> Admitted | Refused:
        """By what came with the request."""
        return self.judge_secret(presented(request))

    def judge_secret(self, secret: str | None) -> Admitted | Refused:
        """By a key or token alone, wherever it was; None or "" is none.

        A token is judged even where nobody is asked: it brings a session, and whoever
        made it set an end to it.
        """
        if not secret:
            return self._nothing_shown()
        digest = _digest(secret)
        # Every key is compared: how long it takes must not tell which one was nearly right.
        good = [hmac.compare_digest(digest, known) for known in self._digests]
        if any(good):
            return Admitted(f"key:{digest.hex()[:12]}")
        if secret.startswith(PREFIX):
            return self._judge_token(secret)
        if self.asked:
            return Refused(WRONG, "The key that was sent is not one of this server's.")
        return Admitted()

    def _nothing_shown(self) -> Admitted | Refused:
        if not self.asked:
            return Admitted()
        return Refused(
            MISSING,
            "This server asks for a key: send it as 'Authorization: Bearer KEY', or as the query "
            "parameter 'token' where headers cannot be set.",
        )

    def _judge_token(self, token: str) -> Admitted | Refused:
        try:
            sealed = self.tokens.open(token, self._now())
        except TokenRefused as refused:
            return Refused(EXPIRED if refused.expired else WRONG, str(refused))
        return Admitted(sealed.subject, sealed.session, sealed.user, by_token=True)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
