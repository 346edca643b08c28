"""A conversation with turns: when it asks, and what it makes of the answer."""

from __future__ import annotations

import base64
import json

import pytest

from rtproxy.load.call import ProtocolBroken
from rtproxy.load.frontends import VOICE
from rtproxy.load.speech import SILENCE, load_speech
from rtproxy.load.tally import Tally
from rtproxy.load.turn_call import PAUSE_CHUNKS, TurnCall

MS = 1_000_000
SPEECH = load_speech()


class Line:
    """A call whose microphone is heard."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.call = TurnCall(0, VOICE, SPEECH, self.tally)
        self.now_ns = 0

    def speak(self, chunks: int) -> list[bytes]:
        """Audio of the next chunks, as base64."""
        said = []
        for _ in range(chunks):
            raw = self.call.say(self.now_ns)
            assert raw is not None
            said.append(json.loads(raw)["audio"].encode())
            self.now_ns += 40 * MS
        return said

    def ask(self) -> list[bytes]:
        return self.speak(PAUSE_CHUNKS + len(SPEECH.encoded))

    def told(self, kind: str, **fields: str) -> None:
        self.call.receive(json.dumps({"type": kind, **fields}).encode(), self.now_ns)

    def answer(self, pcm: bytes) -> None:
        for at in range(0, len(pcm), 4_800):
            self.told("audio_chunk", audio=base64.b64encode(pcm[at : at + 4_800]).decode())
        self.told("response_done")


def test_it_asks_after_a_pause_and_then_listens():
    line = Line()
    assert line.ask() == [SILENCE] * PAUSE_CHUNKS + list(SPEECH.encoded)
    assert not line.call.settled
    assert set(line.speak(50)) == {SILENCE}
    assert line.tally.turns.asked == 1


@pytest.mark.parametrize("before", [0, 3_001 * 2])
def test_an_answer_that_says_it_all_is_complete(before: int):
    line = Line()
    line.ask()
    line.answer(bytes(before) + SPEECH.pcm + bytes(100))
    assert line.tally.turns.complete == 1
    assert line.call.settled
    line.ask()
    assert line.tally.turns.asked == 2


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        (SPEECH.pcm[SPEECH.loud_from + 2 :], "partial"),
        (SPEECH.pcm[: SPEECH.loud_to - 2], "partial"),
        (SPEECH.pcm[:9_600] + SPEECH.pcm[9_700:], "different"),
        (b"", "different"),
    ],
)
def test_any_other_answer_is_told(answer: bytes, field: str):
    line = Line()
    line.ask()
    line.answer(answer)
    counts = {
        name: getattr(line.tally.turns, name) for name in ("complete", "partial", "different")
    }
    assert counts.pop(field) == 1
    assert not any(counts.values())


def test_the_wait_begins_where_the_speech_ends():
    line = Line()
    line.ask()
    after_speech = len(SPEECH.encoded) - SPEECH.loud_chunks
    line.speak(10)
    line.answer(SPEECH.pcm)
    assert line.tally.now.first_audio.count == 1
    # The last loud chunk was said one chunk's time before the next.
    assert line.tally.now.first_audio.highest_us == (after_speech + 10 + 1) * 40_000


def test_a_question_without_an_answer_is_told():
    line = Line()
    line.ask()
    line.call.stop()
    assert line.speak(1) == [SILENCE]  # the microphone stays on while an answer is due
    line.call.end(broken=False)
    assert line.tally.turns.unanswered == 1


def test_after_stop_nothing_is_asked():
    line = Line()
    line.speak(3)
    line.call.stop()
    assert line.call.say(0) is None
    line.call.end(broken=False)
    assert line.tally.turns.unanswered == 0


def test_audio_that_is_no_base64_breaks_it():
    with pytest.raises(ProtocolBroken):
        Line().told("audio_chunk", audio="not base64!")
