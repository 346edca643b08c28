"""An echoed conversation finds out whatever is done to its chunks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rtproxy.audio.stamp import answer_stamp
from rtproxy.load.call import ProtocolBroken
from rtproxy.load.echo_call import EchoCall
from rtproxy.load.frontends import VOICE
from rtproxy.load.speech import load_speech
from rtproxy.load.tally import Tally

MS = 1_000_000
SPEECH = load_speech()


class Line:
    """A call, and what it has said."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.call = EchoCall(5, VOICE, SPEECH, self.tally)
        self.now_ns = 1_000 * MS

    def say(self, count: int = 1) -> list[str]:
        said = []
        for _ in range(count):
            raw = self.call.say(self.now_ns)
            assert raw is not None
            message = json.loads(raw)
            assert message["type"] == "audio_input"
            said.append(message["audio"])
            self.now_ns += 40 * MS
        return said

    def told(self, kind: str, **fields: Any) -> None:
        self.call.receive(json.dumps({"type": kind, **fields}).encode(), self.now_ns)

    def heard(self, audio: str) -> None:
        self.told("audio_chunk", audio=audio)


def test_all_back_in_order_is_clean():
    line = Line()
    for audio in line.say(3):
        line.heard(audio)
    line.call.end(broken=False)
    tally = line.tally
    assert line.call.settled
    assert (tally.said, tally.back, tally.misplaced) == (3, 3, 0)
    assert tally.now.first_audio.count == 1
    assert not tally.measured_upstream


def test_the_ways_are_told_apart_where_the_echo_fills_in_its_times():
    line = Line()
    began_ns = line.now_ns
    (audio,) = line.say()
    line.now_ns = began_ns + 7 * MS
    line.heard(answer_stamp(audio, began_ns + 2 * MS, began_ns + 3 * MS))
    now = line.tally.now
    assert line.tally.measured_upstream
    assert now.to_upstream.highest_us == 2_000
    assert now.to_client.highest_us == 4_000
    assert now.round_trip.highest_us == 7_000


@pytest.mark.parametrize(
    ("order", "field"),
    [([0, 2], "lost"), ([0, 2, 1], "reordered"), ([0, 1, 1, 2], "repeated"), ([], "lost")],
)
def test_what_is_amiss_is_counted(order: list[int], field: str):
    line = Line()
    said = line.say(3)
    for number in order:
        line.heard(said[number])
    line.call.end(broken=False)
    counts = {each: getattr(line.tally, each) for each in ("lost", "reordered", "repeated")}
    assert counts.pop(field) == (3 if not order else 1)
    assert not any(counts.values())


def test_changed_audio_is_counted():
    line = Line()
    (audio,) = line.say()
    line.heard(audio[:-8] + "AAAABBBB")
    assert line.tally.changed == 1


def test_what_is_outstanding_when_the_leg_breaks_is_the_errors():
    line = Line()
    line.say(2)
    line.call.end(broken=True)
    assert (line.tally.lost, line.tally.cut_off) == (0, 2)


def test_audio_of_others_is_no_answer():
    line, other = Line(), EchoCall(6, VOICE, SPEECH, Tally())
    raw = other.say(0)
    assert raw is not None
    line.say()
    with pytest.raises(ProtocolBroken, match="never said"):
        line.heard(json.loads(raw)["audio"])
    with pytest.raises(ProtocolBroken, match="never said"):
        line.heard("AAAA")


def test_audio_from_the_future_is_no_answer():
    line, ahead = Line(), Line()
    with pytest.raises(ProtocolBroken, match="before it was said"):
        line.heard(ahead.say()[0])


@pytest.mark.parametrize("raw", [b"", b"[]", b'{"type":1}', b'{"type":"audio_chunk","audio":7}'])
def test_what_cannot_be_read_breaks_it(raw: bytes):
    with pytest.raises(ProtocolBroken, match="cannot be read"):
        Line().call.receive(raw, 0)


def test_words_are_counted_and_missed():
    line = Line()
    for text in (" 1", " 2", " 4"):
        line.told("transcript", role="assistant", text=text, final=False)
    line.told("transcript", role="user", text="9", final=True)
    assert (line.tally.words, line.tally.words_lost) == (3, 1)


def test_errors_are_told_by_their_code():
    line = Line()
    line.told("error", message="slow down", code="rate_limited", fatal=False)
    assert line.tally.errors == {"told rate_limited": 1}
    assert "slow down" in line.tally.examples["told rate_limited"]


def test_after_stop_nothing_is_said():
    line = Line()
    line.told("session_ready")
    assert line.call.ready
    line.call.stop()
    assert line.call.say(0) is None
