"""The machine under a measurement: awake where that can be had, and what its host took."""

from __future__ import annotations

from pathlib import Path

import pytest

from benches import machine


def test_processors_are_kept_awake_as_long_as_the_file_is_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    asked = tmp_path / "latency"
    monkeypatch.setattr(machine, "_LATENCY", asked)
    with machine.awake() as granted:
        assert granted
        assert asked.read_bytes() == bytes(4)


def test_who_may_not_ask_measures_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(machine, "_LATENCY", tmp_path / "no" / "such")
    with machine.awake() as granted:
        assert not granted


def test_theft_is_a_part_of_all_processors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    stat = tmp_path / "stat"
    stat.write_text("cpu  1 2 3 4 5 6 7 100 9 10\n", encoding="ascii")
    monkeypatch.setattr(machine, "_STAT", stat)
    now = iter([50.0, 60.0])
    monkeypatch.setattr(machine.time, "monotonic", lambda: next(now))
    monkeypatch.setattr(machine.os, "cpu_count", lambda: 2)
    monkeypatch.setattr(machine.os, "sysconf", lambda _name: 100)
    theft = machine.Theft()
    stat.write_text("cpu  1 2 3 4 5 6 7 300 9 10\n", encoding="ascii")
    assert theft.part() == pytest.approx(2 / 20)


def test_where_nobody_says_nothing_was_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(machine, "_STAT", tmp_path / "none")
    assert machine.Theft().part() == 0.0
