"""openai-python, unmodified, through the proxy in sessions that are no conversation.

Transcription sessions name no model but an intent; translation sessions have an address
and events of their own.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from openai import AsyncOpenAI
from openai.resources.realtime.realtime import AsyncRealtimeConnection
from openai.resources.realtime.translations.translations import AsyncTranslationsConnection
from openai.types.realtime import RealtimeServerEvent
from openai.types.realtime.realtime_translation_server_event import RealtimeTranslationServerEvent
from pydantic import TypeAdapter
from websockets.asyncio.client import connect

from . import speech
from .proxy_process import ProxyProcess

OF_A_CONVERSATION: TypeAdapter[Any] = TypeAdapter(RealtimeServerEvent)
OF_A_TRANSLATION: TypeAdapter[Any] = TypeAdapter(RealtimeTranslationServerEvent)
TURN_S = 45.0
PIECE_BYTES = 9_600  # 200 ms, as the upstream's translation wants them


def with_client(proxy: ProxyProcess, use: Callable[[AsyncOpenAI], Awaitable[None]]) -> None:
    """Run what a user of the SDK does: asyncio, a base URL and a key."""

    async def run() -> None:
        url = f"http://127.0.0.1:{proxy.port}/v1"
        async with AsyncOpenAI(base_url=url, api_key="x") as client, asyncio.timeout(TURN_S):
            await use(client)

    asyncio.run(run())
    assert proxy.alive


def pieces() -> list[str]:
    """The question and two seconds of silence, in base64."""
    sound = speech.question() + bytes(2 * 48_000)
    starts = range(0, len(sound), PIECE_BYTES)
    return [base64.b64encode(sound[each : each + PIECE_BYTES]).decode() for each in starts]


def test_transcription(proxy: ProxyProcess) -> None:
    async def transcribe(connection: AsyncRealtimeConnection) -> str:
        created = await connection.recv()
        assert created.type == "session.created"
        assert created.session.type == "transcription"
        heard: Any = {
            "transcription": {"model": "gpt-4o-transcribe"},
            "turn_detection": {"type": "semantic_vad", "eagerness": "high"},
        }
        await connection.session.update(
            session={"type": "transcription", "audio": {"input": heard}}
        )
        for piece in pieces():
            await connection.input_audio_buffer.append(audio=piece)
        async for event in connection:
            OF_A_CONVERSATION.validate_python(event.model_dump())
            assert event.type != "error", event
            if event.type == "conversation.item.input_audio_transcription.completed":
                return event.transcript
        raise AssertionError("it was closed before anything was transcribed")

    async def use(client: AsyncOpenAI) -> None:
        async with client.realtime.connect(extra_query={"intent": "transcription"}) as connection:
            assert (await transcribe(connection)).endswith(" s of speech")

    with_client(proxy, use)


@pytest.mark.parametrize("close", ["politely", "at once"])
def test_translation(proxy: ProxyProcess, close: str) -> None:
    async def translate(connection: AsyncTranslationsConnection) -> None:
        created = await connection.recv()
        assert created.type == "session.created"
        assert created.session.type == "translation"
        await connection.session.update(session={"audio": {"output": {"language": "de"}}})
        for piece in pieces():
            await connection.session.input_audio_buffer.append(audio=piece)
        if close == "politely":
            await connection.session.close()
        text = ""
        async for event in connection:  # ends by itself with the session
            OF_A_TRANSLATION.validate_python(event.model_dump())
            assert event.type != "error", event
            if event.type == "session.output_transcript.delta":
                text += event.delta
            if close == "at once" and text.endswith("speech"):
                break
        assert text.startswith("[de] ")
        assert text.endswith(" s of speech")
        assert close == "at once" or event.type == "session.closed"

    async def use(client: AsyncOpenAI) -> None:
        model = "gpt-realtime-translate"
        async with client.realtime.translations.connect(model=model) as connection:
            await translate(connection)

    with_client(proxy, use)


def test_transcription_as_before_ga(proxy: ProxyProcess) -> None:
    """No method of the SDK sends `transcription_session.update`; its users sent it as it is."""
    asked: dict[str, Any] = {
        "input_audio_format": "pcm16",
        "input_audio_transcription": {"model": "gpt-4o-transcribe", "language": "en"},
        "turn_detection": {"type": "server_vad", "silence_duration_ms": 300},
    }

    async def transcribe() -> list[str]:
        url = f"ws://127.0.0.1:{proxy.port}/v1/realtime?intent=transcription"
        headers = {"OpenAI-Beta": "realtime=v1"}
        update = {"type": "transcription_session.update", "session": asked}
        appends = [{"type": "input_audio_buffer.append", "audio": piece} for piece in pieces()]
        async with asyncio.timeout(TURN_S), connect(url, additional_headers=headers) as socket:
            for event in (update, *appends):
                await socket.send(json.dumps(event))
            told = [""]
            while not told[-1].endswith(("transcription.completed", "error")):
                told.append(json.loads(await socket.recv())["type"])
            return told[1:]

    told = asyncio.run(transcribe())
    assert told[0] == "transcription_session.created"
    assert {"transcription_session.updated", "conversation.item.created"} <= set(told)
    assert told[-1] != "error"
