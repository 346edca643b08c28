"""`companion` through a whole proxy: source 002's own conversation, and what is heard of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import trio
from numpy.typing import NDArray

from . import speech
from .conftest import StartProxy
from .dialect import COMPANION, Dialect
from .likeness import snr_db
from .peer import Peer
from .proxy_process import ProxyProcess, free_port
from .recorded_upstream import RecordedUpstream
from .witness import witnessed

# As source 002 writes them.
AUTH = {"type": "auth", "data": {"userId": "user-123", "conversationId": "conv-456"}}
TRAITS = {"playfulness": 70, "empathy": 80, "humor": 60, "intelligence": 75, "supportiveness": 85}
VOICE = {"voice": "nova", "speed": 1.0, "pitch": 1.0, "volume": 1.0}
START = {"type": "start_realtime", "data": {"personalityTraits": TRAITS, "voiceSettings": VOICE}}

FIELDS = {
    "session_ready": {"sessionId", "model", "voice"},
    "speech_started": {"itemId", "audioStartMs"},
    "speech_stopped": {"itemId", "audioEndMs"},
    "audio_delta": {"responseId", "itemId", "audioData"},
    "text_delta": {"responseId", "itemId", "text"},
    "transcription": {"itemId", "transcript"},
    "response_complete": {"responseId", "status", "usage"},
}


def starting(**data: Any) -> Dialect:
    """The dialect as a client speaks it whose start asks for this."""
    return replace(COMPANION, introduction=({"type": "auth"}, {"type": "start_realtime", **data}))


def samples(pcm: bytes) -> NDArray[np.float64]:
    return np.frombuffer(pcm, "<i2").astype(np.float64)


async def said_back(proxy: ProxyProcess, dialect: Dialect, spoken: bytes) -> bytes:
    """What is heard of the parrot's answer."""
    async with witnessed(proxy) as nursery:
        peer = await dialect.open(nursery, proxy.port)
        await dialect.speak(peer, spoken)
        events = await peer.until(dialect.done)
    return b"".join(dialect.audio_of(event) for event in events)


async def test_source_002_on_the_port_of_its_own(
    start_proxy: StartProxy, nursery: trio.Nursery
) -> None:
    port = free_port()
    proxy = start_proxy(env={"WS_PORT": str(port)})
    assert f"ws://127.0.0.1:{port}/" in proxy.log
    peer = await Peer.connect(nursery, port, "/")
    await peer.send(AUTH)
    await peer.send(START)
    for chunk in speech.chunks(speech.utterance(1_200, after_ms=1_000)):
        await peer.send({"type": "audio", "data": {"audio": speech.encoded(chunk)}})
    events = await peer.until("response_complete")
    by_type = {event["type"]: event["data"] for event in events}
    for name, fields in FIELDS.items():
        assert fields <= set(by_type[name]), name
    assert events[0]["type"] == "session_ready"
    assert by_type["session_ready"]["voice"] == "marin"  # the upstream has no nova any more
    assert by_type["audio_delta"]["responseId"] == by_type["response_complete"]["responseId"]
    assert by_type["speech_started"]["itemId"] == by_type["transcription"]["itemId"]
    over = by_type["response_complete"]
    assert over["status"] == "completed"
    assert over["usage"]["total_tokens"] > 0
    nursery.cancel_scope.cancel()


async def test_typed_text_is_answered(proxy: ProxyProcess) -> None:
    async with witnessed(proxy) as nursery:
        peer = await COMPANION.open(nursery, proxy.port)
        await peer.send({"type": "text", "text": "Hello, how are you?"})
        events = await peer.until("response_complete")
    deltas = [event for event in events if event["type"] == "text_delta"]
    assert "".join(event["text"] for event in deltas)
    assert {event["responseId"] for event in deltas} == {events[-1]["responseId"]}


@pytest.mark.parametrize("volume", [0.5, 2.0])
async def test_volume_is_heard(proxy: ProxyProcess, volume: float) -> None:
    quiet = (samples(speech.utterance(1_200, after_ms=1_000)) * 0.4).astype("<i2").tobytes()
    heard = await said_back(proxy, starting(voiceSettings={"volume": volume}), quiet)
    assert snr_db(samples(quiet) * volume, samples(heard), 24_000, band_hz=9_000) > 50


async def test_pitch_is_heard_and_takes_no_longer(proxy: ProxyProcess) -> None:
    at = np.arange(24_000) / 24_000
    tone = (np.sin(2 * np.pi * 400 * at) * 8_000).astype("<i2").tobytes()
    spoken = speech.silence(400) + tone + speech.silence(1_000)
    heard = await said_back(proxy, starting(voiceSettings={"pitch": 1.5}), spoken)
    plain = await said_back(proxy, COMPANION, spoken)
    semitones = 12 * np.log2(_loudest_hz(heard) / _loudest_hz(plain))
    assert semitones == pytest.approx(7.02, abs=0.15)
    assert _loudest_hz(plain) == pytest.approx(400, abs=2)
    assert speech.ms(heard) == pytest.approx(speech.ms(plain), abs=60)


def _loudest_hz(pcm: bytes) -> float:
    signal = samples(pcm)
    spectrum = np.abs(np.fft.rfft(signal * np.hanning(len(signal)), 96_000))
    return float(np.argmax(spectrum)) / 4


