"""Tells, where debugging is on, how loud both sides are and whether somebody speaks.

For who looks for a microphone that is dead, or for an answer that is silent. Owns
the rhythm and the words. Must not know sessions. Where nobody would read it, it is not
to run: a splice that is not asked listens to nothing.
"""

from __future__ import annotations

import logging
import math
from typing import Protocol

import structlog
import trio

from rtproxy._audio_core import Level, Side

EVERY_S = 5.0
FAINTEST_DBFS = -96.0  # what 16 bits can show


class Audible(Protocol):
    """What can be asked for levels; the splice of a session."""

    def level(self, side: Side) -> Level | None:
        """Of the audio that comes from this side."""


def is_read() -> bool:
    """Whether anybody would read it."""
    return logging.getLogger().isEnabledFor(logging.DEBUG)


async def report_audio(legs: Audible, log: structlog.stdlib.BoundLogger) -> None:
    """Log both levels every few seconds, until it is cancelled."""
    told_at: dict[Side, float] = {}
    while True:
        for side in (Side.CLIENT, Side.UPSTREAM):
            level = legs.level(side)
            if level is None or level.at is None or told_at.get(side) == level.at:
                continue  # nothing has come since
            told_at[side] = level.at
            log.debug(
                "audio",
                side=side.name.lower(),
                rms_dbfs=_dbfs(level.rms),
                peak_dbfs=_dbfs(level.peak),
                speaking=level.speaking,
                lasted_s=round(level.lasted_ms / 1000, 1),
            )
        await trio.sleep(EVERY_S)


def _dbfs(amplitude: float) -> float:
    """Decibels below full scale."""
    faintest = 10 ** (FAINTEST_DBFS / 20)
    return round(20 * math.log10(max(amplitude, faintest)), 1)
