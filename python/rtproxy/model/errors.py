"""The three kinds of error, each with a close code; mapped at the edge.

Owns the taxonomy. Foreign exceptions (Trio's, ssl's, h11's) become one of these
where they enter; nothing above `legs/` sees another kind.
"""

from __future__ import annotations

from rtproxy.model.close import CloseCode, CloseReason, Origin


class RtproxyError(Exception):
    """Base of all; `reason` says how a leg that fails with it is closed."""

    code = CloseCode.OUR_FAULT
    origin = Origin.US

    def __init__(self, message: str, *, code: int | None = None) -> None:
        """Keep the words for the log and the close code for the peer."""
        super().__init__(message)
        self.reason = CloseReason(code or self.code, message, self.origin)


class PeerError(RtproxyError):
    """The other end broke a rule, refused, or went away."""

    code = CloseCode.PROTOCOL
    origin = Origin.PEER


class LocalError(RtproxyError):
    """Our own fault: a bug, or a machine that is out of something."""


class PolicyError(RtproxyError):
    """A rule of ours says no."""

    code = CloseCode.POLICY
    origin = Origin.POLICY


class LegClosed(PeerError):
    """The leg is closed; no more messages will come from it."""

    def __init__(self, reason: CloseReason) -> None:
        """Keep the reason as it came."""
        super().__init__(f"leg closed: {reason.code} {reason.text}".rstrip(), code=reason.code)
        self.reason = reason


class DialFailed(PeerError):
    """The upstream could not be reached, or refused the handshake.

    `final` means that trying again with the same key and model cannot help;
    `exhausted` that this machine is out of something, and that trying again would
    take it from the sessions that live;
    `status` is the HTTP status of the refusal, if it got that far;
    `retry_after_s` is the upstream's own wish.
    """

    code = CloseCode.TRY_LATER

    def __init__(
        self,
        message: str,
        *,
        final: bool = False,
        exhausted: bool = False,
        status: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        """Choose 4502 where the upstream refused for good, 1013 where it may heal."""
        super().__init__(message, code=CloseCode.UPSTREAM_REFUSED if final else CloseCode.TRY_LATER)
        self.final = final
        self.exhausted = exhausted
        self.status = status
        self.retry_after_s = retry_after_s


class AsideFailed(PeerError):
    """What was asked beside the conversation has no answer, or not all of one.

    `status` is GA's of a response that is done; `text` is what there is of it.
    """

    code = CloseCode.TRY_LATER

    def __init__(self, message: str, *, status: str, text: str = "") -> None:
        """Keep what came of it."""
        super().__init__(message)
        self.status = status
        self.text = text


class ConfigError(LocalError):
    """The configuration cannot be used; the message is one line that names the key."""
