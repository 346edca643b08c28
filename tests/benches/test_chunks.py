"""The extension and its stand-ins come to the same results; a wrong one is found."""

from __future__ import annotations

import pytest
from benches.chunks.cases import Case, WrongResultError, all_cases, expect
from benches.chunks.report import figure_of


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
def test_both_ways_agree(case: Case) -> None:
    figure = figure_of(case, rounds=1, calls=1)
    assert figure.ours_us > 0
    assert figure.theirs_us > 0


def test_a_wrong_result_has_no_figure() -> None:
    with pytest.raises(WrongResultError, match=r"decode: got .*AB.*, want .*AC"):
        expect("decode", b"AB", b"AC")
