"""The state tables: complete, and the only way to move."""

from __future__ import annotations

import pytest

from rtproxy.session.states import ANSWER_STEPS, SESSION_STEPS, Phase, State, step


def test_every_state_is_in_its_table() -> None:
    assert set(SESSION_STEPS) == set(State)
    assert set(ANSWER_STEPS) == set(Phase)


def test_every_state_can_be_reached_and_every_session_can_close() -> None:
    reached = {State.GREETING, State.CONNECTING}.union(*SESSION_STEPS.values())
    assert reached == set(State)
    open_states = set(State) - {State.CLOSED}
    assert all(State.CLOSED in SESSION_STEPS[state] for state in open_states)


def test_staying_is_allowed_and_a_wrong_step_is_a_bug() -> None:
    assert step(SESSION_STEPS, State.READY, State.READY) is State.READY
    assert step(SESSION_STEPS, State.READY, State.RESPONDING) is State.RESPONDING
    with pytest.raises(AssertionError, match="no step from closed to ready"):
        step(SESSION_STEPS, State.CLOSED, State.READY)
