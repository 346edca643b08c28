"""The audio paths as Python sees them, beside numpy, soxr HQ and pybase64.

Each check lets both sides run a stream of the known sound until it is steady and
wants what comes out to be that sound, at the delay that each side promises: ours
`latency_ms`, soxr none (it holds samples back instead).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pybase64
from numpy.typing import NDArray

from benches.chunks import peers, sound
from benches.chunks.base64_cases import TEXT
from benches.chunks.case import Case, Work
from rtproxy import AudioFormat, AudioPath, AudioProcessor, Encoding, Resampler

UPSTREAM = AudioFormat(Encoding.PCM16, 24_000)
NAME = "numpy, soxr, pybase64"
CHUNKS, STEADY = 60, 20  # run in a check; how many of them are not looked at
FLOAT_DB, PCM16_DB, G711_DB = 100.0, 70.0, 30.0

Samples = NDArray[np.floating]


def of_base64(pieces: list[str | bytes]) -> Samples:
    """Mono samples of PCM16 in base64."""
    decoded = b"".join(pybase64.b64decode(piece) for piece in pieces)
    return np.frombuffer(decoded, "<i2") / 32768


def of_pcm16(pieces: list[bytes]) -> Samples:
    """Mono samples of PCM16."""
    return np.frombuffer(b"".join(pieces), "<i2") / 32768


def of_floats(channels: int) -> Callable[[list[bytes | Samples]], Samples]:
    """The last channel of interleaved float samples, in bytes or in arrays."""

    def mono(pieces: list[bytes | Samples]) -> Samples:
        flat = [np.frombuffer(piece, np.float32).reshape(-1) for piece in pieces]
        return np.concatenate(flat)[channels - 1 :: channels]

    return mono


def expect_steady(
    who: str,
    work: Work,
    read: Callable[[list], Samples],
    rate_hz: int,
    db: float,
    delay_ms: float = 0.0,
) -> None:
    """Raise WrongResultError unless the stream becomes the sound, `delay_ms` late."""
    samples = read([work.call(work.chunk) for _ in range(CHUNKS)])
    per_chunk = len(sound.chunk(rate_hz))
    part = samples[STEADY * per_chunk : (CHUNKS - 10) * per_chunk]
    sound.expect_sound(who, part, rate_hz, db, delay_ms / 1000)


def resampled(
    name: str,
    stream: AudioPath | Resampler,
    ours: Work,
    read: Callable[[list], Samples],
    fresh_peer: Callable[[], Callable],
    chunk: object,
    rate_hz: int,
    db: float,
    bar: float | None = None,
) -> Case:
    """A case whose two sides are streams; ours is reset for a check, the peer made anew."""

    def check() -> None:
        stream.reset()
        expect_steady(f"{name}, ours", ours, read, rate_hz, db, stream.latency_ms)
        expect_steady(f"{name}, peer", Work(fresh_peer(), chunk), read, rate_hz, db)

    return Case(name, ours, check, NAME, Work(fresh_peer(), chunk), bar)


def to_upstream() -> Iterator[Case]:
    """What frontends have, to the base64 that the upstream takes."""
    for rate_hz, name, bar in ((48_000, "48 kHz", 5.0), (44_100, "44.1 kHz", 2.0)):
        source = AudioFormat(Encoding.F32, rate_hz, 2)
        peer = partial(peers.ToUpstream, rate_hz, 2)
        stereo = sound.chunk(rate_hz, 2)
        yield outward(f"{name} stereo f32 → base64", source, peer, stereo, PCM16_DB, bar)
    for rate_hz in (48_000, 16_000):
        source = AudioFormat(Encoding.PCM16, rate_hz)
        peer = partial(peers.Pcm16ToUpstream, rate_hz)
        chunk = sound.pcm16(sound.chunk(rate_hz)).tobytes()
        name = f"{rate_hz // 1000} kHz mono pcm16 → base64"
        yield outward(name, source, peer, chunk, PCM16_DB)
    source = AudioFormat(Encoding.G711_ULAW, 8_000)
    chunk = ulaw(sound.pcm16(sound.chunk(8_000)))
    yield outward("8 kHz mu-law → base64", source, peers.UlawToUpstream, chunk, G711_DB, 1.5)


def outward(
    name: str,
    source: AudioFormat,
    peer: Callable[[], Callable],
    chunk: object,
    db: float,
    bar: float | None = None,
) -> Case:
    """One path to the upstream."""
    path = AudioPath(source, UPSTREAM)
    ours = Work(path.process_to_base64, chunk)
    return resampled(name, path, ours, of_base64, peer, chunk, UPSTREAM.rate_hz, db, bar)


def ulaw(samples: NDArray[np.int16]) -> bytes:
    """The nearest mu-law codes."""
    table = peers.ulaw_table().astype(np.int32)
    distance = np.abs(table[None, :] - samples.astype(np.int32)[:, None])
    return distance.argmin(axis=1).astype(np.uint8).tobytes()


def from_upstream() -> Iterator[Case]:
    """What the upstream sends, to what players take."""
    for rate_hz, name, bar in ((48_000, "48 kHz", 4.0), (44_100, "44.1 kHz", None)):
        path = AudioPath(UPSTREAM, AudioFormat(Encoding.F32, rate_hz, 2))
        ours = Work(path.process_from_base64_to_floats, TEXT)
        peer = partial(peers.FromUpstream, rate_hz, 2)
        title = f"base64 → {name} stereo f32"
        yield resampled(title, path, ours, of_floats(2), peer, TEXT, rate_hz, PCM16_DB, bar)


def resamplers() -> Iterator[Case]:
    """The resampler alone, mono floats to mono floats, beside soxr alone."""
    pairs = ((48_000, 24_000), (44_100, 24_000), (16_000, 24_000), (8_000, 24_000))
    for source, target in (*pairs, *((target, source) for source, target in pairs)):
        yield resampler_case(source, target, "low_latency")
    yield resampler_case(48_000, 24_000, "strict")


def resampler_case(source: int, target: int, quality: str) -> Case:
    """One pair of rates."""
    chunk = sound.chunk(source)
    stream = Resampler(source, target, quality=quality)
    name = f"resample {source / 1000:g} → {target / 1000:g} kHz"
    name += ", strict" if quality == "strict" else ""
    case = resampled(
        name,
        stream,
        Work(stream.process, chunk),
        of_floats(1),
        lambda: peers.resampler(source, target).resample_chunk,
        chunk,
        target,
        FLOAT_DB,
    )
    return Case(case.name, case.ours, case.check, "soxr", case.theirs)


def processor() -> Iterator[Case]:
    """`AudioProcessor`, as users have it."""
    own = AudioProcessor()
    stereo = sound.chunk(48_000, 2)

    def check() -> None:
        late_ms = AudioPath(AudioFormat(Encoding.F32, 48_000, 2), UPSTREAM).latency_ms
        expect_steady("AudioProcessor to", to, of_base64, 24_000, PCM16_DB, late_ms)
        late_ms = AudioPath(UPSTREAM, AudioFormat(Encoding.F32, 48_000, 2)).latency_ms
        expect_steady("AudioProcessor from", back, of_floats(2), 48_000, PCM16_DB, late_ms)
        expect_steady("float32_to_pcm16_base64", plain, of_base64, 24_000, PCM16_DB)
        expect_steady("the peer of it", nearest, of_base64, 24_000, PCM16_DB)

    to = Work(partial(own.process_for_openai, rate_hz=48_000, channels=2), stereo)
    back = Work(partial(own.process_from_openai, rate_hz=48_000, channels=2), TEXT)
    plain = Work(own.float32_to_pcm16_base64, sound.chunk(24_000))
    nearest = Work(to_base64, sound.chunk(24_000))
    peer = Work(peers.ToUpstream(48_000, 2), stereo)
    yield Case("process_for_openai, 48 kHz stereo", to, check, NAME, peer)
    peer = Work(peers.FromUpstream(48_000, 2), TEXT)
    yield Case("process_from_openai, 48 kHz stereo", back, check, NAME, peer)
    yield Case("float32_to_pcm16_base64", plain, check, "numpy, pybase64", nearest)


def to_base64(samples: NDArray[np.float32]) -> str:
    """The peer of `float32_to_pcm16_base64`."""
    return pybase64.b64encode_as_string(peers.rounded(samples * peers.SCALE))


def cases() -> Iterator[Case]:
    """Every path that changes the rate, and the faces for users."""
    yield from to_upstream()
    yield from from_upstream()
    yield from processor()
    yield from resamplers()
