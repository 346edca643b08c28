"""openai-python's client for Azure, unmodified, through the proxy: GA and the beta shape.

It dials Azure's preview address and names the model as a deployment; for Azure's own
GA address its users take the plain client with a base URL.
"""

from __future__ import annotations

import asyncio
from typing import Any

from openai import AsyncAzureOpenAI, AsyncOpenAI

from beta_types import check_beta

from . import speech
from .proxy_process import ProxyProcess
from .test_openai_python import SERVER_EVENT, TURN_S

SPOKEN = speech.utterance(1_200, after_ms=1_000)


def azure(proxy: ProxyProcess) -> AsyncAzureOpenAI:
    """The client, with the proxy for an endpoint."""
    return AsyncAzureOpenAI(
        azure_endpoint=f"http://127.0.0.1:{proxy.port}",
        websocket_base_url=f"ws://127.0.0.1:{proxy.port}/openai",
        api_version="2025-04-01-preview",
        api_key="x",
    )


async def answered(connection: Any, delta: str) -> list[Any]:
    """Ask a question; all events up to the end of the answer, which is the question."""
    for chunk in speech.chunks(SPOKEN):
        await connection.input_audio_buffer.append(audio=speech.encoded(chunk))
    events: list[Any] = []
    while not events or events[-1].type != "response.done":
        events.append(await connection.recv())
        assert events[-1].type != "error", events[-1]
    audio = b"".join(speech.decoded(event.delta) for event in events if event.type == delta)
    assert speech.ms(audio) > 1_000
    assert SPOKEN.find(audio) >= 0
    return events


def test_the_preview_address(proxy: ProxyProcess) -> None:
    async def run() -> None:
        async with (
            asyncio.timeout(TURN_S),
            azure(proxy) as client,
            client.realtime.connect(model="gpt-realtime-mini") as connection,
        ):
            events = await answered(connection, "response.output_audio.delta")
            assert events[0].session.model == "gpt-realtime-mini"
            for event in events:
                SERVER_EVENT.validate_python(event.model_dump(), strict=False)

    asyncio.run(run())


def test_the_preview_address_in_the_beta_shape(proxy: ProxyProcess) -> None:
    async def run() -> None:
        async with (
            asyncio.timeout(TURN_S),
            azure(proxy) as client,
            client.beta.realtime.connect(model="gpt-realtime-mini") as connection,
        ):
            for event in await answered(connection, "response.audio.delta"):
                check_beta(event.to_dict())

    asyncio.run(run())


def test_the_ga_address(proxy: ProxyProcess) -> None:
    async def run() -> None:
        base_url = f"http://127.0.0.1:{proxy.port}/openai/v1"
        async with (
            asyncio.timeout(TURN_S),
            AsyncOpenAI(base_url=base_url, api_key="x") as client,
            client.realtime.connect(model="gpt-realtime-mini") as connection,
        ):
            await answered(connection, "response.output_audio.delta")

    asyncio.run(run())
