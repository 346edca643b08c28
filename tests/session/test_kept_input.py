"""How much of the input is kept: what a successor would be told again, and no more."""

from __future__ import annotations

import pytest

from playbook import Playbook
from rtproxy.model import events as ev
from rtproxy.session import commands as cmd
from rtproxy.session.kept_input import KeptInput
from rtproxy.simulator.settings import Settings
from session.call import Call
from session.stage import ready
from simulator.sounds import noise, silence

NOTHING_SAID = ev.Failure(code="input_audio_buffer_commit_empty", message="Too small.")


class Kept(KeptInput):
    """By itself, as a core."""

    def receive(self, event: ev.Event, now: float) -> list[cmd.Command]:
        del now
        return self.note(event)


def spoken(play: Playbook, item_id: str, end_ms: int) -> Playbook:
    """Turn detection makes an item of what was said."""
    play >> ev.SpeechStopped(item_id=item_id, audio_end_ms=end_ms)
    return play >> ev.InputCommitted(item_id=item_id)


def written(play: Playbook, item_id: str) -> Playbook:
    return play >> ev.InputTranscriptDone(item_id=item_id, transcript="Hello.")


def committed(play: Playbook, item_id: str, at_ms: float) -> Playbook:
    """By hand."""
    play >> ev.InputFlushed(at_ms=at_ms)
    return play >> ev.InputCommitted(item_id=item_id)


def test_an_item_is_kept_until_its_words_are_known() -> None:
    play = spoken(Playbook(Kept()), "i1", 2_000)
    play.rest()
    written(play, "i1") << cmd.ForgetInput(2_000)
    written(play, "i1").rest()


def test_what_is_never_written_is_kept_until_the_next_item() -> None:
    play = spoken(Playbook(Kept()), "i1", 2_000)
    play >> ev.InputTranscriptFailed(item_id="i1", error=ev.Failure(message="Noise."))
    play.rest()
    spoken(play, "i2", 5_000) << cmd.ForgetInput(2_000)
    written(play, "i1").rest()  # later than the next item
    written(play, "i2") << cmd.ForgetInput(5_000)


def test_of_nothing_is_more_forgotten_than_of_the_item_before() -> None:
    play = spoken(Playbook(Kept()), "i1", 2_000)
    play >> ev.SpeechStopped(item_id="i2", audio_end_ms=5_000)
    written(play, "i1") << cmd.ForgetInput(2_000)
    play >> ev.InputCommitted(item_id="i2")
    play.rest()


def test_a_commit_by_hand_ends_its_item_where_it_stood() -> None:
    play = committed(Playbook(Kept()), "i1", 1_500.5)
    written(play, "i1") << cmd.ForgetInput(1_500.5)
    committed(play, "i2", 4_000).rest()
    committed(play, "i3", 6_000) << cmd.ForgetInput(4_000)


def test_commits_that_overtake_their_answers_keep_their_order() -> None:
    play = Playbook(Kept()) >> ev.InputFlushed(at_ms=1_000)
    play >> ev.InputFlushed(at_ms=3_000)
    play >> ev.InputCommitted(item_id="i1")
    play.rest()
    play >> ev.InputCommitted(item_id="i2")
    play << cmd.ForgetInput(1_000)
    written(play, "i2") << cmd.ForgetInput(3_000)


def test_a_refused_commit_is_no_item() -> None:
    play = Playbook(Kept()) >> ev.InputFlushed(at_ms=10)
    play >> ev.ErrorTold(error=NOTHING_SAID)
    committed(play, "i1", 2_000)
    written(play, "i1") << cmd.ForgetInput(2_000)


def test_any_other_error_is_about_no_commit() -> None:
    play = Playbook(Kept()) >> ev.InputFlushed(at_ms=1_000)
    play >> ev.ErrorTold(error=ev.Failure(code="invalid_value", message="No."))
    play >> ev.InputCommitted(item_id="i1")
    written(play, "i1") << cmd.ForgetInput(1_000)
    play >> ev.ErrorTold(error=NOTHING_SAID)  # nobody has committed anything
    play.rest()


def test_speech_that_was_committed_by_hand_ends_there() -> None:
    play = spoken(Playbook(Kept()), "i1", 2_000)
    written(play, "i1").skip()
    committed(play, "i2", 2_600)
    written(play, "i2") << cmd.ForgetInput(2_600)


def test_an_item_of_which_nobody_knows_the_end_lets_nothing_be_forgotten() -> None:
    play = spoken(Playbook(Kept()), "i1", 2_000)
    play >> ev.InputCommitted(item_id="i2")
    play << cmd.ForgetInput(2_000)
    written(play, "i2").rest()
    spoken(play, "i3", 9_000).rest()


def test_a_session_forgets_in_the_same_step() -> None:
    play = ready() >> ev.SpeechStopped(item_id="i1", audio_end_ms=2_000)
    play.skip() >> ev.InputCommitted(item_id="i1")
    play.skip() >> ev.InputTranscriptDone(item_id="i1", transcript="Hello.")
    assert play.left()[-1] == cmd.ForgetInput(2_000)


@pytest.mark.parametrize("by_hand", [False, True])
def test_of_a_call_no_more_is_kept_than_what_followed_the_last_question(by_hand: bool) -> None:
    call = Call(Settings(speed=100.0))
    for turn in range(1, 4):
        call.speaks(silence(300) + noise(700))
        if by_hand:
            call.says(ev.InputCommit(respond=True))
        call.speaks(silence(1_000))
        call.wait(3.0)
        said_ms = turn * 2_000
        assert said_ms - 1_000 <= call.forgotten[-1][0] < said_ms
