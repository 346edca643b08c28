"""The cases of `chunks` under pytest-benchmark: for its statistics and its history.

`.venv/bin/pytest benches --benchmark-autosave`, later `--benchmark-compare`. Ratios
to hold a change against come from `make bench`, which times both sides in turns.
"""

from __future__ import annotations

import pytest

from benches.chunks.case import Case
from benches.chunks.measuring import all_cases
from benches.chunks.timing import calls_for

ROUNDS = 50


@pytest.mark.parametrize("side", ["ours", "theirs"])
@pytest.mark.parametrize("case", list(all_cases()), ids=lambda case: case.name)
def test_a_chunk(benchmark, case: Case, side: str):
    work = getattr(case, side)
    if work is None:
        pytest.skip("nothing to compare it with")
    benchmark.group = case.name
    case.check()
    benchmark.pedantic(work.call, (work.chunk,), iterations=calls_for(work), rounds=ROUNDS)
    case.check()
