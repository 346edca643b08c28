"""The messages that the small dialects share, through a whole proxy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trio
from numpy.typing import NDArray

from rtproxy._audio_core import AudioPath
from rtproxy.model.audio_format import PCM16_24K, AudioFormat, Encoding

from . import speech
from .conftest import StartProxy
from .dialect import COMPANION, CONVERSATION, SMALL, VOICE, Dialect
from .likeness import snr_db
from .peer import Peer
from .proxy_process import ProxyProcess
from .witness import assert_works, witnessed

TOOLS = [
    {"type": "function", "name": name, "description": name, "parameters": {"type": "object"}}
    for name in ("weather", "news")
]
SCRIPT = """
[[turn]]
answer = [
    { say = "Let me look.", audio_ms = 300 },
    { call = "weather", arguments = { city = "Rome" } },
    { call = "news" },
]

[[turn]]
answer = [{ say = "It is sunny.", audio_ms = 300 }]

[[turn]]
answer = [
    { error = "rate_limit_exceeded", kind = "rate_limit_error", message = "Slower." },
    { error = "invalid_value", kind = "invalid_request_error", message = "Not that." },
    { say = "Here I am.", audio_ms = 100 },
]

[[turn]]
answer = [{ fail = "rate_limit_exceeded", kind = "rate_limit_error", message = "No tokens." }]