async def asked_for(start_proxy: StartProxy, nursery: trio.Nursery, dialect: Dialect) -> Any:
    """The session that an upstream is asked for."""
    upstream = await RecordedUpstream().serve(nursery)
    proxy = start_proxy("--upstream", upstream.url)
    peer = await dialect.connect(nursery, proxy.port)
    asked = (await upstream.next("session.update"))["session"]
    await peer.aclose()
    return asked


async def test_what_a_start_asks_for_is_asked_of_the_upstream(
    start_proxy: StartProxy, nursery: trio.Nursery
) -> None:
    wanted = starting(
        voiceSettings={"voice": "nova", "speed": 1.25}, personalityTraits={"humor": 100}
    )
    asked = await asked_for(start_proxy, nursery, wanted)
    assert asked["audio"]["output"]["voice"] == "marin"
    assert asked["audio"]["output"]["speed"] == 1.25
    detection = asked["audio"]["input"]["turn_detection"]
    assert (detection["type"], detection["silence_duration_ms"]) == ("server_vad", 500)
    earnest = starting(personalityTraits={"humor": 0})
    other = await asked_for(start_proxy, nursery, earnest)
    assert asked["instructions"] != other["instructions"]
    nursery.cancel_scope.cancel()


@pytest.mark.parametrize("speed", [0.5, 1.5])
async def test_speed_is_heard(proxy: ProxyProcess, speed: float) -> None:
    """Ten characters are 600 ms of the simulator's speech at the usual speed."""
    async with witnessed(proxy) as nursery:
        peer = await starting(voiceSettings={"speed": speed}).open(nursery, proxy.port)
        await peer.send({"type": "text", "text": "ten of them"[:10]})
        events = await peer.until(COMPANION.done)
        heard = b"".join(COMPANION.audio_of(event) for event in events)
        assert speech.ms(heard) == pytest.approx(600 / speed, abs=1)


async def test_a_second_start_changes_the_conversation(proxy: ProxyProcess) -> None:
    async with witnessed(proxy) as nursery:
        peer = await COMPANION.open(nursery, proxy.port)
        await peer.send({"type": "start_realtime", "voiceSettings": {"voice": "sage"}})
        assert (await peer.next("session_ready"))["voice"] == "sage"
        await COMPANION.speak(peer, speech.utterance(500))
        await peer.next("response_complete")
        late = {"voiceSettings": {"voice": "ash"}, "personalityTraits": TRAITS}
        await peer.send({"type": "start_realtime", "event_id": "late", **late})
        events = await peer.until("session_ready")
    errors = [event for event in events if event["type"] == "error"]
    assert [(error["code"], error["event_id"]) for error in errors] == [
        ("cannot_update_voice", "late")
    ]
    assert events[-1]["voice"] == "sage"


async def test_an_interrupted_answer_says_where(proxy: ProxyProcess) -> None:
    async with witnessed(proxy) as nursery:
        peer = await COMPANION.open(nursery, proxy.port)
        await COMPANION.speak(peer, speech.utterance(3_000, after_ms=1_000))
        item_id = (await peer.next("audio_delta"))["itemId"]
        await trio.sleep(0.5)
        await peer.send({"type": "interrupt"})
        interrupted = await peer.next("interrupted")
        over = await peer.next("response_complete")
    assert interrupted["itemId"] == item_id
    assert 200 < interrupted["playedMs"] < 1_500
    assert over["status"] == "cancelled"


STEREO = "?rate=48000&channels=2&output_rate=16000"


async def test_other_formats_by_the_address(proxy: ProxyProcess) -> None:
    stereo = np.repeat(np.repeat(samples(speech.utterance(1_000, after_ms=1_000)), 2), 2)
    spoken = stereo.astype("<i2").tobytes()
    async with witnessed(proxy) as nursery:
        peer = await COMPANION.connect(nursery, proxy.port, STEREO)
        await peer.next("session_ready")
        for start in range(0, len(spoken), 7_680):  # 40 ms
            await peer.send(COMPANION.audio(spoken[start : start + 7_680]))
        events = await peer.until("response_complete")
    heard = b"".join(COMPANION.audio_of(event) for event in events)
    assert 900 < len(heard) / 32 < 2_400, "milliseconds at 16 kHz"


BAD: dict[str, Callable[[], dict[str, Any]]] = {
    "auth twice": lambda: {"type": "auth", "userId": "somebody else"},
    "a trait out of range": lambda: {"type": "start_realtime", "personalityTraits": {"humor": 101}},
    "a speed out of range": lambda: {"type": "start_realtime", "voiceSettings": {"speed": 2}},
    "an unknown persona": lambda: {"type": "start_realtime", "persona": "nobody"},
    "an unknown voice": lambda: {"type": "start_realtime", "voiceSettings": {"voice": "siri"}},
    "no text": lambda: {"type": "text"},
}


@pytest.mark.parametrize("what", BAD)
async def test_bad_input_is_told_and_survived(proxy: ProxyProcess, what: str) -> None:
    async with witnessed(proxy) as nursery:
        peer = await COMPANION.open(nursery, proxy.port)
        await peer.send({**BAD[what](), "event_id": "mine"})
        error = await peer.next("error")
        assert (error["event_id"], error["fatal"]) == ("mine", False)
        assert error["error"]
        await peer.send({"type": "text", "text": "ok"})
        await peer.next("response_complete")
