"""openai-python, unmodified, through the proxy at `/v1/realtime`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from openai import AsyncOpenAI
from openai.resources.realtime.realtime import AsyncRealtimeConnection
from openai.types.realtime import RealtimeServerEvent
from pydantic import TypeAdapter

from . import speech
from .proxy_process import ProxyProcess

SERVER_EVENT: TypeAdapter[Any] = TypeAdapter(RealtimeServerEvent)
TURN_S = 45.0
LOOKUP = {
    "type": "function",
    "name": "lookup",
    "description": "Look a city up.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    },
}

Conversation = Callable[[AsyncRealtimeConnection], Awaitable[None]]


def converse(proxy: ProxyProcess, conversation: Conversation) -> None:
    """Run a conversation as the SDK's users do: asyncio, a base URL and a key."""

    async def run() -> None:
        client = AsyncOpenAI(base_url=f"http://127.0.0.1:{proxy.port}/v1", api_key="x")
        async with (
            client,
            asyncio.timeout(TURN_S),
            client.realtime.connect(model="gpt-realtime") as connection,
        ):
            first = await connection.recv()
            assert first.type == "session.created"
            await conversation(connection)

    asyncio.run(run())
    assert proxy.alive


async def until(connection: AsyncRealtimeConnection, *types: str) -> list[Any]:
    """The events up to one of these types, each of which the SDK's own types accept."""
    seen: list[Any] = []
    while True:
        event = await connection.recv()
        SERVER_EVENT.validate_python(event.model_dump(), strict=False)
        seen.append(event)
        if event.type in types:
            return seen
        assert event.type != "error", event


async def say(connection: AsyncRealtimeConnection, text: str) -> None:
    """A typed item."""
    content: list[Any] = [{"type": "input_text", "text": text}]
    await connection.conversation.item.create(
        item={"type": "message", "role": "user", "content": content}
    )


def test_text_turn(proxy: ProxyProcess) -> None:
    async def conversation(connection: AsyncRealtimeConnection) -> None:
        await connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
        await say(connection, "Hello, parrot")
        await connection.response.create()
        events = await until(connection, "response.done")
        text = "".join(e.delta for e in events if e.type == "response.output_text.delta")
        assert "Hello, parrot" in text
        assert events[-1].response.status == "completed"

    converse(proxy, conversation)


def test_audio_turn_with_voice_activity_detection(proxy: ProxyProcess) -> None:
    spoken = speech.utterance(1_200, after_ms=1_000)

    async def conversation(connection: AsyncRealtimeConnection) -> None:
        for chunk in speech.chunks(spoken):
            await connection.input_audio_buffer.append(audio=speech.encoded(chunk))
        events = await until(connection, "response.done")
        types = [event.type for event in events]
        assert types.index("input_audio_buffer.speech_started") < types.index(
            "input_audio_buffer.speech_stopped"
        )
        deltas = (e.delta for e in events if e.type == "response.output_audio.delta")
        answered = b"".join(speech.decoded(delta) for delta in deltas)
        assert speech.ms(answered) > 1_000
        assert spoken.find(answered) >= 0

    converse(proxy, conversation)


def test_function_call(proxy: ProxyProcess) -> None:
    async def conversation(connection: AsyncRealtimeConnection) -> None:
        session: Any = {
            "type": "realtime",
            "output_modalities": ["text"],
            "tools": [LOOKUP],
            "tool_choice": {"type": "function", "name": "lookup"},
        }
        await connection.session.update(session=session)
        await say(connection, "Look it up")
        await connection.response.create()
        events = await until(connection, "response.done")
        call = next(e for e in events if e.type == "response.function_call_arguments.done")
        assert call.name == "lookup"
        assert '"city"' in call.arguments
        await connection.conversation.item.create(
            item={"type": "function_call_output", "call_id": call.call_id, "output": "{}"}
        )
        await connection.response.create(response={"tool_choice": "none"})
        done = (await until(connection, "response.done"))[-1]
        assert done.response.status == "completed"

    converse(proxy, conversation)


def test_cancel(unhurried: ProxyProcess) -> None:
    async def conversation(connection: AsyncRealtimeConnection) -> None:
        await say(connection, "A long text that takes its time to be said aloud. " * 10)
        await connection.response.create()
        await until(connection, "response.output_audio.delta")
        await connection.response.cancel()
        done = (await until(connection, "response.done"))[-1]
        assert done.response.status == "cancelled"
        assert done.response.status_details.reason == "client_cancelled"

    converse(unhurried, conversation)


def test_speech_into_an_answer_cuts_it(unhurried: ProxyProcess) -> None:
    spoken = speech.utterance(1_200, after_ms=1_000)

    async def conversation(connection: AsyncRealtimeConnection) -> None:
        async def speak() -> None:
            for chunk in speech.chunks(spoken):
                await connection.input_audio_buffer.append(audio=speech.encoded(chunk))

        await speak()
        delta = (await until(connection, "response.output_audio.delta"))[-1]
        await speak()
        events = await until(connection, "response.done")
        assert "input_audio_buffer.speech_started" in [event.type for event in events]
        assert events[-1].response.status == "cancelled"
        assert events[-1].response.status_details.reason == "turn_detected"
        await connection.conversation.item.truncate(
            item_id=delta.item_id, content_index=0, audio_end_ms=20
        )
        types = [event.type for event in await until(connection, "response.done")]
        assert "conversation.item.truncated" in types

    converse(unhurried, conversation)


def test_an_error_names_the_event_it_is_about(proxy: ProxyProcess) -> None:
    async def conversation(connection: AsyncRealtimeConnection) -> None:
        await connection.response.cancel(event_id="mine-1")
        error = (await until(connection, "error"))[-1].error
        assert (error.code, error.event_id) == ("response_cancel_not_active", "mine-1")
        await connection.input_audio_buffer.clear()
        await until(connection, "input_audio_buffer.cleared")

    converse(proxy, conversation)


def test_two_turns_of_one_conversation(proxy: ProxyProcess) -> None:
    async def conversation(connection: AsyncRealtimeConnection) -> None:
        await connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
        for words in ("first", "second"):
            await say(connection, words)
            await connection.response.create()
            events = await until(connection, "response.done")
            text = "".join(e.delta for e in events if e.type == "response.output_text.delta")
            assert words in text

    converse(proxy, conversation)
