"""Where an unexpected exception stops.

Owns the one form in which a bug is reported: an error id that the peer is told
and the log explains. Must not know what is contained; whoever catches decides
what ends. Cancellation is never contained.
"""

from __future__ import annotations

import secrets

import structlog

_log = structlog.get_logger("rtproxy.legs")


def report(error: BaseException, what: str) -> str:
    """Log an unexpected error under a fresh id, and return the id for the peer."""
    error_id = secrets.token_hex(4)
    _log.error("contained", what=what, error_id=error_id, exc_info=error)
    return error_id


def report_group(group: BaseExceptionGroup[BaseException], what: str) -> str:
    """The same for a group, as it leaves a nursery.

    What is no error in it (cancellation, a keyboard interrupt) is raised again.
    """
    errors, others = group.split(Exception)
    error_id = "" if errors is None else report(errors, what)
    if others is not None:
        raise others
    return error_id
