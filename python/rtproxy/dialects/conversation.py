"""The `conversation` dialect: voice and text chat with live text.

Owns the messages of the contract's section "conversation", field for field.
Must not know the upstream's shape: it speaks events.
"""

from __future__ import annotations

from collections.abc import Sequence

from rtproxy.dialects.fields import (
    COMMON_READINGS,
    COMMON_WORDS,
    Readings,
    Text,
)
from rtproxy.dialects.table import TableDialect, Words
from rtproxy.model import events as ev


def _typed(fields: Text) -> Sequence[ev.Event]:
    """What was typed is an item, and wants an answer."""
    content = [{"type": "input_text", "text": fields.text}]
    item = {"type": "message", "role": "user", "content": content}
    return [
        ev.ItemCreate(event_id=fields.event_id, item=item),
        ev.ResponseCreate(event_id=fields.event_id),
    ]


_READINGS: Readings = {
    "text": (Text, _typed),
    **COMMON_READINGS,
}

_WORDS: Words = {
    **COMMON_WORDS,
    # The two sentences are the contract's: frontends of source 004 may show them.
    ev.SessionReady: lambda event: {
        "type": "session_ready",
        "message": "Connected to OpenAI Realtime API",
        "sessionId": event.session_id,
        "model": event.model,
        "voice": event.voice,
    },
    ev.AnswerOver: lambda event: {
        "type": "response_done",
        "message": "AI response completed",
        "responseId": event.response_id,
        "status": event.status,
    },
    ev.OutputTextDelta: lambda event: {
        "type": "text_delta",
        "text": event.delta,
        "itemId": event.item_id,
    },
    ev.InputTranscriptDone: lambda event: {
        "type": "transcription",
        "text": event.transcript,
        "itemId": event.item_id,
    },
}

CONVERSATION = TableDialect(
    name="conversation",
    paths=("/ws/conversation",),
    persona="dr_sarah",
    audio_types={"audio": "audio"},
    audio_template='{"type":"audio_delta","audio":"$audio"}',
    answer_delta='{"type":"text_delta","text":"$text","itemId":$item_id}',
    input_delta=None,
    readings=_READINGS,
    words=_WORDS,
)
