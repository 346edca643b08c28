"""Whatever the upstream says in GA, a beta client accepts what it is told of it.

The simulator plays random conversations; each of its events is put through the
dialect as a connection speaks it, and what comes out is held against the official
SDK's beta types and against the order in which the beta shape told things. The client
speaks beta, too, and is refused nothing that the beta shape allowed.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import rule
from tests.simulator.play import Json
from tests.simulator.test_invariants import TOOL, AnyClient, _shape

from beta_types import check_beta
from rtproxy.dialects import realtime
from rtproxy.dialects.beta import Beta
from rtproxy.model import events as ev
from rtproxy.session.relay import RelaySession

# Refused because of what is going on, not because of what was written.
OF_THE_MOMENT = {"conversation_already_has_active_response", "cannot_update_voice"}
# GA's names, none of which may reach a beta client, wherever they stand.
GA_NAMES = {"output_modalities", "output_text", "output_audio", "audio/pcm", "idle_timeout_ms"}


class BetaClient:
    """Reads what it is told, and fails at the first that the beta shape did not have."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.items: set[str] = set()
        self.responses: dict[str, Json] = {}
        self.conversation: str | None = None

    def read(self, event: Json) -> None:
        kind = event["type"]
        self.told.append(kind)
        if len(self.told) == 2:
            assert kind == "conversation.created"
            self.conversation = event["conversation"]["id"]
        else:
            assert kind != "conversation.created"
        assert (kind == "session.created") == (len(self.told) == 1)
        assert not GA_NAMES & strings(event), event
        if kind == "conversation.item.created":
            self._item(event["item"])
        elif kind.startswith("response."):
            self._response(kind, event)

    def _item(self, item: Json) -> None:
        assert item["object"] == "realtime.item"
        assert item["id"] not in self.items
        self.items.add(item["id"])

    def _response(self, kind: str, event: Json) -> None:
        if kind == "response.created":
            response = event["response"]
            self.responses[response["id"]] = response
            assert response["conversation_id"] in (None, self.conversation)
            return
        response = self.responses[event.get("response_id") or event["response"]["id"]]
        recorded = response["conversation_id"] is not None
        if recorded and "item_id" in event and kind.endswith((".delta", "content_part.added")):
            assert event["item_id"] in self.items


def strings(value: Any) -> set[str]:
    """All keys and the values of all `type`s in it."""
    if isinstance(value, list):
        return set().union(*(strings(inner) for inner in value))
    if not isinstance(value, dict):
        return set()
    found = set(value).union(*(strings(inner) for inner in value.values()))
    kind = value.get("type")
    return found | {kind} if isinstance(kind, str) else found


class Connection:
    """A beta client's connection without wires: dialect and core as they are joined."""

    def __init__(self) -> None:
        self.dialect = Beta()
        self.core = RelaySession("s")

    def told(self, event: Json) -> list[Json]:
        """What a client is told of an event of the upstream's."""
        if event["type"] == realtime.AUDIO_DELTA:
            return [{**event, "type": "response.audio.delta"}]  # the lane's own renaming
        payloads: list[bytes] = []
        for said in self.dialect.decode_upstream(msgspec.json.encode(event)):
            self.dialect = self.dialect.after(said)
            if isinstance(said, ev.Opaque):
                payloads += self.dialect.encode(said)
        return [json.loads(payload) for payload in payloads]

    def asked(self, message: Json) -> list[Json]:
        """What the upstream is told of an event of the client's."""
        events = self.dialect.decode(msgspec.json.encode(message), binary=False)
        return [json.loads(realtime.encode_client(event)) for event in events]


class AnyBetaClient(AnyClient):
    """A client that does whatever comes into its head, and sees it through the beta shape."""

    validated: ClassVar[set[str]] = set()  # one event of each shape is enough

    def __init__(self) -> None:
        self.connection = Connection()
        self.client = BetaClient()
        super().__init__()

    def _read(self, events: list[Json]) -> list[Json]:
        for event in super()._read(events):
            for told in self.connection.told(event):
                self.client.read(told)
                if (shape := _shape(told)) not in self.validated:
                    check_beta(told)
                    self.validated.add(shape)
        return events

    def _say(self, message: Json) -> None:
        """Say it in beta; nothing may be refused for how it is written."""
        for asked in self.connection.asked(message):
            answer = self._send(asked.pop("type"), **asked)
            refused = {event["error"]["code"] for event in answer if event["type"] == "error"}
            assert refused <= OF_THE_MOMENT, answer

    @rule(
        session=st.fixed_dictionaries(
            {},
            optional={
                "modalities": st.sampled_from([["text"], ["audio", "text"], ["text", "audio"]]),
                "instructions": st.just("Be brief."),
                "voice": st.sampled_from(["alloy", "ash"]),
                "input_audio_transcription": st.sampled_from([None, {"model": "whisper-1"}]),
                "input_audio_noise_reduction": st.sampled_from([None, {"type": "near_field"}]),
                "turn_detection": st.sampled_from(
                    [None, {"type": "server_vad", "silence_duration_ms": 200}]
                ),
                "tools": st.just([TOOL]),
                "tool_choice": st.sampled_from(["auto", "none"]),
                "temperature": st.just(0.8),
                "max_response_output_tokens": st.sampled_from([64, "inf"]),
            },
        )
    )
    def configure_in_beta(self, session: Json) -> None:
        self._say({"type": "session.update", "session": session})

    @rule(
        response=st.sampled_from(
            [
                {"modalities": ["text"], "temperature": 0.7},
                {"modalities": ["text", "audio"], "voice": "ash", "output_audio_format": "pcm16"},
                {"max_response_output_tokens": 2},
                {"conversation": "none", "metadata": {"k": "v"}, "input": []},
                {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "f"}}},
            ]
        )
    )
    def respond_in_beta(self, response: Json) -> None:
        self._say({"type": "response.create", "response": response})

    @rule(
        item=st.sampled_from(
            [
                {"role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
                {"role": "assistant", "content": [{"type": "text", "text": "Hello"}]},
                {"role": "system", "content": [{"type": "input_text", "text": "Be brief."}]},
            ]
        )
    )
    def create_in_beta(self, item: Json) -> None:
        whole = {"object": "realtime.item", "type": "message", **item}
        self._say({"type": "conversation.item.create", "item": whole})


AnyBetaClient.TestCase.settings = settings(max_examples=40, stateful_step_count=40)
TestAnyBetaClient = AnyBetaClient.TestCase
