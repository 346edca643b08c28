"""Ids, the agenda, the token budget, the input buffer, settings."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtproxy.config import SimulatorConfig
from rtproxy.model.audio_format import PCM16_24K
from rtproxy.model.errors import ConfigError
from rtproxy.simulator.agenda import Agenda
from rtproxy.simulator.formats import FORMATS
from rtproxy.simulator.ids import Ids
from rtproxy.simulator.input_buffer import InputBuffer
from rtproxy.simulator.settings import Settings, VoiceName, configured
from rtproxy.simulator.usage import TokenBudget


def test_ids_look_like_the_upstreams_and_never_repeat() -> None:
    ids = Ids(b"seed")
    made = [ids.new("item") for _ in range(1_000)]
    assert len(set(made)) == 1_000
    assert all(re.fullmatch(r"item_[0-9A-Za-z]{21}", one) for one in made)
    assert re.fullmatch(r"call_[0-9A-Za-z]{16}", ids.new("call"))


def test_a_seed_decides() -> None:
    assert Ids(b"a").new("item") == Ids(b"a").new("item")
    assert Ids(b"a").new("item") != Ids(b"b").new("item")
    assert {Ids(bytes([seed])).choose("abc") for seed in range(50)} == set("abc")


@given(st.text())
def test_padding_hides_the_length(text: str) -> None:
    assert (len(text) + len(Ids(b"x").pad(text))) % 16 == 0


def test_the_agenda_keeps_time_and_order() -> None:
    agenda, ran = Agenda(), list[str]()
    for due, name in ((2.0, "c"), (1.0, "a"), (1.0, "b"), (3.0, "d")):
        agenda.at(due, lambda _now, name=name: ran.append(name), key=name)
    agenda.cancel("b")
    assert agenda.next_due() == 1.0
    agenda.run(2.5)
    assert ran == ["a", "c"]
    assert agenda.next_due() == 3.0


def test_what_an_action_enters_runs_too_if_it_is_due() -> None:
    agenda, ran = Agenda(), list[float]()
    agenda.at(1.0, lambda now: agenda.at(1.0, ran.append))
    agenda.run(5.0)
    assert ran == [5.0]
    assert agenda.next_due() is None


def test_a_token_budget_fills_up_again() -> None:
    budget = TokenBudget(600, now=0.0)
    budget.spend(300, now=0.0)
    assert budget.report(0.0)[0] == {
        "name": "tokens",
        "limit": 600,
        "remaining": 300,
        "reset_seconds": 30.0,
    }
    assert budget.report(10.0)[0]["remaining"] == 400
    budget.spend(10_000, now=10.0)
    assert budget.report(10.0)[0]["remaining"] == 0
    assert budget.report(1_000.0)[0]["remaining"] == 600


def test_the_input_buffer_keeps_audio_time() -> None:
    buffer = InputBuffer(PCM16_24K)
    buffer.append(bytes(range(96)) * 100)
    assert (buffer.start_ms, buffer.end_ms) == (0, 200)
    assert buffer.take(50, 100) == (bytes(range(96)) * 100)[50 * 48 : 100 * 48]
    assert (buffer.start_ms, buffer.length_ms) == (100, 100)
    buffer.forget_before(120)
    assert len(buffer.take_all()) == 80 * 48
    assert (buffer.start_ms, buffer.end_ms) == (200, 200)


def test_a_new_format_begins_with_an_empty_buffer() -> None:
    buffer = InputBuffer(PCM16_24K)
    buffer.append(bytes(4_800))
    buffer.change_format(FORMATS["audio/pcmu"])
    assert (buffer.start_ms, buffer.length_ms) == (100, 0)
    buffer.append(bytes(800))
    assert buffer.end_ms == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"chunk_ms": 0},
        {"speed": 0.0},
        {"speed": float("nan")},
        {"first_audio_delay_ms": -1},
        {"ping_s": 0.0},
        {"voice": VoiceName.SCRIPT},
    ],
)
def test_settings_that_cannot_be_name_themselves(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong)).replace("voice", "script")):
        Settings(**wrong)


def test_settings_from_the_configuration() -> None:
    section = SimulatorConfig(voice="echo", chunk_ms=20, seed=7)
    found = configured(section)
    assert (found.voice, found.chunk_ms, found.seed) == (VoiceName.ECHO, 20, 7)
