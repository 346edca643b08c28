"""The `voice` dialect: small web frontends, microphone in, speech out.

Owns the messages of the contract's section "voice", field for field. Must not
know the upstream's shape: it speaks events.
"""

from __future__ import annotations

from typing import Any

from rtproxy.dialects.fields import COMMON_READINGS, COMMON_WORDS
from rtproxy.dialects.table import TableDialect, Words
from rtproxy.model import events as ev


def _piece(role: str, item_id: str, text: str) -> dict[str, Any]:
    return {"type": "transcript", "role": role, "itemId": item_id, "text": text, "final": False}


def _whole(role: str, item_id: str, text: str, previous_item_id: str | None) -> dict[str, Any]:
    """Only this says what it follows: pieces come as they are spoken."""
    piece = _piece(role, item_id, text)
    return {**piece, "final": True, "previousItemId": previous_item_id}


def _delta(role: str) -> str:
    """The same for a piece of it, on its way past Python."""
    return f'{{"type":"transcript","role":"{role}","itemId":$item_id,"text":"$text","final":false}}'


_WORDS: Words = {
    **COMMON_WORDS,
    ev.AnswerOver: lambda event: {
        "type": "response_done",
        "responseId": event.response_id,
        "status": event.status,
    },
    ev.OutputTextDelta: lambda event: _piece("assistant", event.item_id, event.delta),
    ev.OutputTextDone: lambda event: _whole(
        "assistant", event.item_id, event.text, event.previous_item_id
    ),
    ev.InputTranscriptDelta: lambda event: _piece("user", event.item_id, event.delta),
    ev.InputTranscriptDone: lambda event: _whole(
        "user", event.item_id, event.transcript, event.previous_item_id
    ),
}

VOICE = TableDialect(
    name="voice",
    paths=("/", "/ws/voice"),
    persona="ally",
    audio_types={"audio_input": "audio"},
    audio_template='{"type":"audio_chunk","audio":"$audio"}',
    answer_delta=_delta("assistant"),
    input_delta=_delta("user"),
    readings=COMMON_READINGS,
    words=_WORDS,
)
