"""Which shape of the upstream's own protocol a client speaks: its handshake or its first words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rtproxy.dialects.beta import Beta, asks_for_beta
from rtproxy.dialects.openai import OpenAI
from rtproxy.model import events as ev


@pytest.mark.parametrize(
    ("header", "subprotocols", "asked"),
    [
        ("realtime=v1", [], True),
        ("assistants=v2, realtime=v1", [], True),
        ("assistants=v2", ["realtime"], False),
        (None, ["realtime", "openai-insecure-api-key.k", "openai-beta.realtime-v1"], True),
        (None, [], False),
    ],
)
def test_a_handshake_asks_for_it(header: str | None, subprotocols: list[str], asked: bool) -> None:
    assert asks_for_beta(header, subprotocols) is asked


@pytest.mark.parametrize(
    ("message", "beta"),
    [
        ({"type": "session.update", "session": {"modalities": ["text"]}}, True),
        ({"type": "session.update", "session": {"temperature": 0.8, "tools": []}}, True),
        ({"type": "session.update", "session": {"voice": "ash", "type": "realtime"}}, False),
        ({"type": "session.update", "session": {"voice": "ash", "audio": {}}}, False),
        ({"type": "session.update", "session": {"instructions": "x"}}, False),
        ({"type": "session.update", "session": 5}, False),
        ({"type": "transcription_session.update", "session": {}}, True),
    ],
)
def test_the_first_update_tells(message: dict[str, Any], beta: bool) -> None:
    raw = json.dumps(message).encode()
    shown, said = OpenAI().decode(raw, binary=False)
    assert shown == ev.ShapeKnown(beta=beta)
    dialect = OpenAI().after(shown)
    assert dialect == (Beta() if beta else OpenAI(shape_known=True))
    (then,) = dialect.decode(raw, binary=False)
    assert said == then
    assert dialect.after(shown) == dialect


def test_an_update_that_is_not_the_first_tells_nothing() -> None:
    raw = b'{"type":"session.update","session":{"voice":"ash"}}'
    settled = OpenAI(shape_known=True)
    assert list(settled.decode(raw, binary=False)) == [ev.Opaque(raw=raw, to_upstream=True)]
