"""Work on audio that keeps its rate: identity, mu-law, gain, pitch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benches.chunks import peers, sound
from benches.chunks.audio_cases import UPSTREAM
from benches.chunks.base64_cases import PCM
from benches.chunks.case import Case, Work, WrongResultError, expect
from rtproxy import AudioFormat, AudioPath, Encoding

GAIN = 1.5
PITCH = 1.5


def cases() -> Iterator[Case]:
    """From the least work to the most."""
    yield _identity()
    yield _ulaw()
    yield _gain()


def _identity() -> Case:
    path = AudioPath(UPSTREAM, UPSTREAM)
    return Case(
        "identity", Work(path.process, PCM), lambda: expect("identity", path.process(PCM), PCM)
    )


def _ulaw() -> Case:
    path = AudioPath(AudioFormat(Encoding.PCM16, 8_000), AudioFormat(Encoding.G711_ULAW, 8_000))
    samples = sound.pcm16(sound.chunk(8_000))

    def check() -> None:
        coded = np.frombuffer(path.process(samples.tobytes()), np.uint8)
        found = sound.snr_db(peers.ulaw_table()[coded] / 32768, samples / 32768)
        if found < 30:
            raise WrongResultError(f"mu-law: SNR {found:.1f} dB, at least 30 was due")

    return Case("8 kHz pcm16 → mu-law", Work(path.process, samples.tobytes()), check)


def _gain() -> Case:
    path = AudioPath(UPSTREAM, UPSTREAM, gain=GAIN)

    def louder(chunk: bytes) -> bytes:
        return peers.rounded(np.frombuffer(chunk, np.int16) * np.float32(GAIN)).tobytes()

    def check() -> None:
        got, want = (np.frombuffer(each(PCM), np.int16) for each in (path.process, louder))
        if int(np.abs(got.astype(int) - want).max()) > 1:
            raise WrongResultError("gain: more than one step away from numpy's")

    return Case("gain 1.5", Work(path.process, PCM), check, "numpy", Work(louder, PCM))


def _pitch() -> Case:
    path = AudioPath(UPSTREAM, UPSTREAM, pitch=PITCH)
    times = np.arange(960) / 24_000
    tone = sound.pcm16((0.5 * np.sin(2 * np.pi * 200 * times)).astype(np.float32)).tobytes()

    def check() -> None:
        path.reset()
        made = b"".join(path.process(tone) for _ in range(60))
        samples = np.frombuffer(made, np.int16)[-24_000:] / 32768
        loudest_hz = int(np.abs(np.fft.rfft(samples * np.hanning(len(samples)))).argmax())
        if len(made) != 60 * len(tone) or abs(loudest_hz - 200 * PITCH) > 2:
            raise WrongResultError(f"pitch: 200 Hz became {loudest_hz} Hz")

    return Case("pitch shift 1.5", Work(path.process, tone), check)
