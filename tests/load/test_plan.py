"""The bounds, the steps and the phases of a plan."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtproxy.load.frontends import VOICE
from rtproxy.load.plan import CHUNK_S, Mode, Plan
from rtproxy.model.errors import ConfigError


def plan(sessions: int = 10, seconds: float = 5.0, ramp_s: float = 0.0) -> Plan:
    return Plan(sessions, seconds, ramp_s, Mode.ECHO, VOICE)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"sessions": 0}, "--sessions"),
        ({"sessions": 10_001}, "--sessions"),
        ({"seconds": 0.5}, "--seconds"),
        ({"seconds": 3_601.0}, "--seconds"),
        ({"ramp_s": -1.0}, "--ramp"),
        ({"sessions": 10_000, "seconds": 3_600.0}, "--sessions"),
    ],
)
def test_what_is_out_of_bounds_is_named(fields: dict[str, float], named: str):
    with pytest.raises(ConfigError, match=named):
        plan(**fields)


@given(st.integers(1, 500), st.floats(0, 60))
def test_the_ramp_rises_to_all_in_its_time(sessions: int, ramp_s: float):
    *ramp, full = plan(sessions, ramp_s=ramp_s).stages()
    counts = [stage.sessions for stage in ramp]
    assert counts == sorted(counts)
    assert counts[-1] == full.sessions == sessions
    took = sum(stage.opening_s + stage.measured_s for stage in ramp)
    assert took == pytest.approx(ramp_s or sessions / 100)
    assert (full.opening_s, full.measured_s) == (0.0, 5.0)


def test_a_step_is_long_enough_to_say_something():
    assert len(list(plan(200, ramp_s=20).stages())) == 11
    assert len(list(plan(200, ramp_s=3.5).stages())) == 4
    assert len(list(plan(2, ramp_s=20).stages())) == 3


@given(st.integers(2, 300))
def test_however_many_speak_they_are_spread_over_the_40_ms(count: int):
    made = plan(300)
    phases = sorted(made.phase_s(number) for number in range(count))
    gaps = [b - a for a, b in zip(phases, [*phases[1:], phases[0] + CHUNK_S], strict=True)]
    assert max(gaps) < 3 * CHUNK_S / count
