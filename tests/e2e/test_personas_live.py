"""Personas through a whole proxy: chosen, greeting, push-to-talk, writing, edited while it runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import trio

from . import speech
from .conftest import FAST_SIMULATOR
from .dialect import COMPANION, CONVERSATION, SMALL, VOICE, Dialect
from .peer import Peer
from .proxy_process import ProxyProcess
from .witness import becomes

GUIDE = 'instructions = "You are a guide."\nvoice = "{voice}"\n'
FILES = {
    "guide.toml": GUIDE.format(voice="cedar"),
    "host.toml": 'instructions = "You are a host."\ngreeting = "Welcome!"',
    "radio.toml": 'instructions = "Over."\n[session]\nturn_detection = "none"',
    "writer.toml": 'instructions = "You write."\n[session]\nmodalities = ["text"]',
    "other.toml": 'instructions = "You are another."\n[session]\nmodel = "gpt-realtime-2"',
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("personas")
    for name, text in FILES.items():
        (made / name).write_text(text)
    return made


@pytest.fixture(scope="module")
def cast(folder: Path) -> Iterator[ProxyProcess]:
    """A proxy with personas of its own."""
    env = {**FAST_SIMULATOR, "RTPROXY_PERSONAS__FOLDER": str(folder)}
    process = ProxyProcess(folder / "log", env=env)
    yield process
    process.stop()


async def meet(nursery: trio.Nursery, port: int, dialect: Dialect, persona: str) -> Peer:
    return await dialect.connect(nursery, port, f"?persona={persona}")


@pytest.mark.parametrize("dialect", SMALL, ids=lambda dialect: dialect.name)
async def test_an_address_chooses_who_answers(cast: ProxyProcess, dialect: Dialect) -> None:
    async with trio.open_nursery() as nursery:
        peer = await meet(nursery, cast.port, dialect, "guide")
        assert (await peer.next("session_ready"))["voice"] == "cedar"
        other = await meet(nursery, cast.port, dialect, "other")
        assert (await other.next("session_ready"))["model"] == "gpt-realtime-2"
        await peer.aclose()
        await other.aclose()


@pytest.mark.parametrize("dialect", SMALL, ids=lambda dialect: dialect.name)
async def test_nobody_of_that_name_is_told_and_closed(cast: ProxyProcess, dialect: Dialect) -> None:
    async with trio.open_nursery() as nursery:
        peer = await Peer.connect(nursery, cast.port, f"{dialect.path}?persona=nobody")
        peer.envelope = dialect.envelope
        error = await peer.next("error")
        assert (error["code"], error["param"], error["fatal"]) == (
            "unknown_persona",
            "persona",
            True,
        )
        assert "ally, companion, dr_sarah, guide" in error["message"]
        assert (await peer.closed()).code == 4400


@pytest.mark.parametrize("dialect", SMALL, ids=lambda dialect: dialect.name)
async def test_who_has_a_greeting_speaks_first(cast: ProxyProcess, dialect: Dialect) -> None:
    async with trio.open_nursery() as nursery:
        peer = await meet(nursery, cast.port, dialect, "host")
        events = await peer.until(dialect.done)  # and nothing was said
        told = [event["type"] for event in events]
        assert told[:2] == ["session_ready", "response_started"]
        assert b"".join(dialect.audio_of(event) for event in events)
        await dialect.speak(peer, speech.utterance(600))
        assert "speech_started" in [event["type"] for event in await peer.until(dialect.done)]
        await peer.aclose()


async def test_without_turn_detection_the_client_says_when_it_has_spoken(
    cast: ProxyProcess,
) -> None:
    spoken = speech.utterance(600, after_ms=1_500)
    async with trio.open_nursery() as nursery:
        peer = await meet(nursery, cast.port, VOICE, "radio")
        await peer.next("session_ready")
        await VOICE.speak(peer, spoken)
        assert await peer.quiet(0.5) == []
        await peer.send({"type": "commit_audio"})
        events = await peer.until("response_done")
        assert "speech_started" not in [event["type"] for event in events]
        assert b"".join(VOICE.audio_of(event) for event in events) == spoken
        await peer.aclose()


async def test_who_writes_is_read_at_once_in_voice(cast: ProxyProcess) -> None:
    async with trio.open_nursery() as nursery:
        peer = await meet(nursery, cast.port, VOICE, "writer")
        await peer.next("session_ready")
        await VOICE.speak(peer, speech.utterance(1_500))
        await peer.next("response_started")
        events = await peer.until("response_done", wait_s=2)  # the speech itself lasts longer
        kinds = {event["type"] for event in events}
        assert kinds == {"transcript", "response_done"}
        said = [event for event in events if event.get("role") == "assistant"]
        pieces = "".join(event["text"] for event in said if not event["final"])
        assert [event["text"] for event in said if event["final"]] == [pieces]
        assert pieces.endswith("s of speech")
        await peer.aclose()


async def test_who_writes_is_read_at_once_in_conversation(cast: ProxyProcess) -> None:
    async with trio.open_nursery() as nursery:
        peer = await meet(nursery, cast.port, CONVERSATION, "writer")
        await peer.next("session_ready")
        await peer.send({"type": "text", "text": "Write this down, please."})
        events = await peer.until("response_done", wait_s=2)
        assert {event["type"] for event in events} == {
            "response_started",
            "text_delta",
            "response_done",
        }
        written = "".join(event["text"] for event in events if event["type"] == "text_delta")
        assert written == "Write this down, please."
        await peer.aclose()


async def start_companion(nursery: trio.Nursery, port: int, persona: str) -> Peer:
    """Not by the address, but by the message that begins the conversation."""
    peer = await Peer.connect(nursery, port, COMPANION.path)
    peer.envelope = COMPANION.envelope
    await peer.send({"type": "auth", "userId": "anna"})
    await peer.send({"type": "start_realtime", "persona": persona})
    return peer


async def test_who_writes_is_read_at_once_in_companion(cast: ProxyProcess) -> None:
    async with trio.open_nursery() as nursery:
        peer = await start_companion(nursery, cast.port, "writer")
        await peer.next("session_ready")
        await peer.send({"type": "text", "text": "Write this down, please."})
        events = await peer.until("response_complete", wait_s=2)
        told = [event["text"] for event in events if event["type"] == "text_delta"]
        assert "".join(told) == "Write this down, please."
        assert not [event for event in events if event["type"] == "audio_delta"]
        await peer.aclose()


async def test_a_companion_may_speak_first_and_in_a_model_of_its_own(cast: ProxyProcess) -> None:
    async with trio.open_nursery() as nursery:
        peer = await start_companion(nursery, cast.port, "host")
        events = await peer.until("response_complete")  # and nothing was said
        assert "audio_delta" in {event["type"] for event in events}
        other = await start_companion(nursery, cast.port, "other")
        assert (await other.next("session_ready"))["model"] == "gpt-realtime-2"
        await peer.aclose()
        await other.aclose()


async def test_an_edit_is_for_the_next_session(cast: ProxyProcess, folder: Path) -> None:
    async def voice() -> str:
        async with trio.open_nursery() as nursery:
            peer = await meet(nursery, cast.port, VOICE, "guide")
            ready = await peer.next("session_ready")
            await peer.aclose()
        return str(ready["voice"])

    file = folder / "guide.toml"
    try:
        file.write_text(GUIDE.format(voice="marin"))
        assert await becomes(lambda: "persona_loaded" in cast.log)
        assert await voice() == "marin"
        file.write_text(GUIDE.format(voice="tenor"))
        assert await becomes(lambda: "persona_broken" in cast.log)
        assert f"{file}:2: voice is 'tenor'" in cast.log
        assert await voice() == "marin"
    finally:
        file.write_text(FILES["guide.toml"])
