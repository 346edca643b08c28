"""What is shown: plain lines for files and pipes, a live drawing for people."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from rtproxy.cli.talk.display import choose_display
from rtproxy.cli.talk.exchange import Exchange, Totals
from rtproxy.cli.talk.formats import WireFormats, parse_format
from rtproxy.cli.talk.frontends import (
    AnswerAudio,
    AnswerOver,
    Heard,
    Ready,
    Reconnecting,
    Said,
    ToolNews,
    Trouble,
)
from rtproxy.cli.talk.live_screen import LiveDisplay
from rtproxy.cli.talk.screen import Display, PlainDisplay, summary

TURN: tuple[Heard, ...] = (
    Reconnecting("2"),
    Ready("gpt-realtime, voice alloy"),
    Said("user", "What time is it?", final=True),
    Said("assistant", "Half past\x1b[2J ", final=False),
    AnswerAudio(bytes(4_800)),
    Said("assistant", "nine.", final=False),
    AnswerOver(),
    ToolNews("c", "clock", "started"),
    ToolNews("c", "clock", "failed", "no\nhands"),
    Trouble("slow\ndown", "rate_limit", fatal=False),
    AnswerOver("too many questions"),
    Said("user", "and?", final=False),
)


def play(display: Display) -> None:
    exchange = Exchange(1_000.0, 900.0)
    with display:
        for heard in TURN:
            display.show(heard)
            exchange.receive(heard, 1.0)
            display.progress(exchange)


def test_a_pipe_gets_a_line_for_each_thing_that_is_finished(capsys):
    play(PlainDisplay())
    assert capsys.readouterr().out.splitlines() == [
        "the proxy does not reach its upstream yet (attempt 2)",
        "connected: gpt-realtime, voice alloy",
        "you: What time is it?",
        "answer: Half past [2J nine.",
        "tool clock started",
        "tool clock failed: no hands",
        "error: slow down (rate_limit)",
        "the answer failed: too many questions",
        "you: and?",
    ]


def test_a_terminal_gets_the_same_and_a_drawing():
    screen = io.StringIO()
    play(LiveDisplay(Console(file=screen, force_terminal=True, width=80)))
    shown = screen.getvalue()
    for words in ("What time is it?", "nine.", "slow down", "0.0 of 1.0 s", "and?"):
        assert words in shown
    assert "\x1b[2J" not in shown


@pytest.mark.parametrize(("terminal", "kind"), [(True, LiveDisplay), (False, PlainDisplay)])
def test_the_terminal_decides(monkeypatch, terminal: bool, kind: type):
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)
    assert type(choose_display()) is kind


def test_the_figures_are_sentences():
    totals = Totals(3_500, 320, 88, 2_600, 26, 1, 0.444, 7.26)
    assert summary(totals) == [
        "asked 3.5 s in 88 messages, then 0.3 s of silence; heard 2.6 s in 26 messages",
        "first audio 0.44 s after the end of the speech",
        "altogether 7.3 s",
    ]
    assert len(summary(Totals(3_500, 0, 88, 0, 0, 0, None, 7.26))) == 2


def test_unusual_formats_are_among_the_figures():
    formats = WireFormats(parse_format("f32/48000/2"), parse_format("g711_ulaw"), binary=True)
    lines = summary(Totals(3_500, 320, 88, 2_600, 26, 1, 0.444, 7.26, formats))
    assert lines[1] == "sent as f32/48000/2, heard as g711_ulaw/8000, in binary frames"
