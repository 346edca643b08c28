"""Every rule of a room, as a transcript."""

from __future__ import annotations

from pathlib import Path

import pytest
from room_stage import act, read_transcripts, stage

from rtproxy.rooms.terms import Translator

FOLDER = Path(__file__).parent / "transcripts"
FILES = sorted(FOLDER.glob("[a-z]*.txt"))
PARTS = (FOLDER / "parts.txt").read_text(encoding="utf-8")
TERMS = {
    "interpreter": {"instructions": "Interpret."},
    "listeners": 3,
    "speakers": 3,
    "languages_at_once": 3,
    "history": 2,
}


def cases() -> list[tuple[str, str, list[str]]]:
    return [
        (file.stem, title, lines)
        for file in FILES
        for title, lines in read_transcripts(PARTS + file.read_text(encoding="utf-8")).items()
        if not title.isupper() and file.stem != "parts"
    ]


@pytest.mark.parametrize(
    ("file", "lines"),
    [pytest.param(file, lines, id=f"{file}: {title}") for file, title, lines in cases()],
)
def test_a_transcript(file: str, lines: list[str]) -> None:
    translator = Translator.TRANSLATION if file == "translation" else Translator.SESSION
    act(stage(**TERMS, translator=translator), lines)
