"""The picture, where matplotlib is there to draw it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtproxy.load import plot
from rtproxy.load.frontends import VOICE
from rtproxy.load.plan import Mode, Plan
from rtproxy.load.report import report
from rtproxy.load.tally import Span
from rtproxy.model.errors import ConfigError

from .test_report import full, summed, tally


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_a_report_is_drawn(tmp_path: Path, suffix: str):
    pytest.importorskip("matplotlib")
    path = tmp_path / f"load.{suffix}"
    plot.plot(summed(tally(), full()), path)
    assert path.stat().st_size > 5_000


def test_a_run_that_was_stopped_in_its_ramp_is_drawn_too(tmp_path: Path):
    pytest.importorskip("matplotlib")
    path = tmp_path / "load.svg"
    plan = Plan(10, 5.0, 4.0, Mode.ECHO, VOICE)
    steps = [full(), full()]
    found = report(plan, "ws://x", "0", tally(), steps, Span(), {}, 2, interrupted=True)
    plot.plot(found, path)
    assert path.stat().st_size > 5_000


def test_without_matplotlib_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(plot, "find_spec", lambda _name: None)
    with pytest.raises(ConfigError, match=r"pip install 'rtproxy\[plot\]'"):
        plot.require_matplotlib()
