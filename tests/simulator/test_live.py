"""The echo: each append comes back at once, in a response that does not end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rtproxy.simulator.settings import VoiceName

from .play import PLAIN, Play, audio_of, error_of, only, types
from .sounds import noise, silence

ECHO = replace(PLAIN, voice=VoiceName.ECHO)


def test_each_append_comes_back_at_once() -> None:
    play = Play(ECHO)
    spoken = noise(40)
    first = play.say(spoken)
    assert types(first) == [
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_audio.delta",
    ]
    assert audio_of(first) == spoken
    again = play.say(silence(1_000))
    assert types(again) == ["response.output_audio.delta"]
    assert audio_of(again) == silence(1_000)
    assert play.core.next_due() is None


def test_transcript_deltas_keep_an_even_pace() -> None:
    play = Play(replace(ECHO, echo_transcript_hz=4.0))
    play.say(noise(40))
    deltas = play.wait(2.1)
    assert types(deltas) == ["response.output_audio_transcript.delta"]
    assert [event["delta"] for event in deltas] == [f" {n}" for n in range(1, 10)]


def test_a_cancelled_echo_begins_anew() -> None:
    play = Play(replace(ECHO, echo_transcript_hz=4.0))
    created = only(play.say(noise(40)), "response.created")
    play.send("response.cancel")
    done = only(play.wait(1.0), "response.done")["response"]
    assert (done["id"], done["status"]) == (created["response"]["id"], "cancelled")
    assert types(play.wait(1.0)) == []
    assert only(play.say(noise(40)), "response.created")["response"]["id"] != done["id"]


def test_no_echo_into_another_response() -> None:
    play = Play(ECHO)
    play.send("response.create")
    error = error_of(play.send("input_audio_buffer.append", audio="AAAA"))
    assert error["code"] == "conversation_already_has_active_response"


@pytest.mark.parametrize("audio", ["not base64", ""])
def test_what_comes_is_not_looked_at(audio: str) -> None:
    play = Play(ECHO)
    events = play.send("input_audio_buffer.append", audio=audio)
    assert only(events, "response.output_audio.delta")["delta"] == audio
