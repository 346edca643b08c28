"""`rtproxy load`: what a person sees of it, and what it refuses."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from rtproxy.cli import main
from rtproxy.cli.load.screen import LINE_EVERY_TICKS, LineScreen, LiveScreen
from rtproxy.cli.load.summary import summary
from rtproxy.load.frontends import VOICE
from rtproxy.load.measure import Glance
from rtproxy.load.plan import Mode, Plan
from rtproxy.load.report import Used, report
from rtproxy.load.run import Run
from rtproxy.load.tally import Span, Tally

NOBODY = "ws://127.0.0.1:9"  # the discard port


def plan(mode: Mode = Mode.ECHO) -> Plan:
    return Plan(10, 5.0, 1.0, mode, VOICE)


def span() -> Span:
    made = Span(sessions=10, duration_s=5.0, said=1_250, back=1_250)
    for _ in range(1_250):
        made.round_trip.add(800)
        made.first_audio.add(442_000)
    return made


def words(tally: Tally, mode: Mode = Mode.ECHO, *, interrupted: bool = False) -> str:
    used = {"proxy": Used(1.0, 2**27, 2**26)}
    made = report(plan(mode), NOBODY, "0", tally, [], span(), used, 2, interrupted=interrupted)
    return summary(made)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--sessions", "0"], "--sessions must be from 1 to 10,000, not 0"),
        (["--seconds", "0"], "--seconds must be from 1"),
        (["--url", "wss://127.0.0.1:8000"], "without TLS"),
        (["--url", "ws://127.0.0.1:8000/ws/voice"], "without a path"),
        (["--pid", "1"], "--pid goes with --url"),
    ],
)
def test_what_cannot_be_done_is_refused(options: list[str], told: str):
    result = CliRunner().invoke(main, ["load", *options])
    assert result.exit_code == 2
    assert told in result.stderr


def test_a_proxy_that_is_not_there_is_told_and_fails():
    options = ["load", "--url", NOBODY, "--sessions", "2", "--seconds", "5", "--ramp", "0"]
    result = CliRunner().invoke(main, options)
    assert result.exit_code == 1
    assert "refused: 2" in result.stdout
    assert "Failed: no conversation became ready; refused: 127.0.0.1:9 cannot" in result.stdout
    assert "`rtproxy serve` starts one" in result.stdout


def test_a_clean_run_says_so():
    told = words(Tally(ready=10, said=1_250, back=1_250))
    assert "10 of 10 sessions (voice, echo) spoke for 5.0 s" in told
    assert "Passed: every chunk came back once, unchanged and in order." in told
    assert all(len(line) <= 100 for line in told.splitlines() if not line.startswith("The "))


def test_loss_is_said_with_its_number():
    told = words(Tally(ready=10, said=9, back=6, lost=2, reordered=1, cut_off=4))
    assert "2 lost, 1 reordered" in told
    assert "4 cut off by errors" in told
    assert told.endswith("Failed: 3 chunks were lost, repeated, changed or out of order.")


def test_nobody_ready_is_told_with_the_first_reason_and_advice_only_where_it_helps():
    tally = Tally(failed=2)
    tally.fail("closed 1013", "the server is full.")
    tally.fail("timeout", "a session was not ready within 15 s")
    told = words(tally)
    assert told.endswith("no conversation became ready; closed 1013: the server is full.")
    stopped = words(Tally(), interrupted=True)
    assert stopped.endswith("Failed: it was stopped before a conversation became ready.")


def test_an_upstream_of_the_other_mode_is_named_with_what_to_do():
    no_echo = words(Tally(ready=10, said=1_250, lost=1_250))
    assert "Failed: nothing came back.\nIn the mode echo the upstream has to" in no_echo
    assert "--mode parrot, or run the proxy on `rtproxy simulate --voice echo`" in no_echo
    tally = Tally(ready=10, said=1_250, back=1_250)
    tally.turns.asked = tally.turns.unanswered = 10
    no_answer = words(tally, Mode.PARROT)
    assert "Failed: no question was answered.\nIn the mode parrot the upstream" in no_answer
    assert "try --mode echo" in no_answer


def test_silence_that_has_a_reason_is_not_laid_at_the_upstreams_mode():
    stopped = words(Tally(ready=10, said=20, lost=20), interrupted=True)
    assert stopped.endswith("Failed: nothing came back.")
    tally = Tally(ready=10, failed=10, said=20, cut_off=20)
    tally.fail("closed 1011", "a bug")
    assert words(tally).endswith("Failed: nothing came back.")


def test_turns_are_said_in_place_of_chunks():
    tally = Tally(ready=10, back=5)
    tally.turns.asked = tally.turns.complete = 20
    told = words(tally, Mode.PARROT, interrupted=True)
    assert "(stopped early)" in told
    assert "20 asked; answers: 20 complete" in told
    assert "Passed: every question was answered, whole." in told
    assert "there and back" not in told


@pytest.mark.parametrize("mode", list(Mode))
def test_the_live_screen_shows_what_happens_now(mode: Mode):
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=100)
    run = Run(plan(mode), NOBODY)
    run.tally.fail("closed 1013", "try later")
    with LiveScreen(plan(mode), console) as screen:
        screen.show(run, Glance(span(), {"proxy": 0.25}))
    shown = out.getvalue()
    for expected in ("10 of 10 sessions up", "250 chunks/s", "closed 1013 ×1", "proxy 25%"):
        assert expected in shown
    assert ("there and back" in shown) is (mode is Mode.ECHO)


def test_without_a_terminal_a_line_comes_now_and_then(capsys: pytest.CaptureFixture[str]):
    run = Run(plan(), NOBODY)
    with LineScreen(plan()) as screen:
        for _ in range(2 * LINE_EVERY_TICKS):
            screen.show(run, Glance(span(), {}))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("10 of 10 sessions, 250 chunks/s, p99 0.80 ms, 0 lost")


def test_a_picture_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch):
    pytest.importorskip("matplotlib")
    path = tmp_path / "nowhere" / "load.png"
    options = ["load", "--url", NOBODY, "--sessions", "1", "--seconds", "1", "--plot", str(path)]
    result = CliRunner().invoke(main, options)
    assert result.exit_code == 1
    assert "--plot" in result.stderr
