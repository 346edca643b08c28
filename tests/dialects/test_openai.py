"""The upstream's own protocol: untouched, but for what is no message at all."""

from __future__ import annotations

import json

import pytest

from rtproxy.dialects.openai import OpenAI
from rtproxy.model import events as ev

DIALECT = OpenAI()


def test_a_message_that_the_scanner_was_not_sure_of_passes_as_it_came() -> None:
    raw = b'{"type":"ping\\u0041", "type" : "x"}'
    assert list(DIALECT.decode(raw, binary=False)) == [ev.Opaque(raw=raw, to_upstream=True)]


@pytest.mark.parametrize(
    ("raw", "binary", "code"),
    [(b"{", False, "invalid_json"), (b"7", False, "invalid_json"), (b"", True, "invalid_event")],
)
def test_what_is_no_message_is_refused(raw: bytes, binary: bool, code: str) -> None:
    (event,) = DIALECT.decode(raw, binary=binary)
    assert isinstance(event, ev.Misunderstood)
    assert event.code == code


def test_errors_have_the_upstreams_shape() -> None:
    failure = ev.Failure(code="invalid_json", message="m", event_id="mine")
    (raw,) = DIALECT.encode(ev.ErrorTold(event_id="event_1", error=failure))
    assert json.loads(raw) == {
        "type": "error",
        "event_id": "event_1",
        "error": {
            "type": "invalid_request_error",
            "code": "invalid_json",
            "message": "m",
            "param": None,
            "event_id": "mine",
        },
    }


def test_nothing_private_is_ever_said() -> None:
    for event in (ev.Reconnecting(attempt=1), ev.Pong(), ev.Interrupted(item_id="i", played_ms=1)):
        assert list(DIALECT.encode(event)) == []


def test_the_upstreams_held_messages_pass_and_are_read() -> None:
    raw = b'{"type":"session.created","session":{}}'
    assert list(DIALECT.decode_upstream(raw)) == [
        ev.Opaque(raw=raw, to_upstream=False),
        ev.SessionCreated(session={}),
    ]
