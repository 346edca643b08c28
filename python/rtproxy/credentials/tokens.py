"""Short-lived tokens of the proxy's own: `ek_`, like the upstream's.

Owns what is in one and how it is sealed. Must not know clocks or dice, nor who asks.

A token is sealed, not remembered: whoever has the server's secret can open it, so it
is good at every server that shares the secret, and after a restart. AES-GCM, because
a session's configuration may hold what its bearer must not read (the credentials of
an MCP server); a signature alone would show it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PREFIX = "ek_"
NONCE_BYTES = 12
# It travels in the head of a request, which has 16 KiB for all of its headers.
LONGEST = 8_192
_CONTEXT = b"rtproxy token 1"


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """What a token says: until when (seconds since 1970), for whom, with what session.

    `user` is the safety identifier of the person whom it was made for.
    """

    expires_at: int
    subject: str
    session: dict[str, Any] | None = None
    user: str | None = None


class TokenRefused(ValueError):
    """A token that is not good; `expired`: it was."""

    def __init__(self, message: str, *, expired: bool = False) -> None:
        """`message` is for the person who reads the client's log."""
        super().__init__(message)
        self.expired = expired


class TokenTooLong(ValueError):
    """There is more in the session than fits into the head of a request."""


class Tokens:
    """Seals and opens tokens; `secret` is 32 bytes or more that nobody can guess."""

    def __init__(self, secret: bytes) -> None:
        self._cipher = AESGCM(hashlib.sha256(_CONTEXT + b"\0" + secret).digest())

    def mint(self, sealed: Sealed, nonce: bytes) -> str:
        """A token; `nonce` is 12 random bytes, never used before.

        Raises TokenTooLong.
        """
        packed = zlib.compress(msgspec.json.encode(sealed), 9)
        box = nonce + self._cipher.encrypt(nonce, packed, _CONTEXT)
        token = PREFIX + base64.urlsafe_b64encode(box).decode("ascii").rstrip("=")
        if len(token) > LONGEST:
            raise TokenTooLong(
                f"The session is too large for a token: sealed it has {len(token)} characters, "
                f"at most {LONGEST} fit into a request. Shorten its instructions or tools."
            )
        return token

    def open(self, token: str, now: float) -> Sealed:
        """What the token says; `now` in seconds since 1970. Raises TokenRefused."""
        try:
            packed = self._unseal(token)
        except (ValueError, binascii.Error, InvalidTag):
            raise TokenRefused(
                "This token was not made by this server. Ask for a new one."
            ) from None
        sealed = msgspec.json.decode(zlib.decompress(packed), type=Sealed)
        if now >= sealed.expires_at:
            raise TokenRefused("This token has expired. Ask for a new one.", expired=True)
        return sealed

    def _unseal(self, token: str) -> bytes:
        if not token.startswith(PREFIX) or len(token) > LONGEST:
            raise ValueError("no token of ours")
        text = token.removeprefix(PREFIX)
        box = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return self._cipher.decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], _CONTEXT)
