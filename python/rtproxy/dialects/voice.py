"""The `voice` dialect: small web frontends, microphone in, speech out.

Owns the messages of the contract's section "voice", field for field. Must not
know the upstream's shape: it speaks events.
"""

from __future__ import annotations

from typing import Any

from rtproxy.dialects.fields import COMMON_READINGS, COMMON_WORDS
from rtproxy.dialects.table import TableDialect, Words
from rtproxy.model import events as ev


def _transcript(role: str, item_id: str, text: str, *, final: bool) -> dict[str, Any]:
    return {"type": "transcript", "role": role, "itemId": item_id, "text": text, "final": final}


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
    ev.OutputTextDelta: lambda event: _transcript(
        "assistant", event.item_id, event.delta, final=False
    ),
    ev.OutputTextDone: lambda event: _transcript(
        "assistant", event.item_id, event.text, final=True
    ),
    ev.InputTranscriptDelta: lambda event: _transcript(
        "user", event.item_id, event.delta, final=False
    ),
    ev.InputTranscriptDone: lambda event: _transcript(
        "user", event.item_id, event.transcript, final=True
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
