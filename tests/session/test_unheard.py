"""What passes a session by is nothing that it acts upon."""

from __future__ import annotations

import json

import pytest
from tests.splice.scene import Scene

from rtproxy import _audio_core
from rtproxy.dialects import realtime
from rtproxy.dialects.companion import COMPANION
from rtproxy.dialects.conversation import CONVERSATION
from rtproxy.dialects.dialect import Dialect
from rtproxy.dialects.openai import OpenAI
from rtproxy.dialects.table import TableDialect
from rtproxy.dialects.twilio import Twilio
from rtproxy.dialects.voice import VOICE
from rtproxy.model import events as ev
from rtproxy.session.relay import RelaySession
from rtproxy.session.session import Session

# Whatever any of them needs; each ignores what is not its own.
FIELDS = {
    "response_id": "r",
    "item_id": "i",
    "content_index": 0,
    "delta": "d",
    "text": "t",
    "transcript": "t",
    "audio_start_ms": 0,
    "audio_end_ms": 0,
    "session": {},
    "response": {"id": "r", "status": "completed"},
    "item": {"id": "i"},
    "part": {"type": "audio"},
    "error": {"code": "c"},
}
OTHERS = ["conversation.item.retrieved", "response.content_part.done", "response.mcp_call.failed"]


def said(name: str) -> bytes:
    return json.dumps({"type": name, **FIELDS}).encode()


def delivered(dialect: Dialect, name: str) -> list[str]:
    scene = Scene(_audio_core, lead_ms=None)
    scene.attach(scene.client, wrap=dialect.client_wrap())
    kinds = dialect.upstream_kinds()
    scene.splice.attach(
        scene.upstream.leg, kinds=kinds, wrap=dialect.upstream_wrap(), now=scene.now
    )
    scene.upstream.says(said(name))
    return [word.split()[0] for word in scene.upstream.delivers()]


@pytest.mark.parametrize("name", [*realtime.UNDERSTOOD, *OTHERS])
def test_between_two_of_one_shape_only_what_is_not_watched_passes_unseen(name: str) -> None:
    core = RelaySession("s")
    core.receive(ev.SessionCreated(session={}), 0.0)
    core.receive(ev.ResponseCreated(response={"id": "r"}), 0.0)
    state = core.state
    if delivered(OpenAI(), name) == []:
        assert core.receive(realtime.decode_server(said(name)), 0.0) == []
        assert core.state is state
    else:
        assert name in {
            "error",
            "session.created",
            "session.updated",
            "response.created",
            "response.done",
        }


@pytest.mark.parametrize("name", realtime.UNHEARD)
def test_nobody_acts_upon_what_nobody_hears(name: str) -> None:
    session = Session("s", {})
    event = realtime.decode_server(said(name))
    for before in (None, ev.SessionUpdated(session={}), ev.ResponseCreated(response={"id": "r"})):
        if before is not None:
            session.receive(before, 0.0)
        state = session.state
        assert session.receive(event, 0.0) == []
        assert session.state is state
    assert list(VOICE.encode(event)) == []


@pytest.mark.parametrize("name", [*realtime.TEXT_DONE, realtime.PART_ADDED])
@pytest.mark.parametrize("dialect", [VOICE, CONVERSATION, COMPANION], ids=lambda one: one.name)
def test_only_who_is_told_of_it_is_woken_for_it(dialect: TableDialect, name: str) -> None:
    bare = dialect.asked({"audio": "binary"}, input_rate_hz=24_000)
    assert isinstance(bare, TableDialect)
    told = name in realtime.TEXT_DONE and dialect is VOICE
    assert bool(delivered(dialect, name)) == told
    assert bool(delivered(bare, name)) == (told or name == realtime.PART_ADDED)


@pytest.mark.parametrize("name", [*realtime.TEXT_DONE, realtime.PART_ADDED])
def test_a_telephone_is_told_of_no_text(name: str) -> None:
    assert delivered(Twilio(), name) == []
