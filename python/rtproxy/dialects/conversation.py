"""The `conversation` dialect: voice and text chat with live text.

Owns the messages of the contract's section "conversation", field for field.
Must not know the upstream's shape: it speaks events.
"""

from __future__ import annotations

from rtproxy.dialects.fields import COMMON_READINGS, COMMON_WORDS
from rtproxy.dialects.table import TableDialect, Words
from rtproxy.model import events as ev

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
        "previousItemId": event.previous_item_id,
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
    readings=COMMON_READINGS,
    words=_WORDS,
)
