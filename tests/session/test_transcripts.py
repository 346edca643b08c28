"""Every message of the small dialects, and every error, as it goes over the wire.

The transcripts are text, in the folder beside this file: `all.txt` is played in each
dialect, the others in the one whose name they have.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from rtproxy.dialects.companion import COMPANION
from rtproxy.dialects.conversation import CONVERSATION
from rtproxy.dialects.table import TableDialect
from rtproxy.dialects.voice import VOICE
from rtproxy.model import events as ev
from rtproxy.model.brief import Brief
from rtproxy.session.greeting import Greeting
from rtproxy.session.session import Session
from session.transcript import Stage, act, read_transcripts, said_in

FOLDER = Path(__file__).parent / "transcripts"
PAGES = Path(__file__).parents[2] / "docs" / "protocols"
DIALECTS = {"voice": VOICE, "companion": COMPANION, "conversation": CONVERSATION}
CLOCK = {"type": "function", "name": "clock"}
CONFIG = {"type": "realtime", "instructions": "Be kind.", "tools": [CLOCK]}
TOOLS = frozenset({"clock"})  # that the proxy runs
# How the title begins of a transcript of what comes before the conversation, and of one
# of a client whose audio is bare.
BEFORE, BARE = "before: ", "bare: "


def configure(start: ev.StartAsked) -> Brief | ev.Misunderstood:
    """There is one persona, whatever else is wished."""
    if start.persona is None:
        return Brief(CONFIG, tools=TOOLS)
    return ev.Misunderstood(code="unknown_persona", message="Nobody.", param="persona")


def stage(name: str, **made_with: Any) -> Stage:
    greeting = Greeting(configure) if DIALECTS[name].greets else None
    made_with["tools"] = frozenset() if greeting else TOOLS
    return Stage(Session("sess_1", CONFIG, greeting=greeting, **made_with), DIALECTS[name])


def transcripts_of(name: str) -> dict[str, list[str]]:
    """By title; a dialect that has another word for the end of an answer says that."""
    texts = [(FOLDER / f"{one}.txt").read_text(encoding="utf-8") for one in ("all", name)]
    whole = "\n".join(texts)
    if name == "companion":
        whole = whole.replace('"response_done"', '"response_complete"')
    return read_transcripts(whole)


def cases() -> list[Any]:
    return [
        pytest.param(name, title, id=f"{name}: {title}")
        for name in DIALECTS
        for title in transcripts_of(name)
        if not title.isupper()
    ]


@pytest.mark.parametrize(("name", "title"), cases())
def test_transcript(name: str, title: str) -> None:
    lines = transcripts_of(name)
    begin = [] if title.startswith(BEFORE) else lines["BEGIN"]
    act(stage(name, bare_audio=title.startswith(BARE)), [*begin, *lines[title]])


def test_a_transcript_that_is_not_so_fails() -> None:
    lines = transcripts_of("voice")
    untrue = ['→ {"type": "ping"}', '← {"type": "ping"}']
    for wrong in (untrue, untrue[:1], untrue[1:], ["✕ 1000"]):
        with pytest.raises(AssertionError):
            act(stage("voice"), [*lines["BEGIN"], *wrong])


@pytest.mark.parametrize("name", DIALECTS)
def test_every_message_is_in_a_transcript(name: str) -> None:
    dialect: TableDialect = DIALECTS[name]
    transcripts = transcripts_of(name)
    assert {*dialect.readings, *dialect.audio_types} <= said_in(transcripts, "→", "type")
    page = (PAGES / f"{name}.md").read_text(encoding="utf-8").split("## What you are told")[1]
    documented = set(re.findall(r'^\| `\{"type": "(\w+)"', page, re.MULTILINE))
    of_the_lane = re.findall(r'"type":"(\w+)"', dialect.audio_template)
    assert said_in(transcripts, "←", "type") == documented - set(of_the_lane)


# Decided where there is no core yet, or none any more: at the door, and where tasks end.
ELSEWHERE = {
    "binary_not_expected",  # of a frame that is no text
    "rate_limited",  # before it comes to the core
    "invalid_parameter",
    "too_many_sessions",
    "missing_credentials",
    "token_expired",
    "internal_error",
    "room_full",  # of rooms, whose transcripts are their own
    "too_many_rooms",
}


def test_every_error_is_in_a_transcript() -> None:
    page = (PAGES / "README.md").read_text(encoding="utf-8")
    errors = page.split("## Errors")[1].split("## Close codes")[0]
    rows = re.findall(r"^\| (.*?) \|", errors, re.MULTILINE)
    listed = {code for row in rows for code in re.findall(r"`(\w+)`", row)} - {"error_type"}
    told = {code for name in DIALECTS for code in said_in(transcripts_of(name), "←", "code")}
    assert listed - ELSEWHERE <= told
