"""The core against the model, over random schedules of everything that can happen.

What this shows, as long as the model is right: nothing is lost, nothing overtakes,
no audio leaves ahead of its time, nothing of a cut response follows, marks come
exactly when due, counters are exact, and each of these whatever else happens.
"""

from __future__ import annotations

from types import ModuleType
from typing import ClassVar

from hypothesis import Phase, settings

from rtproxy import _audio_core
from tests.splice import model
from tests.splice.schedules import Schedule


class Paced(Schedule):
    """A small web client: lead, marks, a clock."""

    core: ClassVar[ModuleType] = _audio_core


class Narrow(Schedule):
    """The same with bounds so small that schedules run into them."""

    core: ClassVar[ModuleType] = _audio_core
    bounds: ClassVar[dict[str, int]] = {
        "lead_ms": 100,
        "answer_ms": 1_000,
        "burst_ms": 500,
        "ring_ms": 700,
    }


class Plain(Schedule):
    """A client that buffers by protocol: no lead."""

    core: ClassVar[ModuleType] = _audio_core
    paced: ClassVar[bool] = False


class Itself(Schedule):
    """The model against itself: the schedules must be playable."""

    core: ClassVar[ModuleType] = model


# A schedule is forty steps long: fewer of them make as many tries. To make a failing
# one short takes minutes, which only the long profile spends.
PROFILE = settings()
SESSIONS = settings(
    max_examples=max(1, PROFILE.max_examples * 2 // 5),
    phases=PROFILE.phases if PROFILE.max_examples > 300 else set(Phase) - {Phase.shrink},
)

TestPaced = Paced.TestCase
TestPaced.settings = SESSIONS
TestNarrow = Narrow.TestCase
TestNarrow.settings = SESSIONS
TestPlain = Plain.TestCase
TestPlain.settings = SESSIONS
TestItself = Itself.TestCase
TestItself.settings = settings(max_examples=20)
