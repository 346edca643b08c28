"""What `rtproxy load` says at the end, in words.

Owns the text. Must not know how the figures came about.
"""

from __future__ import annotations

from collections.abc import Iterator

from rtproxy.load.report import Percentiles, Report, Usage

_LABEL = 19
_NO_ECHO = (
    "In the mode echo the upstream has to say each chunk back at once, and this one does not.\n"
    "Ask it questions with --mode parrot, or run the proxy on `rtproxy simulate --voice echo`."
)
_NO_ANSWER = (
    "In the mode parrot the upstream has to answer by itself, and this one does not.\n"
    "Run the proxy on `rtproxy simulate`, or try --mode echo if its upstream is the echo."
)
_NO_PROXY = (
    "Is a proxy running there? `rtproxy serve` starts one; without --url one is started here."
)


def summary(report: Report) -> str:
    """The report for a person."""
    return "\n".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    sessions = report.sessions
    ended = " (stopped early)" if report.interrupted else ""
    yield (
        f"{sessions.up} of {sessions.asked} sessions ({report.dialect}, {report.mode}) spoke for "
        f"{report.seconds:.1f} s through {report.url}{ended}"
    )
    yield ""
    yield _row("sessions", f"{sessions.ready} became ready, {sessions.failed} failed")
    yield from _chunks(report)
    if report.words.back:
        yield _row("transcripts", f"{report.words.back} pieces, {report.words.lost} missing")
    yield from _errors(report)
    yield ""
    yield from _latencies(report)
    yield ""
    yield from _processes(report)
    yield from ("", *report.remarks) if report.remarks else ()
    yield ""
    yield _passed(report) if report.passed else f"Failed: {_failure(report)}"


def _row(label: str, words: str) -> str:
    return f"  {label:<{_LABEL}} {words}"


def _chunks(report: Report) -> Iterator[str]:
    chunks = report.chunks
    rates = f"{chunks.said_hz:.0f}/s said, {chunks.back_hz:.0f}/s back"
    yield _row("chunks", f"{rates}; {chunks.said} said, {chunks.back} back in all")
    turns = report.turns
    if turns is not None:
        yield _row(
            "questions",
            f"{turns.asked} asked; answers: {turns.complete} complete, {turns.partial} partial, "
            f"{turns.different} different, {turns.unanswered} missing",
        )
        return
    cut_off = f", {chunks.cut_off} cut off by errors" if chunks.cut_off else ""
    yield _row(
        "",
        f"{chunks.lost} lost, {chunks.reordered} reordered, {chunks.repeated} repeated, "
        f"{chunks.changed} changed{cut_off}",
    )


def _errors(report: Report) -> Iterator[str]:
    for kind, count in report.errors.items():
        yield _row("errors", f"{kind}: {count}, for example: {report.examples[kind]}")


def _latencies(report: Report) -> Iterator[str]:
    heads = "".join(f"{head:>9}" for head in ("p50", "p95", "p99", "p99.9", "max"))
    yield _row("ms", heads)
    latency = report.latency
    ways = {
        "to the upstream": latency.to_upstream,
        "to the client": latency.to_client,
        "there and back": latency.round_trip,
        "first audio": report.first_audio,
        "dial to ready": report.ready,
    }
    for name, way in ways.items():
        if way is not None:
            yield _row(name, _percentiles(way))


def _percentiles(way: Percentiles) -> str:
    values = (way.p50_ms, way.p95_ms, way.p99_ms, way.p999_ms, way.max_ms)
    return "".join(f"{_cell(value, 2):>9}" for value in values)


def _processes(report: Report) -> Iterator[str]:
    """What each process used at full load."""
    heads = ("cores", "µs/message", "ms/session·s", "MiB", "KiB/session")
    if report.processes:
        yield _row("at full load", "".join(f"{head:>13}" for head in heads))
    for name in ("proxy", "load", "upstream"):
        if name in report.processes:
            yield _row(name, _usage(report.processes[name]))
    turning = report.reactor
    if turning is not None:
        yield _row(
            "reactor",
            f"{turning.turns_hz:.0f} turns/s of {turning.turn_us:.0f} µs, the longest "
            f"{turning.longest_turn_ms:.1f} ms; {turning.sockets_per_turn:.1f} sockets a turn, "
            f"{_cell(turning.calls_per_message, 2)} calls a message, {turning.mib_per_s:.1f} MiB/s",
        )


def _usage(usage: Usage) -> str:
    grown = usage.memory_per_session_bytes
    cells = (
        f"{usage.cores:.2f}",
        _cell(usage.cpu_us_per_message, 1),
        _cell(usage.cpu_ms_per_session_s, 2),
        f"{usage.memory_bytes / 2**20:.0f}",
        _cell(None if grown is None else grown / 1024, 0),
    )
    return "".join(f"{cell:>13}" for cell in cells)


def _cell(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _passed(report: Report) -> str:
    if report.turns is not None:
        return "Passed: every question was answered, whole."
    return "Passed: every chunk came back once, unchanged and in order."


def _failure(report: Report) -> str:
    """What it means that it failed, and what to do about it."""
    if not report.sessions.ready:
        return _nobody_ready(report)
    chunks, turns = report.chunks, report.turns
    explained = report.interrupted or report.errors
    if turns is not None and turns.unanswered == turns.asked and not explained:
        return f"no question was answered.\n{_NO_ANSWER}"
    if not chunks.back:
        return "nothing came back." if explained else f"nothing came back.\n{_NO_ECHO}"
    misplaced = chunks.lost + chunks.reordered + chunks.repeated + chunks.changed
    if misplaced:
        return f"{misplaced} chunks were lost, repeated, changed or out of order."
    return "see above what was missing or told."


def _nobody_ready(report: Report) -> str:
    """The first error is why; what follows is mostly the same."""
    if not report.errors:
        return "it was stopped before a conversation became ready."
    kind = next(iter(report.errors))
    why = report.examples[kind].rstrip(".")
    advice = f"\n{_NO_PROXY}" if kind == "refused" else ""
    return f"no conversation became ready; {kind}: {why}.{advice}"
