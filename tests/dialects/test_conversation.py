"""The `conversation` dialect, message by message, where it differs from `voice`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dialects.decoded import decoded
from rtproxy.dialects.conversation import CONVERSATION
from rtproxy.model import events as ev


def say(event: ev.Event) -> dict[str, Any]:
    (raw,) = CONVERSATION.encode(event)
    said: dict[str, Any] = json.loads(raw)
    return said


def test_text_is_an_item_and_wants_an_answer() -> None:
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}
    raw = b'{"type":"text","text":"hi","event_id":"e"}'
    assert decoded(CONVERSATION, raw) == [
        ev.ItemCreate(event_id="e", item=item),
        ev.ResponseCreate(event_id="e"),
    ]


@pytest.mark.parametrize("raw", [b'{"type":"text"}', b'{"type":"text","text":["hi"]}'])
def test_text_must_be_text(raw: bytes) -> None:
    (event,) = CONVERSATION.decode(raw, binary=False)
    assert isinstance(event, ev.Misunderstood)
    assert event.param == "text"


def test_the_two_sentences_of_the_contract() -> None:
    ready = say(ev.SessionReady(session_id="s", model="m", voice="v"))
    assert (ready["type"], ready["message"]) == (
        "session_ready",
        "Connected to OpenAI Realtime API",
    )
    over = say(ev.AnswerOver(response_id="r", status="completed"))
    assert (over["type"], over["message"], over["status"]) == (
        "response_done",
        "AI response completed",
        "completed",
    )


@pytest.mark.parametrize("spoken", [True, False])
def test_live_text_is_what_is_spoken_or_written(spoken: bool) -> None:
    delta = ev.OutputTextDelta(response_id="r", item_id="i", delta="Hel", spoken=spoken)
    assert say(delta) == {"type": "text_delta", "text": "Hel", "itemId": "i"}


def test_what_the_person_said() -> None:
    done = ev.InputTranscriptDone(item_id="u", transcript="Why?", previous_item_id="t")
    assert say(done) == {
        "type": "transcription",
        "text": "Why?",
        "itemId": "u",
        "previousItemId": "t",
    }


def test_the_common_words_are_there() -> None:
    told = say(ev.ErrorTold(error=ev.Failure(code="c", message="m")))
    assert (told["code"], told["message"], told["fatal"]) == ("c", "m", False)
