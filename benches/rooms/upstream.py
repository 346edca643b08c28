"""The upstream of a room that never stops speaking: ten words a second in each language.

Owns what its two kinds of session say: one writes down (a turn every two seconds of
audio, whatever is in it), the others answer each turn in writing. It is made for this
because the time at which every text is sent has to be inside the text. Must not know
who reads it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, WebSocketRequest

from benches.rooms.tally import Tally
from rtproxy.model.languages import NAMES

WORD_S = 0.1
TURN_MS = 2_000
_PAUSE_MS = 200  # at the end of each turn
_WORDS = 18  # so that an answer is over before the next turn is
_BASE64_PER_MS = 64  # PCM16 at 24 kHz

_TARGET = re.compile(r"target language is (\w+)")

Json = dict[str, Any]


class Upstream:
    """Serves sessions; what they say is stamped by `tally`."""

    def __init__(self, tally: Tally, spoken: str) -> None:
        """`spoken` is the language that is written down."""
        self._tally = tally
        self._spoken = spoken

    async def serve(self, request: WebSocketRequest) -> None:
        """One session, until the client goes."""
        connection = await request.accept()
        writes_down = "intent=transcription" in request.path
        talk = _Transcriber if writes_down else _Interpreter
        async with trio.open_nursery() as nursery:
            with suppress(ConnectionClosed):
                await talk(connection, nursery, self._tally, self._spoken).run()
            nursery.cancel_scope.cancel()


class _Session:
    def __init__(
        self, connection: WebSocketConnection, nursery: trio.Nursery, tally: Tally, language: str
    ) -> None:
        self._connection = connection
        self._nursery = nursery
        self._tally = tally
        self._language = language
        self._count = 0

    async def run(self) -> None:
        await self._say("session.created", session={})
        while True:
            said = json.loads(await self._connection.get_message())
            answer: Callable[[Json], Any] | None = getattr(
                self, "_" + said["type"].replace(".", "_"), None
            )
            if answer is not None:
                await answer(said)

    async def _say(self, kind: str, **fields: Any) -> None:
        self._count += 1
        event = {"type": kind, "event_id": f"event_{self._count}", **fields}
        await self._connection.send_message(json.dumps(event))

    async def _session_update(self, said: Json) -> None:
        await self._say("session.updated", session=said["session"])

    def _stamped(self, words: str, *, final: bool = False) -> str:
        return self._tally.stamp(words, self._language, final=final)


class _Transcriber(_Session):
    """Audio is its clock."""

    _heard_base64 = 0
    _turn = -1
    _written = 0

    async def _input_audio_buffer_append(self, said: Json) -> None:
        self._heard_base64 += len(said["audio"])
        turn, within_ms = divmod(self._heard_base64 // _BASE64_PER_MS, TURN_MS)
        if turn > self._turn:
            self._turn, self._written = turn, 0
            start_ms = turn * TURN_MS
            await self._about("input_audio_buffer.speech_started", audio_start_ms=start_ms)
        while self._written < min(_WORDS, within_ms // round(WORD_S * 1000)):
            await self._write("delta", delta=self._stamped(f"word{self._written}"))
            self._written += 1
            if self._written == _WORDS:
                await self._end_turn(turn * TURN_MS + TURN_MS - _PAUSE_MS)

    async def _end_turn(self, end_ms: int) -> None:
        await self._about("input_audio_buffer.speech_stopped", audio_end_ms=end_ms)
        await self._about("input_audio_buffer.committed", previous_item_id=None)
        await self._write("completed", transcript=self._stamped("all of it", final=True).strip())

    async def _about(self, kind: str, **fields: Any) -> None:
        await self._say(kind, item_id=f"item_{self._turn:024}", **fields)

    async def _write(self, what: str, **fields: Any) -> None:
        kind = f"conversation.item.input_audio_transcription.{what}"
        await self._about(kind, content_index=0, **fields)


class _Interpreter(_Session):
    """Every turn is answered by as many words, at their pace."""

    async def _session_update(self, said: Json) -> None:
        name = _TARGET.findall(said["session"]["instructions"])[-1]
        self._language = next(code for code in NAMES if NAMES[code] == name)
        await super()._session_update(said)

    async def _input_audio_buffer_commit(self, _said: Json) -> None:
        await self._say(
            "input_audio_buffer.committed", item_id=f"in_{self._count}", previous_item_id=None
        )

    async def _response_create(self, _said: Json) -> None:
        self._nursery.start_soon(self._answer, f"resp_{self._count}")

    async def _answer(self, response_id: str) -> None:
        response: Json = {"id": response_id, "object": "realtime.response"}
        place = {"item_id": f"of_{response_id}", "output_index": 0, "content_index": 0}
        with suppress(ConnectionClosed):
            await self._say("response.created", response={**response, "status": "in_progress"})
            for number in range(_WORDS):
                await self._say(
                    "response.output_text.delta",
                    response_id=response_id,
                    delta=self._stamped(f"Wort{number}"),
                    **place,
                )
                await trio.sleep(WORD_S)
            text = self._stamped("alles", final=True).strip()
            item = {
                "type": "message",
                "id": f"of_{response_id}",
                "role": "assistant",
                "content": [{"type": "output_text", "text": text}],
            }
            await self._say(
                "response.done", response={**response, "status": "completed", "output": [item]}
            )
