"""What a run came to: the figures, what they cannot say, and whether it passed.

Owns the shape of `--json` (documented in docs/load.md; fields are added, never
renamed) and the verdict. Pure; must not know how it is shown.
"""

from __future__ import annotations

import msgspec

from rtproxy.load.histogram import Histogram
from rtproxy.load.plan import CHUNK_S, Mode, Plan
from rtproxy.load.reactor import Turning
from rtproxy.load.tally import Span, Tally

SCHEMA = 1
BUSY = 0.8  # of a core: a process that runs one thread of Python has little more
CROWDED = 0.9  # of all cores
LATE_MS = 5.0  # behind its own schedule at p99: the load did not keep its pace
KEPT_PACE = 0.95  # of the chunks that are due in real time
_P999_COUNT = 1_000  # of fewer, p99.9 is but the greatest


class Percentiles(msgspec.Struct, frozen=True):
    """A distribution, in milliseconds; null where nothing was measured."""

    count: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    p999_ms: float | None
    max_ms: float | None


class Latency(msgspec.Struct, frozen=True):
    """Added by what lies between the load and the echo; the ways are null if it is foreign."""

    to_upstream: Percentiles | None
    to_client: Percentiles | None
    round_trip: Percentiles | None


class Sessions(msgspec.Struct, frozen=True):
    """Asked for; became ready at all; failed; up when the full load ended."""

    asked: int
    ready: int
    failed: int
    up: int


class Chunks(msgspec.Struct, frozen=True):
    """Chunks over the whole run; the rates are those of the full load.

    `cut_off` were outstanding when their session failed: they belong to its error.
    """

    said: int
    back: int
    lost: int
    reordered: int
    repeated: int
    changed: int
    cut_off: int
    said_hz: float
    back_hz: float


class Words(msgspec.Struct, frozen=True):
    """Pieces of transcript that came, and that are missing between them."""

    back: int
    lost: int


class TurnCounts(msgspec.Struct, frozen=True):
    """Questions, and how much of each the answer said back."""

    asked: int
    complete: int
    partial: int
    different: int
    unanswered: int


class Usage(msgspec.Struct, frozen=True):
    """One process during the full load; a message is a chunk said or a chunk back.

    `memory_per_session_bytes` is what it has grown by since before the run.
    """

    cores: float
    cpu_us_per_message: float | None
    cpu_ms_per_session_s: float | None
    memory_bytes: int
    memory_per_session_bytes: int | None


class Step(msgspec.Struct, frozen=True):
    """One step of the ramp, or the full load."""

    sessions: int
    said_hz: float
    latency: Latency
    first_audio: Percentiles


class Report(msgspec.Struct, frozen=True):
    """All of it; `passed` decides the exit code."""

    schema: int
    version: str
    mode: str
    dialect: str
    url: str
    seconds: float
    interrupted: bool
    passed: bool
    sessions: Sessions
    chunks: Chunks
    words: Words
    latency: Latency
    ready: Percentiles
    first_audio: Percentiles
    late: Percentiles
    turns: TurnCounts | None
    errors: dict[str, int]
    examples: dict[str, str]
    processes: dict[str, Usage]
    reactor: Turning | None
    steps: list[Step]
    remarks: list[str]


class Used(msgspec.Struct, frozen=True):
    """What the gauges said of one process: at the start, and around the full load."""

    cpu_s: float
    memory_bytes: int
    memory_before_bytes: int | None


def report(
    plan: Plan,
    url: str,
    version: str,
    tally: Tally,
    steps: list[Span],
    full: Span,
    used: dict[str, Used],
    cores: int,
    *,
    reactor: Turning | None = None,
    interrupted: bool,
) -> Report:
    """Sum up; `used` has the processes that could be read: load, proxy, upstream.

    `reactor` is what that did under full load, where the proxy has one and says so.
    """
    measured = tally.measured_upstream
    processes = {name: _usage(each, full) for name, each in used.items()}
    late = percentiles(full.late)
    return Report(
        schema=SCHEMA,
        version=version,
        mode=plan.mode.value,
        dialect=plan.frontend.name,
        url=url,
        seconds=round(full.duration_s, 3),
        interrupted=interrupted,
        passed=_passed(tally),
        sessions=Sessions(plan.sessions, tally.ready, tally.failed, full.sessions),
        chunks=_chunks(tally, full),
        words=Words(tally.words, tally.words_lost),
        latency=_latency(full, plan.mode, measured=measured),
        ready=percentiles(tally.ready_after),
        first_audio=percentiles(tally.first_audio),
        late=late,
        turns=_turns(tally) if plan.mode is Mode.PARROT else None,
        errors=dict(tally.errors),
        examples=dict(tally.examples),
        processes=processes,
        reactor=reactor,
        steps=[_step(span, plan.mode, measured=measured) for span in (*steps, full)],
        remarks=_remarks(plan, tally, full, processes, cores, late),
    )


