"""Whatever a client sends, in whatever order: no crash, and the rules of the protocol hold."""

from __future__ import annotations

import base64
from collections import Counter
from dataclasses import replace
from typing import Any, ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from rtproxy.simulator.settings import TranscriptionPlace, VoiceName
from rtproxy.simulator.voices.script import Line, Script, Turn

from .play import PLAIN, Json, Play, check
from .sounds import noise, silence

TOOL = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}
SCRIPT = Script(
    turns=[
        Turn(heard="One.", answer=[Line(say="First."), Line(call="f"), Line(say="Then.")]),
        Turn(hearing_fails="audio_unintelligible", answer=[Line(wait_ms=900)]),
        Turn(answer=[Line(say="Half"), Line(fail="server_error")]),
        Turn(answer=[Line(error="odd"), Line(call="f", arguments={"a": "b" * 60})]),
        Turn(answer=[Line(say="Cut", audio_ms=700), Line(cut="content_filter")]),
    ],
    at_end="repeat",
)
OPENS = {
    "response.content_part.added": "response.content_part.done",
    "response.output_item.added": "response.output_item.done",
}
DELTAS = {
    "response.output_audio.delta": "response.output_audio.done",
    "response.output_audio_transcript.delta": "response.output_audio_transcript.done",
    "response.output_text.delta": "response.output_text.done",
    "response.function_call_arguments.delta": "response.function_call_arguments.done",
    "response.mcp_call_arguments.delta": "response.mcp_call_arguments.done",
}
SOUNDS = {
    name: base64.b64encode(pcm).decode()
    for name, pcm in {"short": noise(60), "speech": noise(350), "quiet": silence(300)}.items()
}


_ENUMERATED = ("type", "status", "reason", "role", "object", "code", "name")


def _shape(value: Any, key: str = "") -> str:
    """What an SDK can stumble over: keys, types, and values out of a list."""
    if isinstance(value, dict):
        return str({name: _shape(inner, name) for name, inner in value.items()})
    if isinstance(value, list):
        return str([_shape(inner) for inner in value])
    return str(value) if key in _ENUMERATED else type(value).__name__


class Grammar:
    """Reads a conversation's events and fails at the first that may not come here."""

    def __init__(self) -> None:
        self.event_ids: set[str] = set()
        self.added: set[str] = set()
        self.finished: set[str] = set()
        self.outputs: set[str] = set()
        self.unlisted: set[str] = set()  # of MCP servers that have failed
        self.responses: dict[str, Json] = {}
        self.ended: set[str] = set()
        self.open: Counter[tuple[str, ...]] = Counter()
        self.complete: set[tuple[str, ...]] = set()
        self.speaking: str | None = None
        self.detection: Json | None = None

    def read(self, event: Json) -> None:
        assert event["event_id"] not in self.event_ids
        self.event_ids.add(event["event_id"])
        kind = event["type"]
        if kind.startswith("response."):
            self._response(kind, event)
        elif kind.startswith("conversation.item."):
            self._item(kind.removeprefix("conversation.item."), event)
        elif kind.startswith("input_audio_buffer."):
            self._input(kind.removeprefix("input_audio_buffer."), event)
        elif kind == "mcp_list_tools.failed":
            self.unlisted.add(event["item_id"])
        elif kind == "session.updated":
            detection = event["session"]["audio"]["input"]["turn_detection"]
            if detection != self.detection:
                self.detection, self.speaking = detection, None

    def _input(self, name: str, event: Json) -> None:
        if name == "speech_started":
            assert self.speaking is None
            self.speaking = event["item_id"]
        elif name == "speech_stopped":
            assert self.speaking == event["item_id"]
        elif name == "cleared" or event["item_id"] == self.speaking:
            self.speaking = None

    def _item(self, name: str, event: Json) -> None:
        if name == "added":
            assert event["item"]["id"] not in self.added
            self.added.add(event["item"]["id"])
        elif name == "done":
            item_id = event["item"]["id"]
            assert item_id in self.added
            assert item_id not in self.finished
            assert event["item"].get("status") != "in_progress"
            self.finished.add(item_id)

    def _response(self, kind: str, event: Json) -> None:
        if kind == "response.created":
            response = event["response"]
            if response["conversation_id"] is not None:
                assert not self.active()
            self.responses[response["id"]] = response
            return
        if kind.startswith("response.mcp_call."):
            assert event["item_id"] in self.outputs  # these events name no response
            return
        response_id = event.get("response_id") or event["response"]["id"]
        assert response_id in self.responses
        assert response_id not in self.ended
        if kind == "response.done":
            self._ended(response_id, event["response"])
            return
        self._opened_or_closed(kind, event, response_id)

    def _opened_or_closed(self, kind: str, event: Json, response_id: str) -> None:
        where = (response_id, str(event["output_index"]))
        if kind == "response.output_item.added":
            self.outputs.add(event["item"]["id"])
        if kind in OPENS:
            self.open[(*where, OPENS[kind])] += 1
            assert self.open[(*where, OPENS[kind])] == 1
        elif kind in OPENS.values():
            assert self.open.pop((*where, kind)) == 1
        elif kind in DELTAS:
            assert (*where, DELTAS[kind]) not in self.complete
            assert self.open[(*where, "response.output_item.done")]
        else:
            assert kind in DELTAS.values()
            assert (*where, kind) not in self.complete
            self.complete.add((*where, kind))

    def _ended(self, response_id: str, response: Json) -> None:
        self.ended.add(response_id)
        assert response["status"] != "in_progress"
        assert not [key for key, count in self.open.items() if count and key[0] == response_id]
        assert all(item.get("status") != "in_progress" for item in response["output"])

    def active(self) -> list[str]:
        return [
            response_id
            for response_id, response in self.responses.items()
            if response["conversation_id"] is not None and response_id not in self.ended
        ]


