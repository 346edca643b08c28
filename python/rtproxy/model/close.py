"""Why a leg or a session ended, as a value.

Owns the close codes of the contract and their meaning. Must not know who sends
them or how.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum, unique


@unique
class CloseCode(IntEnum):
    """The close codes this proxy uses: RFC 6455 section 7.4, then its own."""

    DONE = 1000
    GOING_AWAY = 1001
    PROTOCOL = 1002
    UNSUPPORTED = 1003
    NO_STATUS = 1005  # never on the wire: the peer named no code
    ABNORMAL = 1006  # never on the wire: the socket went without a close frame
    BAD_TEXT = 1007
    POLICY = 1008
    TOO_BIG = 1009
    OUR_FAULT = 1011
    RESTART = 1012
    TRY_LATER = 1013
    BAD_REQUEST = 4400
    UNAUTHENTICATED = 4401
    FORBIDDEN = 4403
    NOT_FOUND = 4404
    INACTIVE = 4408
    RATE_LIMITED = 4429
    UPSTREAM_REFUSED = 4502


@unique
class Origin(Enum):
    """Who decided that it ends."""

    PEER = "peer"  # the other end closed, went, or broke a rule
    US = "us"  # our own fault
    POLICY = "policy"  # a rule of ours that the peer did not break by mistake


@dataclass(frozen=True, slots=True)
class CloseReason:
    """A close code, words for the person who reads the log, and whose doing it was.

    `text` goes into the close frame, so it is at most 123 bytes of UTF-8.
    """

    code: int
    text: str = ""
    origin: Origin = Origin.POLICY

    def __post_init__(self) -> None:
        """Cut the text to what a close frame can carry (RFC 6455 section 5.5)."""
        encoded = self.text.encode()
        if len(encoded) > 123:
            object.__setattr__(self, "text", encoded[:123].decode(errors="ignore"))


DONE = CloseReason(CloseCode.DONE, "done")
