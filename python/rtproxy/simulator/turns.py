"""Turn detection: who has begun to speak, and who has finished, in audio time.

Owns `server_vad` and `semantic_vad` over a row of levels, and the idle timeout.
Must not know the audio itself, the wall clock, or what follows from a turn.

Speech is what is louder than a gate, and the gate lies above the noise floor:
the floor falls quickly with a quiet frame and climbs slowly with a loud one, so
that a steady noise is speech for a few seconds at most. Four loud frames in a row
(40 ms) are a beginning: a click is shorter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rtproxy.simulator.commands import Json
from rtproxy.simulator.loudness import FRAME_MS

_FLOOR_START_DB = -65.0
_FLOOR_MAX_DB = -40.0  # a voice over louder noise than this is not worth guessing at
_FLOOR_CLIMB_DB = 5.0 * FRAME_MS / 1000  # 5 dB a second
_FLOOR_FALL = 0.3  # of the way, each frame
_HYSTERESIS_DB = 4.0  # speech goes on at levels that would not begin it
_ONSET_FRAMES = 4

_SEMANTIC_THRESHOLD = 0.5
_SEMANTIC_PREFIX_MS = 300
# Longest waits by eagerness (SDK docstring); auto is medium.
_SEMANTIC_WAIT_MS = {"low": 8_000, "medium": 4_000, "auto": 4_000, "high": 2_000}
_HESITATION_MS = 400  # "so ...", "uh": speech this short is waited on to the full
_SETTLED = 4  # any longer speech is taken as finished after this fraction of the wait


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Speech has begun; `start_ms` includes the prefix padding."""

    start_ms: float


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """Speech has ended; `end_ms` includes the silence that told so."""

    start_ms: float
    end_ms: float


@dataclass(frozen=True, slots=True)
class IdleTimeout:
    """Nobody has spoken for as long as the session allows."""

    start_ms: float
    end_ms: float


Finding = SpeechStarted | SpeechStopped | IdleTimeout


class TurnDetector:
    """Finds turns in a row of levels, one per 10 ms, that begins at `position_ms`."""

    def __init__(self, config: Json, position_ms: float) -> None:
        self._config = config
        self._position_ms = position_ms
        self._earliest_ms = position_ms
        self._floor_db = _FLOOR_START_DB
        self._loud_frames = 0
        self._idle_from_ms: float | None = None
        self._speech_from_ms: float | None = None
        self._onset_ms = 0.0
        self._last_loud_ms = 0.0

    @property
    def speaking(self) -> bool:
        """Whether somebody is speaking now."""
        return self._speech_from_ms is not None

    def listen(self, levels: Iterable[float]) -> Iterator[Finding]:
        """What these frames tell, in order."""
        for level in levels:
            loud = level >= self._gate_db()
            self._position_ms += FRAME_MS
            self._follow_floor(level)
            finding = self._during_speech(loud) if self.speaking else self._in_quiet(loud)
            if finding is not None:
                yield finding

    def await_speech(self, from_ms: float) -> None:
        """An answer ends at that time: the idle timeout counts from there."""
        if self._config.get("idle_timeout_ms") is not None and not self.speaking:
            self._idle_from_ms = max(from_ms, self._position_ms)

    def committed(self, end_ms: float) -> None:
        """Audio before `end_ms` belongs to an item or is cleared: nothing starts before it."""
        self._earliest_ms = end_ms
        self._speech_from_ms = None
        self._loud_frames = 0
        self._idle_from_ms = None

    def _gate_db(self) -> float:
        threshold = self._config.get("threshold", _SEMANTIC_THRESHOLD)
        gate: float = max(self._floor_db + 6 + 12 * threshold, -60 + 30 * threshold)
        return gate - _HYSTERESIS_DB if self.speaking else gate

    def _follow_floor(self, level: float) -> None:
        if level < self._floor_db:
            self._floor_db += (level - self._floor_db) * _FLOOR_FALL
        else:
            self._floor_db = min(self._floor_db + _FLOOR_CLIMB_DB, level, _FLOOR_MAX_DB)

    def _in_quiet(self, loud: bool) -> Finding | None:  # noqa: FBT001 - the frame's one property
        self._loud_frames = self._loud_frames + 1 if loud else 0
        if self._loud_frames >= _ONSET_FRAMES:
            return self._begin()
        return self._idle()

    def _begin(self) -> Finding:
        self._onset_ms = self._position_ms - self._loud_frames * FRAME_MS
        prefix_ms = self._config.get("prefix_padding_ms", _SEMANTIC_PREFIX_MS)
        start_ms = max(self._onset_ms - prefix_ms, self._earliest_ms)
        self._speech_from_ms = start_ms
        self._last_loud_ms = self._position_ms
        self._idle_from_ms = None
        return SpeechStarted(start_ms)

    def _during_speech(self, loud: bool) -> Finding | None:  # noqa: FBT001 - as above
        if loud:
            self._last_loud_ms = self._position_ms
        start_ms = self._speech_from_ms
        if start_ms is None or self._position_ms - self._last_loud_ms < self._wait_ms():
            return None
        self.committed(self._position_ms)
        return SpeechStopped(start_ms, self._position_ms)

    def _wait_ms(self) -> float:
        if self._config["type"] == "server_vad":
            # At least one quiet frame: with a wait of 0 speech would end as it begins.
            return max(float(self._config["silence_duration_ms"]), FRAME_MS)
        wait_ms = _SEMANTIC_WAIT_MS[self._config["eagerness"]]
        hesitant = self._last_loud_ms - self._onset_ms < _HESITATION_MS
        return wait_ms if hesitant else wait_ms / _SETTLED

    def _idle(self) -> Finding | None:
        if self._idle_from_ms is None:
            return None
        start_ms, end_ms = self._idle_from_ms, self._position_ms
        if end_ms - start_ms < self._config["idle_timeout_ms"]:
            return None
        self.committed(end_ms)
        return IdleTimeout(start_ms, end_ms)
