"""A token's session: how it is asked for, and what becomes of the answer."""

from __future__ import annotations

import msgspec

from rtproxy.model.events import Failure
from rtproxy.session.binding import UPDATE_ID, answer_in, asking_for, begun_with, opens_a_session

CREATED = b'{"type":"session.created","event_id":"event_1","session":{"id":"sess_1"},"more":1}'


def test_it_is_asked_for_without_the_model_that_was_dialled() -> None:
    asked = msgspec.json.decode(asking_for({"type": "realtime", "model": "m", "instructions": "x"}))
    assert asked == {
        "type": "session.update",
        "event_id": UPDATE_ID,
        "session": {"type": "realtime", "instructions": "x"},
    }


def test_the_client_reads_the_session_as_it_is_under_the_upstreams_own_id() -> None:
    shown = msgspec.json.decode(begun_with(CREATED, {"id": "sess_1", "instructions": "x"}))
    session = {"id": "sess_1", "instructions": "x"}
    created = {"type": "session.created", "event_id": "event_1", "more": 1}
    assert shown == created | {"session": session}


def test_what_is_an_answer_to_us() -> None:
    updated = b'{"type":"session.updated","session":{"id":"sess_1"}}'
    assert answer_in(updated) == {"id": "sess_1"}
    ours = f'{{"type":"error","error":{{"code":"c","message":"m","event_id":"{UPDATE_ID}"}}}}'
    assert answer_in(ours.encode()) == Failure(code="c", message="m", event_id=UPDATE_ID)
    for other in (b'{"type":"error","error":{"code":"c"}}', b'{"type":"x"}', b"{", CREATED):
        assert answer_in(other) is None


def test_what_opens_a_session() -> None:
    assert opens_a_session(CREATED)
    assert not opens_a_session(b'{"type":"error","error":{"code":"invalid_api_key"}}')
