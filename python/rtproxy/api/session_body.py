"""The session that a request's body asks for.

Owns its reading, by whichever names it is written with. Must not know what it is for.
"""

from __future__ import annotations

from typing import Any

import structlog

from rtproxy.api.refusals import RestRefused
from rtproxy.model.event import Json
from rtproxy.model.place import FieldError, Place
from rtproxy.model.session_config import read_session_config

_TYPES = ("realtime", "transcription")
_log = structlog.get_logger("rtproxy.http")


def read_session(asked: Any, where: str = "session") -> Json:
    """The session (partial, GA, with its type), by whichever names; RestRefused."""
    if not isinstance(asked, dict):
        raise wrong_field(where, asked, "an object")
    kind = asked.get("type", "realtime")
    if kind not in _TYPES:
        raise wrong_field(f"{where}.type", kind, 'one of "realtime", "transcription"')
    fields = {name: value for name, value in asked.items() if name != "type"}
    try:
        read = read_session_config(fields, where=where)
    except FieldError as error:
        raise _refused(error) from None
    for sentence in read.dropped:
        _log.info("session_field_dropped", text=sentence)
    return {"type": kind, **read.session}


def wrong_field(param: str, value: object, may_be: str) -> RestRefused:
    """Why a field cannot be what it is, and what it may be."""
    return _refused(Place(param).wrong(value, may_be))


def _refused(wrong: FieldError) -> RestRefused:
    return RestRefused(400, wrong.message, code="invalid_value", param=wrong.param)
