"""What a translation session of the upstream says, as far as anybody acts upon it."""

from __future__ import annotations

import json

import pytest

from rtproxy.dialects.translation import decode_server
from rtproxy.model import events as ev
from rtproxy.model.room import TranslationDelta


@pytest.mark.parametrize("elapsed", [{}, {"elapsed_ms": None}, {"elapsed_ms": 1_400}])
def test_a_piece_says_how_far_the_translator_is(elapsed: dict[str, int | None]) -> None:
    message = {"type": "session.output_transcript.delta", "event_id": "e", "delta": "Ja", **elapsed}
    found = decode_server(json.dumps(message).encode())
    assert found == TranslationDelta(event_id="e", delta="Ja", elapsed_ms=elapsed.get("elapsed_ms"))


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b'{"type":"error","error":{"message":"No."}}', ev.ErrorTold),
        (b'{"type":"session.updated","session":{}}', ev.SessionUpdated),
        (b'{"type":"session.input_transcript.delta","delta":"Yes"}', ev.Other),
        (b'{"type":"session.output_transcript.delta","delta":7}', ev.Other),
        (b"{", ev.Other),
        (b"\xff", ev.Other),
    ],
)
def test_all_else_is_read_as_elsewhere(raw: bytes, kind: type[ev.Event]) -> None:
    assert type(decode_server(raw)) is kind
