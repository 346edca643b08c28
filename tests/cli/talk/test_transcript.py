"""Pieces of text into lines."""

from __future__ import annotations

from rtproxy.cli.talk.frontends import AnswerOver, AnswerStarted, Said
from rtproxy.cli.talk.transcript import Transcript, printable


def test_the_whole_takes_the_place_of_its_pieces():
    transcript = Transcript()
    assert transcript.receive(Said("assistant", "Sure", final=False)) == []
    assert transcript.receive(Said("assistant", ", yes", final=False)) == []
    assert transcript.unfinished == {"assistant": "Sure, yes"}
    whole = Said("assistant", "Sure, yes.", final=True)
    assert transcript.receive(whole) == [("assistant", "Sure, yes.")]
    assert transcript.receive(AnswerOver()) == []


def test_pieces_without_a_whole_end_with_the_answer():
    transcript = Transcript()
    transcript.receive(Said("assistant", "Sure", final=False))
    transcript.receive(Said("user", "What", final=False))
    assert transcript.receive(AnswerStarted()) == []
    assert transcript.receive(AnswerOver()) == [("assistant", "Sure")]
    assert transcript.flush() == [("user", "What")]
    assert transcript.flush() == []


def test_empty_text_is_no_line():
    assert Transcript().receive(Said("user", "  ", final=True)) == []


def test_text_from_outside_cannot_steer_the_terminal():
    assert printable("a\x1b[31mb\r\nc\u2028d") == "a [31mb  c d"
