"""What a stream of audio is: encoding, sample rate, channels; or packets of a codec.

Owns the names and the arithmetic between bytes and milliseconds. Must not know
how one format becomes another.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, unique

# What the extension converts between: telephony, speech, music, and their halves.
RATES_HZ = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000)
CHANNELS = (1, 2)


@unique
class Encoding(Enum):
    """How one sample is written."""

    PCM16 = "pcm16"  # signed 16 bit, little-endian
    F32 = "f32"  # IEEE float, little-endian, full scale ±1
    G711_ULAW = "g711_ulaw"
    G711_ALAW = "g711_alaw"

    @property
    def sample_bytes(self) -> int:
        """Bytes of one sample of one channel."""
        return {Encoding.PCM16: 2, Encoding.F32: 4}.get(self, 1)

    @property
    def silent_byte(self) -> int:
        """What each byte of digital silence is (ITU-T G.711 inverts bits on the line)."""
        return {Encoding.G711_ULAW: 0xFF, Encoding.G711_ALAW: 0xD5}.get(self, 0)


def _named(encoding: Encoding | str) -> Encoding:
    try:
        return Encoding(encoding)
    except ValueError:
        known = ", ".join(each.value for each in Encoding)
        raise ValueError(f"encoding {encoding!r} is not one of {known}") from None


@dataclass(frozen=True, slots=True, init=False)
class AudioFormat:
    """Interleaved audio at `rate_hz` with `channels` samples per frame."""

    encoding: Encoding
    rate_hz: int
    channels: int

    def __init__(self, encoding: Encoding | str, rate_hz: int, channels: int = 1) -> None:
        """An encoding's name ("pcm16") will do; ValueError where none has it."""
        object.__setattr__(self, "encoding", _named(encoding))
        object.__setattr__(self, "rate_hz", rate_hz)
        object.__setattr__(self, "channels", channels)

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample of all channels."""
        return self.encoding.sample_bytes * self.channels

    @property
    def bytes_per_s(self) -> int:
        """Bytes of one second."""
        return self.encoding.sample_bytes * self.rate_hz * self.channels

    def __str__(self) -> str:
        """As people say it."""
        channels = {1: "mono", 2: "stereo"}.get(self.channels, f"{self.channels} channels")
        return f"{self.encoding.value}, {self.rate_hz} Hz, {channels}"

    def milliseconds(self, size_bytes: int) -> float:
        """How long `size_bytes` of it play."""
        return size_bytes * 1000 / self.bytes_per_s

    def silence(self, duration_ms: float) -> bytes:
        """Digital silence, whole sample frames of it."""
        frames = int(duration_ms * self.rate_hz / 1000)
        size_bytes = frames * self.channels * self.encoding.sample_bytes
        return bytes([self.encoding.silent_byte]) * size_bytes

    def as_tuple(self) -> tuple[str, int, int]:
        """As the extension takes it: (encoding, rate in Hz, channels)."""
        return (self.encoding.value, self.rate_hz, self.channels)


PCM16_24K = AudioFormat(Encoding.PCM16, 24_000)


@dataclass(frozen=True, slots=True)
class OpusPackets:
    """Packets of Opus (RFC 6716), each a message by itself.

    They are no stream of samples: what they stand for is `samples`, and how long one
    plays is known when it is decoded. One that we make stands for `packet_ms`.
    """

    samples: AudioFormat = PCM16_24K
    packet_ms: int = 20

    def __str__(self) -> str:
        """As people say it."""
        return "opus"

    def as_tuple(self) -> tuple[str, int, int]:
        """As the splice takes it."""
        return ("opus", self.samples.rate_hz, self.samples.channels)


OPUS = OpusPackets()

LegAudio = AudioFormat | OpusPackets


def samples_of(audio: LegAudio) -> AudioFormat:
    """The samples that there are, or that packets stand for."""
    return audio.samples if isinstance(audio, OpusPackets) else audio
