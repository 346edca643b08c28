"""A client's own audio format, through the whole proxy and back."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from rtproxy._audio_core import AudioPath, OpusDecoder, OpusEncoder
from rtproxy.model.audio_format import PCM16_24K, AudioFormat, Encoding
from tests.built import needs_opus

from . import speech
from .likeness import snr_db
from .peer import Peer
from .proxy_process import ProxyProcess
from .witness import witnessed

STUDIO = AudioFormat(Encoding.F32, 48_000, 2)
QUERY = (
    "?format=f32&rate=48000&channels=2&output_format=f32&output_rate=48000&output_channels=2"
    "&audio=binary"
)


async def test_a_binary_studio_client_gets_its_speech_back(proxy: ProxyProcess) -> None:
    spoken = AudioPath(PCM16_24K, STUDIO).process(speech.utterance(1_200, after_ms=1_000))
    async with witnessed(proxy) as nursery:
        peer = await Peer.connect(nursery, proxy.port, f"/ws/voice{QUERY}")
        await peer.next("session_ready")
        for start in range(0, len(spoken), 15_360):  # 40 ms
            await peer.send(spoken[start : start + 15_360])
        told, heard = await _answer(peer)
    assert told.index("audio_start") < told.index("")
    assert told[-2:] == ["audio_done", "response_done"]
    assert snr_db(_left(spoken), _left(heard), STUDIO.rate_hz, band_hz=9_000) > 60


@needs_opus
async def test_a_client_of_packets_gets_its_speech_back_in_packets(proxy: ProxyProcess) -> None:
    spoken, encoder = speech.utterance(1_200, after_ms=1_000), OpusEncoder()
    query = "?format=opus&output_format=opus"
    async with witnessed(proxy) as nursery:
        peer = await Peer.connect(nursery, proxy.port, f"/ws/conversation{query}")
        await peer.next("session_ready")
        await peer.send(b"OggS: no packet")
        error = await peer.next("error")
        assert (error["code"], error["fatal"]) == ("invalid_audio", False)
        for start in range(0, len(spoken), 960):  # 20 ms
            await peer.send(encoder.encode(spoken[start : start + 960]))
        heard = [OpusDecoder().decode(packet) for packet in await _packets(peer)]
    assert {len(samples) for samples in heard} == {960}
    assert 1_200 < 20 * len(heard) < 2_500


async def _packets(peer: Peer) -> list[bytes]:
    """The binary frames of an answer."""
    packets = []
    while True:
        arrival = await peer.arrival()
        if isinstance(arrival.data, bytes):
            packets.append(arrival.data)
        elif arrival.event["type"] == "response_done":
            return packets


async def _answer(peer: Peer) -> tuple[list[str], bytes]:
    """The types of what came, "" for bare audio, and that audio."""
    told, heard = [], b""
    while "response_done" not in told:
        arrival = await peer.arrival()
        if isinstance(arrival.data, bytes):
            told.append("")
            heard += arrival.data
        else:
            told.append(arrival.event["type"])
    return told, heard


def _left(audio: bytes) -> NDArray[np.float64]:
    return np.frombuffer(audio, "<f4").reshape(-1, 2)[:, 0].astype(np.float64)


@pytest.mark.parametrize("path", ["/ws/voice", "/ws/conversation"])
async def test_a_query_that_cannot_be_served_is_told_and_closed(
    proxy: ProxyProcess, path: str
) -> None:
    async with witnessed(proxy) as nursery:
        peer = await Peer.connect(nursery, proxy.port, f"{path}?rate=47000")
        error = await peer.next("error")
        assert (error["code"], error["param"], error["fatal"]) == (
            "invalid_parameter",
            "rate",
            True,
        )
        assert "44100" in error["message"]
        assert (await peer.closed()).code == 4400
