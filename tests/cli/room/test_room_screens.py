"""What is shown of a room: captions for a pipe, JSON for a program, a drawing for people."""

from __future__ import annotations

import io
import json
import os

import pytest
from rich.console import Console

from rtproxy.cli.room.captions import Captions
from rtproxy.cli.room.display import choose_screen
from rtproxy.cli.room.live_screen import LiveScreen
from rtproxy.cli.room.screen import JsonScreen, NobodyReads, PlainScreen, Screen
from rtproxy.cli.room.speech import Speech
from rtproxy.cli.room.told import read


def caption(kind: str, item_id: str, text: str, language: str = "de", **more: int) -> dict:
    return {"type": kind, "itemId": item_id, "language": language, "text": text, **more}


def state(speaker: str | None, listeners: int, *languages: str) -> dict:
    return {
        "type": "room_state",
        "speaker": speaker,
        "listeners": listeners,
        "languages": [*languages],
    }


# Somebody comes late, reads along, and the speaker ends.
EVENING = (
    state("ann", 2, "de", "en"),
    caption("transcript_done", "a", "Welcome.", "en"),
    caption("translation_done", "b", "Schön, dass\x1b[2J ihr da seid."),
    caption("translation_delta", "c", "Wir fangen"),
    state("ann", 3, "de", "en"),
    caption("translation_delta", "c", " gleich an", skipped=1),
    {"type": "error", "message": "A line\nis away.", "code": "translation_interrupted"},
    caption("translation_done", "c", "Wir fangen jetzt gleich an."),
    {"type": "ended"},
    state(None, 1, "de"),
    caption("translation_delta", "d", "Noch"),
)


def play(screen: Screen) -> None:
    with screen:
        for message in EVENING:
            raw = json.dumps(message)
            screen.show(read(raw), raw)


def test_a_pipe_gets_the_captions_and_whoever_starts_it_the_rest(capsys):
    play(PlainScreen(Captions("de")))
    shown = capsys.readouterr()
    assert shown.out.splitlines() == [
        "[en] Welcome.",
        "Schön, dass [2J ihr da seid.",
        "Wir fangen jetzt gleich an.",
    ]
    assert shown.err.splitlines() == [
        "ann speaks; 2 listen (de, en)",
        "error: A line is away. (translation_interrupted)",
        "the speaker has ended",
        "nobody speaks; 1 listens (de)",
    ]


def test_a_speaker_is_told_that_it_is_they_who_speak(capsys):
    screen = PlainScreen(Captions())
    for message in ({**state(None, 1, "de"), "memberId": "m1"}, state("m1", 1, "de")):
        screen.show(read(json.dumps(message)), "")
    assert capsys.readouterr().err.splitlines() == [
        "nobody speaks; 1 listens (de)",
        "you speak; 1 listens (de)",
    ]


def test_a_program_gets_each_message_as_it_came(capsys):
    play(JsonScreen(Captions("de")))
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [*EVENING]


def test_a_terminal_gets_the_captions_as_they_are_spoken():
    paper = io.StringIO()
    play(LiveScreen("demo", Captions("de"), Console(file=paper, force_terminal=True, width=80)))
    shown = paper.getvalue()
    for words in (
        "Welcome.",
        "Wir fangen … gleich an",
        "Wir fangen jetzt gleich an.",
        "ann speaks; 3 listen (de, en)",
        "A line is away.",
        "the speaker has ended",
        "Noch",
    ):
        assert words in shown, words
    assert "\x1b[2J" not in shown


def test_a_line_that_grows_is_rewritten_in_place():
    paper = io.StringIO()
    screen = LiveScreen("demo", Captions(), Console(file=paper, force_terminal=True, width=80))
    with screen:
        for text in ("one", " two"):
            raw = json.dumps(caption("transcript_delta", "a", text))
            screen.show(read(raw), raw)
        before_the_end = paper.getvalue()
    assert "\x1b[1A" in before_the_end  # up, where the line begins anew
    assert before_the_end.index("one") < before_the_end.index("one two")


def test_how_far_a_speaker_is_stands_beside_the_room():
    paper = io.StringIO()
    screen = LiveScreen("demo", Captions(), Console(file=paper, force_terminal=True, width=100))
    with screen:
        screen.progress(Speech(1_000, 800))
        screen.lose()
        screen.notice("the connection broke; trying again in 1.0 s")
    for words in ("waiting", "connecting again", "trying again in 1.0 s"):
        assert words in paper.getvalue()


@pytest.mark.parametrize(
    ("terminal", "as_json", "kind"),
    [
        (True, False, LiveScreen),
        (True, True, JsonScreen),
        (False, False, PlainScreen),
        (False, True, JsonScreen),
    ],
)
def test_the_terminal_decides_unless_it_is_for_a_program(
    monkeypatch, terminal: bool, as_json: bool, kind: type
):
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)
    assert type(choose_screen("demo", Captions(), as_json=as_json)) is kind


def test_where_nobody_reads_any_more_that_is_told(monkeypatch):
    reading, writing = os.pipe()
    os.close(reading)
    raw = json.dumps(EVENING[1])
    for kind in (PlainScreen, JsonScreen):
        with os.fdopen(os.dup(writing), "w") as out:
            monkeypatch.setattr("sys.stdout", out)
            with pytest.raises(NobodyReads):
                kind(Captions()).show(read(raw), raw)
    os.close(writing)
