"""`rtproxy talk` in every kind of format: the answer that is saved is the question.

All conversations are held at once, each by a process of its own, because each takes
as long as its answer plays.
"""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import soundfile

from rtproxy import AudioPath
from rtproxy.audio.wav import Recording, write_wav
from rtproxy.cli.talk.formats import parse_format
from rtproxy.model.audio_format import OPUS, PCM16_24K, AudioFormat, Encoding, samples_of
from tests.built import needs_opus

from . import speech
from .conftest import FAST_SIMULATOR
from .likeness import snr_db
from .proxy_process import COMMAND, ProxyProcess

TALK_S = 90.0
MONO = AudioFormat(Encoding.F32, 24_000)
BAND = 0.85  # of the lowest Nyquist frequency on the way: what every filter leaves alone


class Talk(NamedTuple):
    """A conversation: with which proxy, in which dialect and formats."""

    dialect: str
    mic: str
    speaker: str
    binary: bool = False
    upstream: str = "pcm16"  # what the simulator insists on, if it does

    def __str__(self) -> str:
        parts = [self.dialect, self.mic, self.speaker, "binary" if self.binary else "text"]
        return "-".join([*parts, self.upstream]).replace("/", "_")

    @property
    def formats(self) -> list[AudioFormat]:
        """All that the audio is written in on its way."""
        return [samples_of(parse_format(each)) for each in (self.mic, self.speaker, self.upstream)]

    @property
    def band_hz(self) -> float:
        """What can be expected to arrive."""
        return BAND * min(each.rate_hz for each in self.formats) / 2

    @property
    def least_snr_db(self) -> float:
        """What must at least be left of it."""
        if str(OPUS) in (self.mic, self.speaker):
            return 15
        return 30 if all("g711" not in each.encoding.value for each in self.formats) else 25


TALKS = [
    Talk("voice", "pcm16", "pcm16"),
    Talk("voice", "pcm16", "pcm16", binary=True),
    Talk("voice", "f32/48000/2", "f32/48000/2", binary=True),
    Talk("voice", "pcm16/16000", "pcm16/44100/2"),
    Talk("voice", "g711_ulaw", "g711_ulaw"),
    Talk("voice", "pcm16/8000", "f32/96000"),
    Talk("companion", "pcm16", "pcm16"),
    Talk("companion", "f32/48000", "pcm16/16000", binary=True),
    Talk("conversation", "pcm16", "pcm16"),
    Talk("conversation", "f32/44100", "pcm16/48000"),
    Talk("conversation", "g711_ulaw", "f32/22050", binary=True),
    Talk("conversation", "pcm16/11025/2", "pcm16/12000"),
    Talk("conversation", "g711_alaw/16000", "g711_alaw/16000/2"),
    Talk("openai", "pcm16", "pcm16"),
    Talk("openai", "g711_ulaw", "g711_ulaw"),
    Talk("openai", "g711_alaw", "pcm16"),
    Talk("voice", "pcm16", "pcm16", upstream="g711_ulaw"),
    Talk("conversation", "f32/48000/2", "pcm16/16000", binary=True, upstream="g711_ulaw"),
    Talk("openai", "pcm16", "pcm16", upstream="g711_ulaw"),
]
IN_PACKETS = [
    Talk("voice", "opus", "opus"),
    Talk("conversation", "opus", "pcm16/16000"),
    Talk("companion", "opus", "opus"),
    Talk("conversation", "f32/48000/2", "opus"),
]

FORCED = FAST_SIMULATOR | {
    "RTPROXY_SIMULATOR__FORCE_INPUT_FORMAT": "audio/pcmu",
    "RTPROXY_SIMULATOR__FORCE_OUTPUT_FORMAT": "audio/pcmu",
}


class Outcome(NamedTuple):
    """How a conversation ended."""

    status: int
    output: str
    saved: Path


@pytest.fixture(scope="module")
def question() -> bytes:
    return speech.utterance(1_200, before_ms=400, after_ms=900)


Outcomes = dict[Talk, Outcome]


@pytest.fixture(scope="module")
def outcomes(
    proxy: ProxyProcess, question: bytes, tmp_path_factory: pytest.TempPathFactory
) -> Outcomes:
    """Every conversation but those in packets, held."""
    folder = tmp_path_factory.mktemp("talk")
    stubborn = ProxyProcess(folder / "log", env=FORCED)
    try:
        ports = {"pcm16": proxy.port, "g711_ulaw": stubborn.port}
        return _hold_all(TALKS, question, folder, ports)
    finally:
        stubborn.stop()


