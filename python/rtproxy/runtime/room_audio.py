"""What was said in a room: converted once, kept for a while, fed to whoever takes it.

Owns the room's audio (PCM16, 24 kHz, mono) by the room's own time, which goes on with
what is said and stands still otherwise, and how far each line has been fed. Must not
know who speaks, what a line does with what it hears, nor which of it counts.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from math import inf

from rtproxy._audio_core import AudioPath, OpusDecoder, encode_base64
from rtproxy.model.audio_format import PCM16_24K, LegAudio, OpusPackets

Send = Callable[[bytes], None]

_SAMPLE_BYTES = PCM16_24K.frame_bytes
_BYTES_PER_MS = PCM16_24K.bytes_per_s // 1000

# A line that is fed what was said long ago gets it in pieces of a second.
_LARGEST_BYTES = PCM16_24K.bytes_per_s


class Ears:
    """Makes of a member's audio what the room keeps; one stream."""

    def __init__(self, speaks: LegAudio, *, longest_ms: float) -> None:
        """`speaks` is what the member sends, each message at most `longest_ms` of it."""
        self._convert: Callable[[bytes], bytes]
        self._most_bytes = inf  # of a packet, which is short, whatever it holds
        if isinstance(speaks, OpusPackets):
            self._convert = OpusDecoder().decode
        else:
            self._convert = AudioPath(speaks, PCM16_24K).process
            self._most_bytes = longest_ms / 1000 * speaks.bytes_per_s

    def hear(self, audio: bytes) -> bytes:
        """The next of it; ValueError for a packet that is none, or for too much at once."""
        if len(audio) > self._most_bytes:
            most = f"one may hold {self._most_bytes:.0f}"
            raise ValueError(f"it holds {len(audio)} bytes and {most}; send it in pieces")
        return self._convert(audio)


@dataclass(frozen=True, slots=True)
class Appends:
    """In what messages a line takes audio.

    `encode` makes one, of its number and its base64; `frame_ms` is how long each is to
    be, but for the last before a stop; 0: as long as what was said.
    """

    encode: Callable[[int, bytes], bytes]
    frame_ms: int = 0

    @property
    def frame_bytes(self) -> int:
        """The same in bytes."""
        return self.frame_ms * _BYTES_PER_MS


@dataclass(slots=True)
class _Feed:
    """How far a line has been fed, and until where it will be, in bytes of the room."""

    send: Send
    appends: Appends
    at: int
    until: float


class RoomAudio:
    """The audio of one room, from 0 ms on."""

    def __init__(self, keep_ms: int) -> None:
        """`keep_ms` of it are kept for who comes later."""
        self._keep_bytes = keep_ms * _BYTES_PER_MS
        self._kept = bytearray()
        self._begin = 0  # of what is kept
        self._feeds: dict[Hashable, _Feed] = {}
        self._appends = 0
        self._last: tuple[tuple[Appends, int, int], bytes] | None = None

    @property
    def said_ms(self) -> float:
        """How much was said so far."""
        return self._end / _BYTES_PER_MS

    @property
    def _end(self) -> int:
        return self._begin + len(self._kept)

    def take(self, samples: bytes) -> None:
        """This was said next; lines that listen are told of it."""
        self._kept += samples
        surplus = len(self._kept) - self._keep_bytes
        for key in list(self._feeds):
            self._advance(key)
        if surplus > 0:
            del self._kept[:surplus]
            self._begin += surplus

    def feed(
        self,
        key: Hashable,
        send: Send,
        appends: Appends,
        from_ms: float,
        to_ms: float | None = None,
    ) -> float:
        """Send a line what was said from there on, and until `to_ms` what will be.

        What it was fed before is over by that. Returns how many milliseconds of it are
        not kept any more.
        """
        start = _bytes_at(from_ms)
        until = inf if to_ms is None else _bytes_at(to_ms)
        self._feeds[key] = _Feed(send, appends, max(start, self._begin), until)
        self._advance(key)
        return max(0, self._begin - start) / _BYTES_PER_MS

    def stop(self, key: Hashable, at_ms: float) -> None:
        """Send a line no more than what was said up to there, and that now."""
        feed = self._feeds.get(key)
        if feed is not None:
            feed.until = min(_bytes_at(at_ms), self._end)
            self._advance(key)

    def pause(self, key: Hashable, length_ms: float) -> None:
        """Send a line that is fed all that was said, and silence, which is none of the room's."""
        feed = self._feeds.get(key)
        if feed is None:
            return
        audio = self._span(feed.at, self._end) + PCM16_24K.silence(length_ms)
        frame = feed.appends.frame_bytes or _LARGEST_BYTES
        for at in range(0, len(audio), frame):
            feed.send(self._encoded(feed.appends, audio[at : at + frame]))
        feed.at = self._end

    def forget(self, key: Hashable) -> None:
        """The line is gone."""
        self._feeds.pop(key, None)

    def _advance(self, key: Hashable) -> None:
        feed = self._feeds[key]
        end, frame = min(feed.until, self._end), feed.appends.frame_bytes
        while feed.at < end:
            to = int(min(feed.at + (frame or _LARGEST_BYTES), end))
            if to - feed.at < frame and to < feed.until:
                break  # its frame is not full yet
            feed.send(self._append(feed.appends, feed.at, to))
            feed.at = to
        if feed.at >= feed.until:
            del self._feeds[key]

    def _append(self, appends: Appends, at: int, to: int) -> bytes:
        """A message with this much; lines that are told the same share one."""
        wanted = (appends, at, to)
        if self._last is None or self._last[0] != wanted:
            self._last = wanted, self._encoded(appends, self._span(at, to))
        return self._last[1]

    def _encoded(self, appends: Appends, samples: bytes) -> bytes:
        self._appends += 1
        return appends.encode(self._appends, encode_base64(samples))

    def _span(self, at: int, to: int) -> bytes:
        return bytes(self._kept[at - self._begin : to - self._begin])


def _bytes_at(ms: float) -> int:
    """Whole samples."""
    return round(ms * _BYTES_PER_MS / _SAMPLE_BYTES) * _SAMPLE_BYTES


def length_ms(samples: bytes) -> float:
    """How long what the room keeps plays."""
    return PCM16_24K.milliseconds(len(samples))
