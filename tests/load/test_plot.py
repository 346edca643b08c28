"""The picture, where matplotlib is there to draw it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtproxy.load import plot
from rtproxy.model.errors import ConfigError

from .test_report import full, summed, tally


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_a_report_is_drawn(tmp_path: Path, suffix: str):
    pytest.importorskip("matplotlib")
    path = tmp_path / f"load.{suffix}"
    plot.plot(summed(tally(), full()), path)
    assert path.stat().st_size > 5_000


def test_without_matplotlib_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(plot, "find_spec", lambda _name: None)
    with pytest.raises(ConfigError, match=r"pip install 'rtproxy\[plot\]'"):
        plot.require_matplotlib()