@pytest.fixture(scope="module")
def packet_outcomes(
    proxy: ProxyProcess, question: bytes, tmp_path_factory: pytest.TempPathFactory
) -> Outcomes:
    """Every conversation in packets, held."""
    folder = tmp_path_factory.mktemp("packets")
    return _hold_all(IN_PACKETS, question, folder, {"pcm16": proxy.port})


def _hold_all(talks: list[Talk], question: bytes, folder: Path, ports: dict[str, int]) -> Outcomes:
    asked = folder / "question.wav"
    asked.write_bytes(write_wav(Recording(PCM16_24K, question)))

    def hold(talk: Talk) -> Outcome:
        saved = folder / f"{talk}.wav"
        return Outcome(*_run(talk, asked, saved, ports[talk.upstream]), saved)

    with ThreadPoolExecutor(len(talks)) as threads:
        return dict(zip(talks, threads.map(hold, talks), strict=True))


def _run(talk: Talk, asked: Path, saved: Path, port: int) -> tuple[int, str]:
    """Exit status and output of `rtproxy talk`, which is given half a minute."""
    options = ["--url", f"ws://127.0.0.1:{port}", "--dialect", talk.dialect]
    formats = ["--mic-format", talk.mic, "--speaker-format", talk.speaker]
    binary = ["--binary"] if talk.binary else []
    words = ["talk", str(asked), "--save", str(saved), *options, *formats, *binary, "--fast"]
    try:
        done = subprocess.run(
            [str(COMMAND), *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TALK_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        return -1, f"it did not end: {error.output!r}"
    return done.returncode, done.stdout


@pytest.mark.parametrize("talk", TALKS, ids=str)
def test_the_answer_is_the_question(outcomes: Outcomes, question: bytes, talk: Talk) -> None:
    _check_likeness(outcomes[talk], question, talk)


@needs_opus
@pytest.mark.parametrize("talk", IN_PACKETS, ids=str)
def test_in_packets_it_is_the_question(
    packet_outcomes: Outcomes, question: bytes, talk: Talk
) -> None:
    _check_likeness(packet_outcomes[talk], question, talk)
    assert "in binary frames" in packet_outcomes[talk].output


def _check_likeness(outcome: Outcome, question: bytes, talk: Talk) -> None:
    status, output, saved = outcome
    assert status == 0, output
    said = np.frombuffer(question, "<i2") / 32_768
    heard = _heard(saved, talk)
    assert 1_200 < len(heard) / 24 < 2_500, output  # with what turn detection keeps around it
    likeness_db = snr_db(said, heard, MONO.rate_hz, talk.band_hz)
    assert likeness_db >= talk.least_snr_db, f"{likeness_db:.1f} dB\n{output}"


def _heard(saved: Path, talk: Talk) -> np.ndarray:
    """The saved answer at 24 kHz, mono; that it is a file which others read is checked by them."""
    samples, rate_hz = soundfile.read(saved, dtype="float32", always_2d=True)
    speaker = parse_format(talk.speaker) if talk.dialect != "openai" else None
    if speaker is not None:
        speaker = samples_of(speaker)
        assert (rate_hz, samples.shape[1]) == (speaker.rate_hz, speaker.channels)
    path = AudioPath(AudioFormat(Encoding.F32, rate_hz, samples.shape[1]), MONO)
    audio = path.process(np.ascontiguousarray(samples).tobytes()) + path.flush()
    return np.frombuffer(audio, "<f4").astype(np.float64)


def test_what_was_sent_and_heard_is_told(outcomes: Outcomes) -> None:
    assert "sent as" not in outcomes[Talk("voice", "pcm16", "pcm16")].output
    stereo = outcomes[Talk("voice", "f32/48000/2", "f32/48000/2", binary=True)]
    assert "sent as f32/48000/2, heard as f32/48000/2, in binary frames" in stereo.output
    believed = outcomes[Talk("openai", "pcm16", "pcm16", upstream="g711_ulaw")]
    assert "sent as g711_ulaw/8000, heard as g711_ulaw/8000" in believed.output
