"""The official clients, unmodified, straight against `rtproxy simulate` in a process of its own."""

from __future__ import annotations

import asyncio
import base64
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner
from agents.realtime.session import RealtimeSession
from openai import AsyncOpenAI
from openai.resources.realtime.realtime import AsyncRealtimeConnection

from .play import check
from .sounds import noise, question, silence

pytestmark = pytest.mark.e2e

MODEL = "gpt-realtime-2.1"
TURN_S = 20.0


@contextmanager
def simulate(*options: str) -> Iterator[str]:
    """The command, as a person starts it; yields the URL that it prints."""
    program = "from rtproxy.cli import main; main()"
    command = [sys.executable, "-c", program, "simulate", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()
            process.communicate()
        assert process.returncode == 0


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with simulate("--first-audio-delay-ms", "20", "--speed", "20") as address:
        yield address


def with_openai(
    url: str, conversation: Callable[[AsyncRealtimeConnection], Awaitable[None]], key: str = "sk-x"
) -> None:
    async def run() -> None:
        base_url = url.replace("ws://", "http://").removesuffix("/realtime")
        async with (
            AsyncOpenAI(base_url=base_url, api_key=key) as client,
            asyncio.timeout(TURN_S),
            client.realtime.connect(model=MODEL) as connection,
        ):
            await conversation(connection)

    asyncio.run(run())


async def until(connection: AsyncRealtimeConnection, event_type: str) -> list[Any]:
    events: list[Any] = []
    async for event in connection:
        check(event.to_dict())
        events.append(event)
        if event.type == event_type:
            return events
    raise AssertionError(f"no {event_type}; only {[event.type for event in events]}")


def test_openai_python_has_a_text_turn(url: str) -> None:
    async def conversation(connection: AsyncRealtimeConnection) -> None:
        await connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
        content: Any = [{"type": "input_text", "text": "Good morning"}]
        await connection.conversation.item.create(
            item={"type": "message", "role": "user", "content": content}
        )
        await connection.response.create()
        events = await until(connection, "response.done")
        said = [event.text for event in events if event.type == "response.output_text.done"]
        assert said == ["Good morning"]

    with_openai(url, conversation)


def test_openai_python_has_a_spoken_turn(url: str) -> None:
    spoken = silence(300) + question() + silence(600)

    async def conversation(connection: AsyncRealtimeConnection) -> None:
        for start in range(0, len(spoken), 9_600):
            audio = base64.b64encode(spoken[start : start + 9_600]).decode()
            await connection.input_audio_buffer.append(audio=audio)
        events = await until(connection, "response.done")
        answer = b"".join(
            base64.b64decode(event.delta)
            for event in events
            if event.type == "response.output_audio.delta"
        )
        assert len(answer) > 3_000 * 48
        assert answer in spoken

    with_openai(url, conversation)


def test_openai_python_gets_its_event_id_back(url: str) -> None:
    async def conversation(connection: AsyncRealtimeConnection) -> None:
        await connection.response.cancel(event_id="mine")
        error = (await until(connection, "error"))[-1].error
        assert (error.code, error.event_id) == ("response_cancel_not_active", "mine")

    with_openai(url, conversation)


def test_openai_python_with_a_bad_key(url: str) -> None:
    async def conversation(connection: AsyncRealtimeConnection) -> None:
        error = (await until(connection, "error"))[-1].error
        assert error.code == "invalid_api_key"

    with_openai(url, conversation, key="bad-key")


@function_tool
def lookup(city: str) -> str:
    """Look a city up."""
    return f"{city} is sunny"


def with_agents(
    url: str, conversation: Callable[[RealtimeSession], Awaitable[None]], **settings: Any
) -> None:
    async def run() -> None:
        agent: RealtimeAgent[Any] = RealtimeAgent(name="parrot", tools=[lookup])
        config: Any = {
            "url": f"{url}?model={MODEL}",
            "api_key": "sk-x",
            "initial_model_settings": {"model_name": MODEL, **settings},
        }
        session = await RealtimeRunner(agent).run(model_config=config)
        async with asyncio.timeout(TURN_S), session:
            await conversation(session)

    asyncio.run(run())


async def seen_until(session: RealtimeSession, event_type: str) -> list[Any]:
    """The session's events up to the first of that type; an error fails the test."""
    events: list[Any] = []
    async for event in session:
        assert event.type != "error", event
        events.append(event)
        if event.type == event_type:
            return events
    raise AssertionError(f"no {event_type}; only {[event.type for event in events]}")


def spoken_by(events: list[Any]) -> bytes:
    return b"".join(event.audio.data for event in events if event.type == "audio")


def test_openai_agents_has_a_text_turn(url: str) -> None:
    async def conversation(session: RealtimeSession) -> None:
        await session.send_message("Hello, parrot")
        assert spoken_by(await seen_until(session, "audio_end"))

    with_agents(url, conversation)


def test_openai_agents_has_spoken_turns_and_interrupts_one(url: str) -> None:
    """Semantic turn detection and transcription, as that SDK has them by default."""
    turn = silence(300) + noise(1_500) + silence(1_500)

    async def conversation(session: RealtimeSession) -> None:
        await session.send_audio(turn)
        assert spoken_by(await seen_until(session, "audio_end")) in turn
        # The answer has come, but would still be playing: speech interrupts it.
        await session.send_audio(turn)
        await seen_until(session, "audio_interrupted")
        assert spoken_by(await seen_until(session, "audio_end"))
        transcripts = [
            part.transcript
            for item in session._history
            for part in getattr(item, "content", [])
            if part.type == "input_audio"
        ]
        assert any(text and text.endswith("of speech") for text in transcripts)

    with_agents(url, conversation)


def test_openai_agents_calls_a_tool(url: str) -> None:
    async def conversation(session: RealtimeSession) -> None:
        await session.send_message("Look it up")
        events = await seen_until(session, "tool_end")
        assert "is sunny" in str(events[-1].output)

    with_agents(url, conversation, tool_choice="required")


def test_openai_agents_interrupts(url: str) -> None:
    async def conversation(session: RealtimeSession) -> None:
        await session.send_message("A long text that takes its time to be said aloud. " * 20)
        await seen_until(session, "audio")
        await session.interrupt()
        await seen_until(session, "audio_interrupted")

    with_agents(url, conversation)