[[turn]]
answer = [{ say = "I am", audio_ms = 200 }, { fault = "close" }]
"""


@pytest.fixture
def scripted(start_proxy: StartProxy, tmp_path: Path) -> ProxyProcess:
    path = tmp_path / "script.toml"
    path.write_text(SCRIPT, encoding="utf-8")
    env = {"RTPROXY_SIMULATOR__VOICE": "script", "RTPROXY_SIMULATOR__SCRIPT": str(path)}
    return start_proxy(env=env)


async def ask(peer: Peer) -> list[dict[str, Any]]:
    """Ask something, and hear all of the answer."""
    await peer.send({"type": "text", "text": "go on"})
    return await peer.until("response_done")


def of_type(events: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [event for event in events if event["type"] == name]


def text_of(events: list[dict[str, Any]]) -> str:
    return "".join(event["text"] for event in of_type(events, "text_delta"))


async def test_tools_of_the_client_and_errors_of_the_upstream(
    scripted: ProxyProcess, nursery: trio.Nursery
) -> None:
    """One conversation through the whole script."""
    peer = await CONVERSATION.open(nursery, scripted.port)
    await peer.send({"type": "session_update", "event_id": "tools", "tools": TOOLS})
    changed = await peer.next("session_updated")
    assert (changed["event_id"], changed["voice"]) == ("tools", "alloy")

    events = await ask(peer)
    weather, news = of_type(events, "tool_call")
    assert (weather["name"], json.loads(weather["arguments"])) == ("weather", {"city": "Rome"})
    assert (news["name"], json.loads(news["arguments"])) == ("news", {})
    assert weather["responseId"] == events[-1]["responseId"]
    await peer.send({"type": "tool_result", "callId": "call_nobody", "output": "?"})
    assert (await peer.next("error"))["param"] == "callId"
    await peer.send({"type": "tool_result", "callId": news["callId"], "output": "none"})
    await peer.send({"type": "tool_result", "callId": weather["callId"], "output": {"sun": True}})
    events = await peer.until("response_done")
    assert text_of(events) == "It is sunny."

    events = await ask(peer)
    told = [(one["error_type"], one["message"], one["fatal"]) for one in of_type(events, "error")]
    assert told == [
        ("rate_limit_error", "Slower.", False),
        ("invalid_request_error", "Not that.", False),
    ]
    assert text_of(events) == "Here I am."

    events = await ask(peer)
    (failed,) = of_type(events, "error")
    assert (failed["code"], failed["fatal"]) == ("rate_limit_exceeded", False)
    assert events[-1]["status"] == "failed"

    await peer.send({"type": "text", "text": "one more"})
    lost = await peer.next("error")
    assert (lost["error_type"], lost["fatal"]) == ("server_error", True)
    assert (await peer.closed()).code == 1013
    nursery.cancel_scope.cancel()


@pytest.mark.parametrize("dialect", SMALL, ids=lambda dialect: dialect.name)
async def test_a_session_is_changed_or_the_field_is_named(
    proxy: ProxyProcess, dialect: Dialect
) -> None:
    async with witnessed(proxy) as nursery:
        peer = await dialect.open(nursery, proxy.port)
        await peer.send({"type": "session_update", "voice": "sage", "instructions": "Be brief."})
        assert (await peer.next("session_updated"))["voice"] == "sage"
        await peer.send({"type": "session_update", "event_id": "e", "voice": "nobody"})
        refused = await peer.next("error")
        assert (refused["param"], refused["event_id"]) == ("voice", "e")
        assert "alloy" in refused["message"]
        await dialect.speak(peer, speech.utterance(500))
        await peer.next(dialect.delta)
        await peer.send({"type": "session_update", "event_id": "f", "voice": "ash"})
        refused = await peer.next("error")
        assert (refused["code"], refused["event_id"]) == ("cannot_update_voice", "f")
        assert refused["message"].startswith("Cannot update a conversation's voice")
        await peer.next(dialect.done)
        await peer.send({"type": "session_update", "model": "gpt-realtime-mini"})
        assert "model" in (await peer.next("error"))["param"]
        await peer.send({"type": "session_update", "turn_detection": None})
        await peer.next("session_updated")
        await dialect.speak(peer, speech.utterance(300, after_ms=1_000))
        assert "speech_started" not in [one["type"] for one in await peer.quiet(0.5)]


@pytest.mark.parametrize("dialect", SMALL, ids=lambda dialect: dialect.name)
async def test_bare_audio_between_messages(proxy: ProxyProcess, dialect: Dialect) -> None:
    async with witnessed(proxy) as nursery:
        peer = await dialect.connect(nursery, proxy.port, "?audio=binary")
        await peer.next("session_ready")
        spoken = speech.utterance(600, after_ms=1_000)
        chunks = list(speech.chunks(spoken))
        for chunk in chunks:
            await peer.send(chunk)
            await peer.send({"type": "ping"})
        kinds, heard = await _until_done(peer, dialect)
        assert kinds.count("pong") == len(chunks)
        assert kinds.index("audio_start") < kinds.index("")
        assert kinds[-2:] == ["audio_done", dialect.done]
        assert heard
        assert spoken.find(heard) >= 0, "the answer is a part of what was said"
        await peer.send({"type": "session_update", "instructions": "Be brief."})
        await peer.next("session_updated")


@pytest.mark.parametrize(
    ("dialect", "law"),
    [(VOICE, "g711_ulaw"), (COMPANION, "g711_alaw"), (CONVERSATION, "g711_ulaw")],
)
async def test_bare_audio_of_a_telephone(proxy: ProxyProcess, dialect: Dialect, law: str) -> None:
    line = AudioFormat(Encoding(law), 8_000)
    spoken = AudioPath(PCM16_24K, line).process(speech.utterance(1_200, after_ms=1_000))
    async with witnessed(proxy) as nursery:
        query = f"?audio=binary&format={law}&output_format={law}"
        peer = await dialect.connect(nursery, proxy.port, query)
        await peer.next("session_ready")
        for start in range(0, len(spoken), 320):
            await peer.send(spoken[start : start + 320])
        kinds, heard = await _until_done(peer, dialect)
    assert kinds.index("audio_start") < kinds.index("")
    assert snr_db(_linear(spoken, line), _linear(heard, line), 8_000, band_hz=3_000) > 20


def _linear(audio: bytes, line: AudioFormat) -> NDArray[np.float64]:
    samples = AudioPath(line, AudioFormat(Encoding.F32, line.rate_hz)).process(audio)
    return np.frombuffer(samples, "<f4").astype(np.float64)


async def _until_done(peer: Peer, dialect: Dialect) -> tuple[list[str], bytes]:
    """The types of what came, "" for bare audio, and that audio."""
    kinds, heard = [], b""
    while dialect.done not in kinds:
        arrival = await peer.arrival()
        if isinstance(arrival.data, bytes):
            kinds.append("")
            heard += arrival.data
        else:
            kinds.append(arrival.event["type"])
    return kinds, heard


async def test_who_does_nothing_is_told_and_closed(
    start_proxy: StartProxy, nursery: trio.Nursery
) -> None:
    proxy = start_proxy(env={"RTPROXY_LIMITS__INACTIVE_S": "1.5"})
    peer = await VOICE.open(nursery, proxy.port)
    await VOICE.speak(peer, speech.utterance(1_000))  # it is answered: this is not nothing
    events = await peer.until("response_done")
    assert "error" not in [event["type"] for event in events]
    done_at = trio.current_time()
    for _ in range(2):
        await trio.sleep(0.3)
        await peer.send({"type": "ping"})
        await VOICE.speak(peer, speech.silence(200))
    error = await peer.next("error")
    assert (error["code"], error["fatal"]) == ("inactive", True)
    assert trio.current_time() - done_at == pytest.approx(1.5, abs=0.5)
    assert (await peer.closed()).code == 4408
    nursery.cancel_scope.cancel()


async def test_the_end_of_the_upstreams_session_is_told_before(
    start_proxy: StartProxy, nursery: trio.Nursery
) -> None:
    # The simulator's sessions have an hour, as the real ones.
    proxy = start_proxy(env={"RTPROXY_LIMITS__EXPIRING_S": "3599"})
    for dialect in SMALL:
        peer = await dialect.open(nursery, proxy.port)
        expiring = await peer.next("session_expiring")
        assert expiring["inMs"] == pytest.approx(3_599_000, abs=2_000)
    await assert_works(peer)
    nursery.cancel_scope.cancel()
