"""The cases of `chunks` under pytest-benchmark: for its statistics and its history.

`.venv/bin/pytest benches --benchmark-autosave`, later `--benchmark-compare`. Ratios
to hold a change against come from `make bench`, which times both sides in turns.
"""

from __future__ import annotations

import pytest

from benches.chunks.case import Case, Work
from benches.chunks.measuring import all_cases
from benches.chunks.timing import calls_for

ROUNDS = 50
SIDES = [
    pytest.param(case, work, id=f"{case.name}-{side}")
    for case in all_cases()
    for side, work in (("ours", case.ours), ("theirs", case.theirs))
    if work is not None
]


@pytest.mark.parametrize(("case", "work"), SIDES)
def test_a_chunk(benchmark, case: Case, work: Work):
    benchmark.group = case.name
    case.check()
    benchmark.pedantic(work.call, (work.chunk,), iterations=calls_for(work), rounds=ROUNDS)
    case.check()
