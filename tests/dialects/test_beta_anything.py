"""Whatever either side says in the beta shape, the dialect has an answer and never fails."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rtproxy.dialects import realtime
from rtproxy.dialects.beta import Beta
from rtproxy.dialects.beta_events import FROM_CLIENT, FROM_UPSTREAM, RENAMED, SAME
from rtproxy.dialects.openai import OpenAI
from rtproxy.model import events as ev

BETA = Beta()
NAMES = ["type", "role", "content", "output", "input", "audio", "format", "voice", "id", "name"]
NAMES += ["modalities", "output_modalities", "tool_choice", "function", "turn_detection", "param"]
NAMES += ["conversation_id", "message"]
VALUES = ["message", "assistant", "text", "audio", "function", "session.voice", "transcription"]
ANYTHING = st.recursive(
    st.none() | st.integers() | st.sampled_from(VALUES),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
    ),
    max_leaves=6,
)
OBJECTS = ANYTHING | st.dictionaries(st.sampled_from(NAMES), ANYTHING, min_size=1, max_size=4)
REBUILT = {*FROM_UPSTREAM, *FROM_CLIENT, "session.update"}.difference(SAME, RENAMED)
MESSAGES = st.fixed_dictionaries(
    {"type": st.sampled_from(sorted(REBUILT)), "event_id": ANYTHING}
    | dict.fromkeys(("session", "item", "response", "error"), OBJECTS)
)


@settings(max_examples=200)
@given(MESSAGES)
def test_nothing_that_is_said_makes_it_fail(message: dict[str, Any]) -> None:
    raw = json.dumps(message).encode()
    for said in (*BETA.decode(raw, binary=False), *OpenAI().decode(raw, binary=False)):
        if not isinstance(said, ev.ShapeKnown):
            realtime.encode_client(said)
    for heard in BETA.decode_upstream(raw):
        BETA.after(heard).encode(heard)