def percentiles(histogram: Histogram) -> Percentiles:
    """The percentiles that we tell."""
    return Percentiles(
        count=histogram.count,
        p50_ms=_ms(histogram.percentile_us(50)),
        p95_ms=_ms(histogram.percentile_us(95)),
        p99_ms=_ms(histogram.percentile_us(99)),
        p999_ms=_ms(histogram.percentile_us(99.9)),
        max_ms=_ms(histogram.percentile_us(100)),
    )


def _ms(value_us: int | None) -> float | None:
    return None if value_us is None else value_us / 1000


def _passed(tally: Tally) -> bool:
    """Nothing lost, reordered, repeated or changed; every session lived; something came."""
    turns = tally.turns
    answered = not (turns.partial or turns.different or turns.unanswered)
    clean = not (tally.misplaced or tally.words_lost or tally.failed or tally.errors)
    return clean and answered and tally.back > 0


def _chunks(tally: Tally, full: Span) -> Chunks:
    return Chunks(
        said=tally.said,
        back=tally.back,
        lost=tally.lost,
        reordered=tally.reordered,
        repeated=tally.repeated,
        changed=tally.changed,
        cut_off=tally.cut_off,
        said_hz=_rate(full.said, full),
        back_hz=_rate(full.back, full),
    )


def _rate(count: int, span: Span) -> float:
    return round(count / span.duration_s, 1) if span.duration_s else 0.0


def _latency(span: Span, mode: Mode, *, measured: bool) -> Latency:
    """An answer with turns does not come back chunk by chunk: no way of it is measured."""
    if mode is Mode.PARROT:
        return Latency(None, None, None)
    to_upstream = percentiles(span.to_upstream) if measured else None
    to_client = percentiles(span.to_client) if measured else None
    return Latency(to_upstream, to_client, percentiles(span.round_trip))


def _turns(tally: Tally) -> TurnCounts:
    turns = tally.turns
    return TurnCounts(turns.asked, turns.complete, turns.partial, turns.different, turns.unanswered)


def _step(span: Span, mode: Mode, *, measured: bool) -> Step:
    return Step(
        sessions=span.sessions,
        said_hz=_rate(span.said, span),
        latency=_latency(span, mode, measured=measured),
        first_audio=percentiles(span.first_audio),
    )


def _usage(used: Used, full: Span) -> Usage:
    messages = full.said + full.back
    session_s = full.sessions * full.duration_s
    grown = None
    if used.memory_before_bytes is not None and full.sessions:
        grown = max(0, used.memory_bytes - used.memory_before_bytes) // full.sessions
    return Usage(
        cores=round(used.cpu_s / full.duration_s, 4) if full.duration_s else 0.0,
        cpu_us_per_message=round(used.cpu_s / messages * 1e6, 2) if messages else None,
        cpu_ms_per_session_s=round(used.cpu_s / session_s * 1e3, 3) if session_s else None,
        memory_bytes=used.memory_bytes,
        memory_per_session_bytes=grown,
    )


def _remarks(
    plan: Plan,
    tally: Tally,
    full: Span,
    processes: dict[str, Usage],
    cores: int,
    late: Percentiles,
) -> list[str]:
    """What a reader must know before believing the figures."""
    remarks = [
        f"The {name} itself used {processes[name].cores:.0%} of a core: the latencies are "
        "as much its own as the proxy's. Use fewer --sessions, or a faster machine."
        for name in ("load", "upstream")
        if name in processes and processes[name].cores > BUSY
    ]
    busy = sum(each.cores for each in processes.values())
    if busy > CROWDED * cores:
        remarks.append(
            f"Load, upstream and proxy together used {busy:.1f} of {cores} cores: they waited for "
            "each other. Latencies at this load say little; CPU per chunk still holds."
        )
    if late.p99_ms is not None and late.p99_ms > LATE_MS:
        remarks.append(
            f"The load was {late.p99_ms:.1f} ms behind its own schedule at p99: the machine was "
            "busy with something else, or with this."
        )
    due = full.sessions * full.duration_s / CHUNK_S
    if full.said < KEPT_PACE * due:
        remarks.append(
            f"{full.said / full.duration_s:,.0f} chunks a second were said where {full.sessions} "
            f"sessions say {full.sessions / CHUNK_S:,.0f}: the figures are of that smaller load."
        )
    if plan.mode is Mode.ECHO and full.back and not tally.measured_upstream:
        remarks.append(
            "The upstream is not rtproxy's echo, so only the way there and back is known, its "
            "own time included. To know each direction, run the proxy on "
            "`rtproxy simulate --voice echo`."
        )
    if 0 < full.round_trip.count < _P999_COUNT:
        remarks.append(
            f"Only {full.round_trip.count} chunks came back under full load: p99.9 is the slowest "
            "of them. Speak for longer, or with more sessions."
        )
    return remarks
