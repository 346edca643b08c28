"""Which of the upstream's errors end a session, and with what close code; what has failed.

Owns the sorting of the upstream's codes (protocol reference, section 4, "Fatal")
into what trying again may heal and what it cannot. Must not know who is told.
"""

from __future__ import annotations

from rtproxy.model.close import CloseCode, CloseReason, Origin
from rtproxy.model.events import Failure, Json

# The key, the model or the account is wrong: the next dial would fail alike.
_FINAL_CODES = frozenset(
    {
        "invalid_api_key",
        "beta_api_shape_disabled",
        "missing_model",
        "invalid_model",
        "model_not_found",
        "insufficient_quota",
    }
)
_FINAL_TYPES = frozenset({"authentication_error", "insufficient_quota"})
_PASSING_CODES = frozenset({"session_expired"})

# The upstream closes with these after a final error.
_FINAL_CLOSE_CODES = frozenset({3000, 4000, 4004})


def end_of_session(failure: Failure) -> CloseReason | None:
    """How the session must end after this error of the upstream, if it must."""
    if failure.code in _FINAL_CODES or failure.type in _FINAL_TYPES:
        return CloseReason(CloseCode.UPSTREAM_REFUSED, failure.message, Origin.PEER)
    if failure.code in _PASSING_CODES:
        return CloseReason(CloseCode.TRY_LATER, failure.message, Origin.PEER)
    return None


def failure_in(response: Json, event_id: str | None = None) -> Failure | None:
    """Why a response that is done has failed, if it has; `event_id`: who asked for it."""
    details = response.get("status_details") or {}
    error = details.get("error") if response.get("status") == "failed" else None
    if not error:
        return None
    return Failure(
        type=str(error.get("type") or "server_error"),
        code=error.get("code"),
        message=str(error.get("message") or "The upstream failed to generate this answer."),
        event_id=event_id,
    )


def told_of_loss(why: str, end: CloseReason) -> Failure:
    """What a client is told of the upstream's loss, when the session ends so for it."""
    if end.code is CloseCode.UPSTREAM_REFUSED:
        code, words = "upstream_refused", f"The upstream refuses this session: {_clause(why)}"
        words += "; connecting again does not help until who runs this server has mended it."
    else:
        code, words = "upstream_lost", f"There is no upstream now: {_clause(why)}"
        words += "; connect again in a moment."
    return Failure(type="server_error", code=code, message=words)


def _clause(why: str) -> str:
    return why.rstrip(".") or "it gave no reason"


def end_after_loss(code: int, reason: str, *, final: bool) -> CloseReason:
    """How the session must end when the upstream's leg is gone with this close code."""
    if final or code in _FINAL_CLOSE_CODES:
        return CloseReason(CloseCode.UPSTREAM_REFUSED, f"upstream refused: {reason}", Origin.PEER)
    return CloseReason(CloseCode.TRY_LATER, f"upstream lost: {reason}", Origin.PEER)
