"""The relay benchmark: what its readings mean, and when a bar is met."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from io import StringIO
from typing import Any

import pytest
from benches.relay.findings import Findings
from benches.relay.load import Reading, read
from benches.relay.processes import RelayError, running
from benches.relay.relays import BUSY, RELAYS, Relay
from benches.relay.tables import levels_table, summary_table
from benches.relay.trial import Capacity, Point
from benches.relay.verdict import bars
from rich.console import Console

from rtproxy.dialects.dialect import Dialect
from rtproxy.dialects.registry import DIALECTS

CLEAN: dict[str, Any] = {
    "sessions": 50,
    "seconds": 4.0,
    "cpu_s": 0.4,
    "said": [5000, 4840],
    "heard": [5000, 4840],
    "words": 800,
    "to_upstream_us": [5000, 100, 900, 2000],
    "to_client_us": [4840, 120, 1100, 2500],
    "late_us": [9840, 50, 300, 500],
    "ready_us": [0, None, None, None],
    "missing": 0,
    "reordered": 0,
    "changed": 0,
    "unsaid": 0,
    "failed": 0,
    "reason": "",
}


def reading(**fields: Any) -> Reading:
    return read({**CLEAN, **fields})


def point(relay: str, us: float, sessions: int = 50, **fields: Any) -> Point:
    lost = fields.pop("lost", 0)
    return Point(relay, sessions, us, 0.2, reading(**fields), lost)


def test_a_reading_tells_what_was_relayed():
    told = reading()
    assert told.relayed == 9840
    assert told.p99_ms == pytest.approx(1.1)
    assert told.load_core == pytest.approx(0.1)
    assert math.isnan(told.ready.p99_ms)
    assert told.amiss() is None


def give_an_order_that_nobody_reads() -> None:
    core = min(os.sched_getaffinity(0))
    with running([sys.executable, "-c", ""], core, stdin=subprocess.PIPE) as process:
        process.wait()
        assert process.stdin is not None
        process.stdin.write("an order that nobody reads")
        raise RelayError("it has ended by itself")


def test_who_ends_by_itself_hides_no_error():
    with pytest.raises(RelayError, match="by itself"):
        give_an_order_that_nobody_reads()


@pytest.mark.parametrize("wrong", ["missing", "reordered", "changed", "unsaid", "failed"])
def test_anything_amiss_is_told(wrong: str):
    assert f"3 {wrong}" in str(reading(**{wrong: 3}).amiss())


@pytest.mark.parametrize(
    ("fields", "carried"),
    [
        ({}, True),
        ({"lost": 8}, True),
        ({"lost": 12}, False),
        ({"to_client_us": [4840, 120, 21_000, 30_000]}, False),
        ({"said": [0, 0], "heard": [0, 0]}, False),
    ],
)
def test_a_relay_carries_what_it_brings_in_time(fields: dict[str, Any], carried: bool):
    assert point("rtproxy", 20.0, **fields).carried is carried


@pytest.mark.parametrize(("said", "kept"), [([5000, 4840], True), ([4500, 4400], False)])
def test_a_load_that_says_too_little_has_not_kept_its_pace(said: list[int], kept: bool):
    assert reading(said=said).kept_pace is kept


@pytest.mark.parametrize(
    ("fields", "kept_up"),
    [
        ({}, True),
        ({"to_client_us": [4840, 120, 251_000, 300_000]}, False),
        ({"said": [4500, 4400]}, False),
    ],
)
def test_a_relay_that_lags_has_not_kept_up(fields: dict[str, Any], kept_up: bool):
    assert point("naive", 100.0, **fields).kept_up is kept_up


def found(**costs: float) -> Findings:
    return Findings(points=[point(relay, us) for relay, us in costs.items()])


@pytest.mark.parametrize(
    ("ours", "quick", "met"),
    [
        (25.0, False, [True, True]),
        (35.0, False, [False, False]),
        (35.0, True, [True, True]),
        (36.0, True, [True, True]),
        (59.0, True, [False, True]),
        (61.0, True, [False, False]),
    ],
)
def test_cost_is_judged_by_what_ran_beside_it(ours: float, quick: bool, met: list[bool]):
    findings = found(naive=120.0, nginx=20.0, rtproxy=ours)
    assert [bar.met for bar in bars(findings, quick=quick)] == met


def test_both_shapes_are_judged_by_nginx():
    findings = found(**{"nginx": 10.0, "rtproxy": 14.0, "rtproxy-openai": 16.0})
    assert [bar.met for bar in bars(findings, quick=False)] == [True, False]


def test_a_busy_thread_may_not_be_heard_in_the_median():
    rounds = [point(BUSY, 90.0, to_client_us=[9, 100, p99, p99]) for p99 in (800, 5_000, 950)]
    assert [bar.met for bar in bars(Findings(rounds), quick=False)] == [True]


@pytest.mark.parametrize(
    ("tls", "met"), [(23.0, [True, True]), (24.5, [False, True]), (30.0, [False, False])]
)
def test_tls_may_add_so_much_and_no_more(tls: float, met: list[bool]):
    findings = found(**{"rtproxy": 20.0, "rtproxy-tls": tls})
    assert [bar.met for bar in bars(findings, quick=False)] == met


def test_of_several_rounds_the_median_counts():
    findings = Findings([point("rtproxy", us) for us in (10.0, 90.0, 20.0)])
    assert findings.cost_us("rtproxy", 50) == 20.0
    assert findings.cost_us("rtproxy", 51) is None


def capacity(relay: str, sessions: int) -> Capacity:
    most = point(relay, 15.0, sessions)
    return Capacity(relay, most, point(relay, 20.0, sessions // 2), (most,), "the relay")


@pytest.mark.parametrize(("ours", "met"), [(1080, True), (1070, False)])
def test_sessions_and_set_ups_are_judged_by_node(ours: int, met: bool):
    findings = Findings(set_ups_hz={"node": 2000.0, "rtproxy": 1200.0})
    findings.capacities = {"node": capacity("node", 600), "rtproxy": capacity("rtproxy", ours)}
    told = [bar.met for bar in bars(findings, quick=False)]
    assert told == [met, True, False]  # the last: 1.1 ms at half load


def test_a_relay_that_was_not_measured_has_a_dash():
    findings = found(node=30.0)
    out = StringIO()
    console = Console(file=out, width=120)
    console.print(summary_table(findings, ["node", "nginx"], [50]))
    console.print(levels_table(findings))
    told = out.getvalue()
    assert "30.0" in told
    assert "–" in told


def test_a_peer_that_is_not_here_is_left_out_with_a_word():
    words = Relay("other", "another one", ("no-such-program", "{port}")).missing()
    assert words is not None
    assert "no-such-program" in words
    assert RELAYS["naive"].missing() is None


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_every_dialect_is_compared_where_it_is_spoken(dialect: Dialect):
    spoken = {relay.speaks for relay in RELAYS.values() if relay.name.startswith("rtproxy")}
    paths = {path.partition("?")[0] for name, path in spoken if name == dialect.name}
    assert len(paths) == 1
    assert paths <= set(dialect.paths)
