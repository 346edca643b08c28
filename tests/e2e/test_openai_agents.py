"""openai-agents' realtime session, unmodified, through the proxy at `/v1/realtime`.

This SDK validates strictly: every event that it does not know, or whose fields
are not as it expects, becomes an error event, and any error fails these tests.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner
from agents.realtime.model_inputs import (
    RealtimeModelRawClientMessage,
    RealtimeModelSendRawMessage,
)
from agents.realtime.session import RealtimeSession

from . import speech
from .proxy_process import ProxyProcess

TURN_S = 45.0

Conversation = Callable[[RealtimeSession], Awaitable[None]]


@function_tool
def lookup(city: str) -> str:
    """Look a city up."""
    return f"{city} is sunny"


def converse(proxy: ProxyProcess, conversation: Conversation, **settings: Any) -> None:
    """Run a conversation as the SDK's users do."""

    async def run() -> None:
        agent: RealtimeAgent[Any] = RealtimeAgent(
            name="parrot", instructions="Say it back.", tools=[lookup]
        )
        runner = RealtimeRunner(agent)
        config: Any = {
            "url": f"ws://127.0.0.1:{proxy.port}/v1/realtime?model=gpt-realtime-2.1",
            "api_key": "x",
            "initial_model_settings": {"model_name": "gpt-realtime-2.1", **settings},
        }
        session = await runner.run(model_config=config)
        async with asyncio.timeout(TURN_S), session:
            await conversation(session)

    asyncio.run(run())
    assert proxy.alive


async def until(session: RealtimeSession, wanted: Callable[[Any], bool]) -> list[Any]:
    """The events up to the first that is wanted; an error among them fails the test."""
    seen: list[Any] = []
    async for event in session:
        assert event.type != "error", event
        seen.append(event)
        if wanted(event):
            return seen
    raise AssertionError(f"the session ended after {[event.type for event in seen]}")


def of_type(name: str) -> Callable[[Any], bool]:
    """Whether an event is of this type."""
    return lambda event: event.type == name


def raw_done(event: Any) -> bool:
    """Whether this is the SDK's own reading of `response.done`."""
    return bool(event.type == "raw_model_event" and event.data.type == "turn_ended")


def test_text_turn(proxy: ProxyProcess) -> None:
    async def conversation(session: RealtimeSession) -> None:
        await session.send_message("Hello, parrot")
        events = await until(session, raw_done)
        assert any(event.type == "audio" for event in events)
        said = str([event.history for event in events if event.type == "history_updated"])
        assert "Hello, parrot" in said

    converse(proxy, conversation, turn_detection=None)


def test_audio_turn_with_voice_activity_detection(proxy: ProxyProcess) -> None:
    spoken = speech.utterance(1_200, after_ms=1_000)

    async def conversation(session: RealtimeSession) -> None:
        for chunk in speech.chunks(spoken):
            await session.send_audio(chunk)
        events = await until(session, of_type("audio_end"))
        answered = b"".join(event.audio.data for event in events if event.type == "audio")
        assert speech.ms(answered) > 1_000
        assert spoken.find(answered) >= 0

    converse(proxy, conversation, turn_detection={"type": "server_vad", "silence_duration_ms": 300})


def test_function_call(proxy: ProxyProcess) -> None:
    async def conversation(session: RealtimeSession) -> None:
        await session.send_message("Look it up")
        events = await until(session, of_type("tool_end"))
        assert events[-1].tool.name == "lookup"
        assert "is sunny" in str(events[-1].output)

    converse(proxy, conversation, tool_choice="required")


def test_cancel(unhurried: ProxyProcess) -> None:
    async def conversation(session: RealtimeSession) -> None:
        await session.send_message("A long text that takes its time to be said aloud. " * 10)
        await until(session, of_type("audio"))
        await session.interrupt()
        await until(session, of_type("audio_interrupted"))

    converse(unhurried, conversation)


def test_speech_into_an_answer_cuts_it(unhurried: ProxyProcess) -> None:
    spoken = speech.utterance(1_200, after_ms=1_000)

    async def conversation(session: RealtimeSession) -> None:
        async def speak() -> None:
            for chunk in speech.chunks(spoken):
                await session.send_audio(chunk)

        await speak()
        await until(session, of_type("audio"))
        await speak()
        await until(session, of_type("audio_interrupted"))
        await until(session, of_type("audio"))
        await until(session, of_type("audio_end"))

    detection = {"type": "server_vad", "silence_duration_ms": 300, "interrupt_response": True}
    converse(unhurried, conversation, turn_detection=detection)


def test_an_error_names_the_event_it_is_about(proxy: ProxyProcess) -> None:
    async def conversation(session: RealtimeSession) -> None:
        message: RealtimeModelRawClientMessage = {
            "type": "response.cancel",
            "other_data": {"event_id": "mine-1"},
        }
        await session.model.send_event(RealtimeModelSendRawMessage(message=message))
        async for event in session:
            if event.type == "error":
                assert "mine-1" in str(event.error)
                assert "response_cancel_not_active" in str(event.error)
                return

    converse(proxy, conversation)
