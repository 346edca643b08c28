"""Pieces that become lines."""

from __future__ import annotations

from rtproxy.cli.room.captions import Captions, Line
from rtproxy.cli.room.told import Caption, CaptionLost, TalkEnded


def piece(item_id: str, text: str, language: str = "de", skipped: int = 0) -> Caption:
    return Caption(item_id, language, text, final=False, skipped=skipped)


def whole(item_id: str, text: str, language: str = "de", skipped: int = 0) -> Caption:
    return Caption(item_id, language, text, final=True, skipped=skipped)


def test_pieces_grow_until_the_whole_takes_their_place():
    captions = Captions("de")
    assert captions.receive(piece("a", "Guten")) is None
    assert captions.receive(piece("a", " Morg")) is None
    assert captions.begun() == [Line("Guten Morg")]
    assert captions.receive(whole("a", "Guten Morgen.")) == Line("Guten Morgen.")
    assert captions.begun() == []


def test_items_stand_in_the_order_in_which_they_were_spoken():
    captions = Captions("de")
    for item_id, text in (("a", "eins"), ("b", "zwei"), ("a", " und")):
        captions.receive(piece(item_id, text))
    assert captions.begun() == [Line("eins und"), Line("zwei")]


def test_what_was_left_out_is_marked_until_the_whole_comes():
    captions = Captions("de")
    captions.receive(piece("a", "Guten"))
    captions.receive(piece("a", "an alle", skipped=2))
    assert captions.begun() == [Line("Guten … an alle")]
    assert captions.receive(whole("a", "Guten Tag an alle", skipped=1)) == Line("Guten Tag an alle")


def test_what_breaks_off_is_shown_as_far_as_it_came():
    captions = Captions("de")
    captions.receive(piece("a", "Guten"))
    lost = CaptionLost("a", "too late", "caption_late")
    assert captions.completed(lost) == Line("Guten …")
    assert captions.completed(lost) is None
    assert captions.completed(TalkEnded()) is None
    assert captions.begun() == []


def test_the_unusual_language_is_named():
    captions = Captions("de")
    assert captions.receive(whole("a", "Good morning.", "en")) == Line("Good morning.", "en")
    assert captions.receive(whole("b", "Guten Tag.")) == Line("Guten Tag.")


def test_without_a_wish_the_first_language_is_the_usual_one():
    captions = Captions()
    assert captions.receive(whole("a", "Good morning.", "en")) == Line("Good morning.")
    assert captions.receive(whole("b", "Guten Tag.")) == Line("Guten Tag.", "de")


def test_what_is_told_again_after_a_loss_is_shown_once():
    captions = Captions("de")
    captions.receive(whole("a", "eins"))
    captions.receive(piece("b", "zw"))
    captions.forget_unfinished()
    assert captions.receive(whole("a", "eins")) is None
    assert captions.receive(piece("a", "eins")) is None
    assert captions.begun() == []
    assert captions.receive(whole("b", "zwei")) == Line("zwei")


def test_nothing_of_it_can_steer_a_terminal():
    captions = Captions("de")
    assert captions.receive(whole("a", "\x1b[2Jeins\nzwei")) == Line("[2Jeins zwei")
    assert captions.receive(whole("b", " \n")) is None
