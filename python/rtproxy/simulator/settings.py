"""How this simulator behaves, as one frozen value.

Owns the settings, their defaults and their ranges. Must not know who reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, unique
from pathlib import Path

from rtproxy.config import SimulatorConfig
from rtproxy.config.schema import WireFormat
from rtproxy.model.errors import ConfigError
from rtproxy.simulator.faults import Fault
from rtproxy.simulator.voices.echo import Echo
from rtproxy.simulator.voices.parrot import Parrot
from rtproxy.simulator.voices.script import Follower, Script, read_script
from rtproxy.simulator.voices.voice import Voice


@unique
class VoiceName(Enum):
    """Who answers."""

    PARROT = "parrot"
    SCRIPT = "script"
    ECHO = "echo"


@unique
class TranscriptionPlace(Enum):
    """Where the transcription of the input falls, seen from the response to it."""

    BEFORE = "before"
    INSIDE = "inside"
    AFTER = "after"
    VARY = "vary"  # another one each time, by the seed


@dataclass(frozen=True, slots=True)
class Settings:
    """All that can be set.

    `speed` is how many times faster than it plays an answer is sent (inf: all at
    once), `words_per_s` how fast text is written that is not spoken: transcriptions,
    translations, answers in text (None: as `speed` says, transcriptions at once).
    `cancel_lag_ms` is how long an answer goes on after it was cancelled,
    `echo_transcript_hz` how many transcript deltas a second an echo sends. Keys
    and models that begin with the bad prefixes are refused, all others accepted.
    `force_input_format` and `force_output_format` are what every session gets from its
    first event on, whatever it asks for: compatible upstreams do so.
    `seed` makes ids and choices repeatable: connection n uses seed and n.
    """

    voice: VoiceName = VoiceName.PARROT
    script: Script | None = None
    chunk_ms: int = 100
    speed: float = 4.0
    first_audio_delay_ms: int = 200
    cancel_lag_ms: int = 20
    transcription: TranscriptionPlace = TranscriptionPlace.VARY
    words_per_s: float | None = None
    echo_transcript_hz: float = 0.0
    rate_limit_tokens: int = 40_000
    session_max_s: float = 3_600.0
    ping_s: float = 20.0
    send_deadline_s: float = 60.0
    require_key: bool = False
    bad_key_prefix: str = "bad"
    bad_model_prefix: str = "no-such"
    force_input_format: WireFormat | None = None
    force_output_format: WireFormat | None = None
    faults: tuple[Fault, ...] = ()
    seed: int | None = None

    def __post_init__(self) -> None:
        """Raises ConfigError, in one line that names the setting."""
        least = {"chunk_ms": 5, "rate_limit_tokens": 1}
        for name in ("chunk_ms", "first_audio_delay_ms", "cancel_lag_ms", "rate_limit_tokens"):
            if getattr(self, name) < least.get(name, 0):
                raise ConfigError(f"simulator {name}: must be at least {least.get(name, 0)}")
        for name in ("speed", "session_max_s", "ping_s", "send_deadline_s"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"simulator {name}: must be above 0")
        if self.words_per_s is not None and not self.words_per_s > 0:
            raise ConfigError("simulator words_per_s: must be above 0")
        if self.voice is VoiceName.SCRIPT and self.script is None:
            raise ConfigError("simulator script: the voice 'script' needs a script file")

    @property
    def forced_formats(self) -> Mapping[str, WireFormat]:
        """The formats that are not negotiable, by "input" and "output"."""
        sides = {"input": self.force_input_format, "output": self.force_output_format}
        return {side: name for side, name in sides.items() if name is not None}


def configured(section: SimulatorConfig) -> Settings:
    """The settings that `[simulator]` of the configuration asks for.

    Raises ConfigError where the script cannot be used.
    """
    return Settings(
        voice=VoiceName(section.voice),
        script=read_script(Path(section.script)) if section.script else None,
        chunk_ms=section.chunk_ms,
        speed=section.speed,
        first_audio_delay_ms=section.first_audio_delay_ms,
        words_per_s=section.words_per_s,
        force_input_format=section.force_input_format,
        force_output_format=section.force_output_format,
        seed=section.seed,
    )


def make_voice(settings: Settings) -> Voice:
    """A voice for one conversation."""
    if settings.voice is VoiceName.SCRIPT and settings.script is not None:
        return Follower(settings.script)
    return Echo() if settings.voice is VoiceName.ECHO else Parrot()