class AnyClient(RuleBasedStateMachine):
    """A client that does whatever comes into its head."""

    item_ids = Bundle("item_ids")
    script = SCRIPT
    checked: ClassVar[set[str]] = set()  # one event of each shape is enough: checking is slow

    def __init__(self) -> None:
        super().__init__()
        script = replace(
            PLAIN, voice=VoiceName.SCRIPT, script=self.script, transcription=TranscriptionPlace.VARY
        )
        self.play = Play(script, checked=False)
        self.grammar = Grammar()
        self._read(self.play.opening)
        self._read(self.play.update())

    def _read(self, events: list[Json]) -> list[Json]:
        for event in events:
            self.grammar.read(event)
            if _shape(event) not in self.checked:
                check(event)
                self.checked.add(_shape(event))
        return events

    def _send(self, event_type: str, **fields: Any) -> list[Json]:
        return self._read(self.play.send(event_type, **fields))

    @rule(sound=st.sampled_from(sorted(SOUNDS)))
    def append(self, sound: str) -> None:
        self._send("input_audio_buffer.append", audio=SOUNDS[sound])

    @rule(target=item_ids)
    def commit(self) -> str:
        return self._item_id(self._send("input_audio_buffer.commit"))

    @rule()
    def clear(self) -> None:
        self._send("input_audio_buffer.clear")

    @rule(target=item_ids, after=st.none() | st.just("root") | item_ids)
    def create_text(self, after: str | None) -> str:
        return self._item_id(self._read(self.play.text("Hi", previous_item_id=after)))

    @rule(
        detection=st.sampled_from(
            [
                None,
                {"type": "server_vad"},
                {"type": "server_vad", "interrupt_response": False},
                {"type": "server_vad", "create_response": False, "silence_duration_ms": 0},
                {"type": "semantic_vad", "eagerness": "high"},
                {"type": "server_vad", "idle_timeout_ms": 5_000},
            ]
        )
    )
    def detect(self, detection: Json | None) -> None:
        audio = {"input": {"turn_detection": detection, "transcription": {"model": "whisper-1"}}}
        self._read(self.play.update(audio=audio))

    @rule(
        response=st.sampled_from(
            [
                {},
                {"output_modalities": ["text"]},
                {"conversation": "none", "input": []},
                {"tools": [TOOL], "tool_choice": "required"},
                {"max_output_tokens": 2},
            ]
        )
    )
    def respond(self, response: Json) -> None:
        self._send("response.create", response=response)

    @rule()
    def cancel(self) -> None:
        self._send("response.cancel")

    @rule(item_id=item_ids, end_ms=st.integers(0, 3_000))
    def truncate(self, item_id: str, end_ms: int) -> None:
        about = {"item_id": item_id, "content_index": 0, "audio_end_ms": end_ms}
        self._send("conversation.item.truncate", **about)

    @rule(end_ms=st.integers(0, 3_000))
    def truncate_the_last_answer(self, end_ms: int) -> None:
        answers = [item.id for item in self.play.core._stage.items if item.role == "assistant"]
        if answers:
            self.truncate(answers[-1], end_ms)

    @rule(item_id=item_ids)
    def retrieve(self, item_id: str) -> None:
        self._send("conversation.item.retrieve", item_id=item_id)

    @rule(item_id=consumes(item_ids))
    def delete(self, item_id: str) -> None:
        self._send("conversation.item.delete", item_id=item_id)

    @rule(
        event=st.dictionaries(
            st.sampled_from(["type", "event_id", "session", "item", "response", "audio", "x"]),
            st.recursive(
                st.none()
                | st.booleans()
                | st.integers()
                | st.sampled_from(["response.create", "session.update", "realtime", ""]),
                lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
                max_leaves=4,
            ),
        )
    )
    def send_nonsense(self, event: Json) -> None:
        self._read(self.play._events(self.play.core.receive(event, self.play.now)))

    @rule(seconds=st.sampled_from([0.01, 0.1, 0.5, 3.0]))
    def wait(self, seconds: float) -> None:
        self._read(self.play.wait(seconds))

    @invariant()
    def one_active_response(self) -> None:
        assert len(self.grammar.active()) <= 1

    def teardown(self) -> None:
        self._read(self.play.rest())
        assert self.grammar.ended == set(self.grammar.responses)
        assert self.grammar.finished == self.grammar.added - self.grammar.unlisted

    @staticmethod
    def _item_id(events: list[Json]) -> str:
        ids = [event["item"]["id"] for event in events if "item" in event]
        return ids[0] if ids else "item_none"


AnyClient.TestCase.settings = settings(max_examples=100, stateful_step_count=40)
TestAnyClient = AnyClient.TestCase
