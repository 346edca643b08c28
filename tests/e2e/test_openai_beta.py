"""openai-python's `client.beta.realtime`, unmodified, through a proxy whose upstream is GA."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from openai import AsyncOpenAI
from openai.resources.beta.realtime.realtime import AsyncRealtimeConnection

from beta_types import check_beta

from . import speech
from .proxy_process import ProxyProcess
from .test_openai_python import LOOKUP, TURN_S

SPOKEN = speech.utterance(1_200, after_ms=1_000)

Conversation = Callable[[AsyncRealtimeConnection], Awaitable[None]]


def converse(proxy: ProxyProcess, conversation: Conversation) -> None:
    """Run a conversation as the SDK's users did."""

    async def run() -> None:
        client = AsyncOpenAI(websocket_base_url=f"ws://127.0.0.1:{proxy.port}/v1", api_key="x")
        async with (
            client,
            asyncio.timeout(TURN_S),
            client.beta.realtime.connect(model="gpt-realtime") as connection,
        ):
            first, second = await connection.recv(), await connection.recv()
            check_beta(first.to_dict())
            check_beta(second.to_dict())
            assert (first.type, second.type) == ("session.created", "conversation.created")
            await conversation(connection)

    asyncio.run(run())
    assert proxy.alive


async def until(connection: AsyncRealtimeConnection, *types: str) -> list[Any]:
    """The events up to one of these types, each of which the SDK's beta types accept."""
    seen: list[Any] = []
    while True:
        event = await connection.recv()
        check_beta(event.to_dict())
        seen.append(event)
        if event.type in types:
            return seen
        assert event.type != "error", event


async def speak(connection: AsyncRealtimeConnection) -> None:
    """A question, silence around it."""
    for chunk in speech.chunks(SPOKEN):
        await connection.input_audio_buffer.append(audio=speech.encoded(chunk))


async def say(connection: AsyncRealtimeConnection, text: str) -> None:
    """A typed item."""
    content: list[Any] = [{"type": "input_text", "text": text}]
    await connection.conversation.item.create(
        item={"type": "message", "role": "user", "content": content}
    )


def test_a_question_is_answered(proxy: ProxyProcess) -> None:
    async def conversation(connection: AsyncRealtimeConnection) -> None:
        await connection.session.update(
            session={
                "modalities": ["text", "audio"],
                "voice": "ash",
                "input_audio_format": "pcm16",
                "input_audio_transcription": {"model": "whisper-1"},
                "turn_detection": {"type": "server_vad", "silence_duration_ms": 300},
                "temperature": 0.8,
            }
        )
        updated = (await until(connection, "session.updated"))[-1].session
        assert (updated.voice, updated.modalities) == ("ash", ["audio", "text"])
        assert updated.turn_detection.silence_duration_ms == 300
        await speak(connection)
        events = await until(connection, "response.done")
        deltas = (event.delta for event in events if event.type == "response.audio.delta")
        answered = b"".join(speech.decoded(delta) for delta in deltas)
        assert speech.ms(answered) > 1_000
        assert SPOKEN.find(answered) >= 0
        types = [event.type for event in events]
        assert "response.audio_transcript.delta" in types
        assert types.count("conversation.item.created") == 2

    converse(proxy, conversation)
    assert "session.temperature is left out" in proxy.log


def test_speech_into_an_answer_cuts_it(unhurried: ProxyProcess) -> None:
    async def conversation(connection: AsyncRealtimeConnection) -> None:
        await speak(connection)
        delta = (await until(connection, "response.audio.delta"))[-1]
        await speak(connection)
        events = await until(connection, "response.done")
        assert events[-1].response.status == "cancelled"
        await connection.conversation.item.truncate(
            item_id=delta.item_id, content_index=0, audio_end_ms=20
        )
        types = [event.type for event in await until(connection, "response.done")]
        assert "conversation.item.truncated" in types

    converse(unhurried, conversation)


def test_text_and_what_was_said_before(proxy: ProxyProcess) -> None:
    async def conversation(connection: AsyncRealtimeConnection) -> None:
        content: list[Any] = [{"type": "text", "text": "Hello"}]
        await connection.conversation.item.create(
            item={"type": "message", "role": "assistant", "content": content}
        )
        created = (await until(connection, "conversation.item.created"))[-1].item
        assert (created.object, created.content[0].type) == ("realtime.item", "text")
        await say(connection, "Good morning")
        await connection.response.create(response={"modalities": ["text"], "temperature": 0.7})
        events = await until(connection, "response.done")
        text = "".join(event.delta for event in events if event.type == "response.text.delta")
        assert "Good morning" in text
        assert events[-1].response.modalities == ["text"]

    converse(proxy, conversation)


def test_a_function_is_called(proxy: ProxyProcess) -> None:
    async def conversation(connection: AsyncRealtimeConnection) -> None:
        tools: list[Any] = [LOOKUP]
        await connection.session.update(session={"modalities": ["text"], "tools": tools})
        await say(connection, "Look it up")
        chosen: Any = {"type": "function", "function": {"name": "lookup"}}
        await connection.response.create(response={"tool_choice": chosen})
        events = await until(connection, "response.done")
        call = next(e for e in events if e.type == "response.function_call_arguments.done")
        assert '"city"' in call.arguments
        await connection.conversation.item.create(
            item={"type": "function_call_output", "call_id": call.call_id, "output": "{}"}
        )
        await connection.response.create(response={"tool_choice": "none"})
        done = (await until(connection, "response.done"))[-1]
        assert done.response.status == "completed"

    converse(proxy, conversation)


def test_an_error_names_the_event_and_the_field_as_they_were_sent(proxy: ProxyProcess) -> None:
    async def conversation(connection: AsyncRealtimeConnection) -> None:
        odd: Any = {"type": "server_vad", "threshold": 7}
        await connection.session.update(session={"turn_detection": odd}, event_id="mine-1")
        error = (await until(connection, "error"))[-1].error
        assert (error.event_id, error.param) == ("mine-1", "session.turn_detection.threshold")
        await connection.response.cancel(event_id="mine-2")
        error = (await until(connection, "error"))[-1].error
        assert (error.event_id, error.code) == ("mine-2", "response_cancel_not_active")

    converse(proxy, conversation)
