"""The conversation's items in order, against a plain list that is told the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtproxy.model import events as ev
from rtproxy.session import history
from rtproxy.session.history import History

NAMES = [f"i{number}" for number in range(8)]
NAME = st.sampled_from(NAMES)
TEXT = st.text("ab", max_size=5)


def message(item_id: str, text: str = "", *, status: str = "completed") -> ev.Json:
    content = [{"type": "input_text", "text": text}] if text else []
    return {
        "id": item_id,
        "type": "message",
        "role": "user",
        "status": status,
        "content": content,
    }


def added(item_id: str, previous: str | None = None, text: str = "") -> ev.ItemAdded:
    return ev.ItemAdded(item=message(item_id, text), previous_item_id=previous)


EVENTS = st.one_of(
    st.builds(added, NAME, st.none() | NAME, TEXT),
    st.builds(
        lambda item, previous: ev.InputCommitted(item_id=item, previous_item_id=previous),
        NAME,
        st.none() | NAME,
    ),
    st.builds(lambda item: ev.ItemDeleted(item_id=item), NAME),
    st.builds(
        lambda item, ms: ev.ItemTruncate(item_id=item, content_index=0, audio_end_ms=ms),
        NAME,
        st.integers(0, 5_000),
    ),
    st.builds(lambda item, text: ev.InputTranscriptDone(item_id=item, transcript=text), NAME, TEXT),
    st.builds(
        lambda item, text: ev.OutputTextDone(response_id="r", item_id=item, text=text), NAME, TEXT
    ),
)


class PlainList:
    """The same, without any thought for speed."""

    def __init__(self, most: int) -> None:
        self.order: list[str] = []
        self.texts: dict[str, str] = {}
        self.heard: dict[str, int] = {}
        self._most = most

    def note(self, event: ev.Event) -> None:
        match event:
            case ev.ItemAdded(item=item, previous_item_id=previous):
                known = item["id"] in self.order
                self._insert(item["id"], previous)
                text = item["content"][0]["text"] if item["content"] else None
                if text is not None and not (known and item["id"] in self.texts):
                    self.texts[item["id"]] = text
            case ev.InputCommitted(item_id=item_id, previous_item_id=previous):
                self._insert(item_id, previous)
            case ev.ItemDeleted(item_id=item_id):
                self._remove(item_id)
            case ev.ItemTruncate(item_id=item_id, audio_end_ms=ms) if item_id in self.order:
                self.heard[item_id] = ms
            case (
                ev.InputTranscriptDone(item_id=item_id, transcript=text)
                | ev.OutputTextDone(item_id=item_id, text=text)
            ) if item_id in self.order:
                self.texts[item_id] = text
        while len(self.order) > self._most:
            self._remove(self.order[0])
        self.texts = {item: text for item, text in self.texts.items() if item in self.order}

    def _insert(self, item_id: str, previous: str | None) -> None:
        if item_id in self.order:
            return
        if previous in self.order:
            self.order.insert(self.order.index(previous) + 1, item_id)
        else:
            self.order.append(item_id)

    def _remove(self, item_id: str) -> None:
        if item_id in self.order:
            self.order.remove(item_id)
            self.texts.pop(item_id, None)
            self.heard.pop(item_id, None)


@given(st.lists(EVENTS, max_size=60), st.integers(1, 6))
def test_it_is_what_a_plain_list_is(events: list[ev.Event], most: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(history, "MAX_ITEMS", most)
        items, model = History(), PlainList(most)
        for event in events:
            items.note(event)
            model.note(event)
            assert [one.item_id for one in items] == model.order
    assert {one.item_id: one.text for one in items if one.text is not None} == model.texts
    assert {one.item_id: one.heard_ms for one in items if one.heard_ms is not None} == model.heard
    for place, item_id in enumerate(model.order):
        assert items.before(item_id) == (model.order[place - 1] if place else None)
        for other in NAMES:
            behind = other not in model.order or place < model.order.index(other)
            assert items.precedes(item_id, other) == behind
    for count in range(len(model.order) + 2):
        assert items.last(count) == (model.order[-count:] if count else [])


def test_what_is_not_known_is_nowhere() -> None:
    items = History()
    assert items.before("i1") is None
    assert not items.precedes("i1", "i2")
    assert items.find("i1") is None
    assert items.last(3) == []


def test_an_answer_counts_when_it_is_finished_and_has_its_text_when_it_is_said() -> None:
    items = History()
    items.note(added("i1", text="Why?"))
    begun = ev.ItemAdded(item=message("i2", status="in_progress"), previous_item_id="i1")
    items.note(begun)
    assert items.last(5) == ["i1"]
    items.note(ev.OutputTextDone(response_id="r", item_id="i2", text="Because.", spoken=True))
    said = {"id": "i2", "content": [{"type": "output_audio", "transcript": "Because."}]}
    items.note(ev.ResponseDone(response={"id": "r", "status": "completed", "output": [said]}))
    assert items.last(5) == ["i1", "i2"]
    assert [one.text for one in items] == ["Why?", "Because."]


def test_what_a_response_outside_the_conversation_says_is_no_part_of_it() -> None:
    items = History()
    items.note(added("i1"))
    items.leave_out("o1")
    items.note(added("o1", "i1"))
    items.note(ev.OutputTextDone(response_id="o", item_id="o1", text="A title"))
    items.note(ev.ResponseDone(response={"id": "o", "output": [message("o1", "A title")]}))
    assert [one.item_id for one in items] == ["i1"]


def test_what_was_cut_keeps_its_text_and_says_how_much_was_heard() -> None:
    items = History()
    items.note(added("i1"))
    items.note(ev.OutputTextDone(response_id="r", item_id="i1", text="Because it is so."))
    items.note(ev.ItemTruncated(item_id="i1", content_index=0, audio_end_ms=640))
    item = items.find("i1")
    assert item is not None
    assert (item.text, item.heard_ms) == ("Because it is so.", 640)


def test_calls_and_what_they_came_to() -> None:
    items = History()
    call = {"id": "i1", "type": "function_call", "call_id": "c", "name": "f", "arguments": ""}
    items.note(ev.ItemAdded(item={**call, "status": "in_progress"}))
    made = ev.CallMade(response_id="r", item_id="i1", call_id="c", name="f", arguments='{"a":1}')
    items.note(made)
    output = {"id": "i2", "type": "function_call_output", "call_id": "c", "output": "1"}
    items.note(ev.ItemAdded(item=output, previous_item_id="i1"))
    items.note(ev.ResponseDone(response={"output": [{"id": "i1", "arguments": '{"a":1}'}]}))
    first, second = items
    assert (first.kind, first.call_id, first.name, first.arguments) == (
        "function_call",
        "c",
        "f",
        '{"a":1}',
    )
    assert (second.kind, second.call_id, second.output) == ("function_call_output", "c", "1")
    assert items.last(2) == ["i1", "i2"]


def test_the_oldest_go_where_there_is_too_much_to_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MAX_CHARACTERS", 100)
    items = History()
    previous = None
    for number in range(6):
        items.note(added(f"i{number}", previous, "x" * 30))
        previous = f"i{number}"
    assert [one.item_id for one in items] == ["i3", "i4", "i5"]
    items.note(ev.InputTranscriptDone(item_id="i4", transcript="y" * 45))
    assert [one.item_id for one in items] == ["i4", "i5"]
    items.note(added("i6", "i5", "z" * 1_000))
    assert [one.item_id for one in items] == ["i6"], "the newest stays, however long it is"
