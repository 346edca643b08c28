"""A simulator that gives another format than was asked for, as compatible upstreams do."""

from __future__ import annotations

from rtproxy.config import SimulatorConfig
from rtproxy.model.audio_format import PCM16_24K
from rtproxy.simulator.formats import FORMATS, convert
from rtproxy.simulator.settings import Settings, configured

from .play import Json, Play, audio_of, only
from .sounds import turn

PCM = {"type": "audio/pcm", "rate": 24_000}
ULAW = {"type": "audio/pcmu"}
ALAW = {"type": "audio/pcma"}
ASKED = {"input": {"format": PCM, "turn_detection": None}, "output": {"format": PCM}}


def formats(session: Json) -> tuple[Json, Json]:
    audio = session["audio"]
    return audio["input"]["format"], audio["output"]["format"]


def test_without_a_forced_format_a_session_gets_what_it_asks_for() -> None:
    play = Play(Settings())
    (updated,) = play.update(audio={"input": {"format": ALAW}, "output": {"format": ULAW}})
    assert formats(updated["session"]) == (ALAW, ULAW)


def test_a_forced_format_is_named_from_the_first_event_on() -> None:
    play = Play(Settings(force_input_format="audio/pcmu", force_output_format="audio/pcma"))
    (created,) = play.opening
    assert formats(created["session"]) == (ULAW, ALAW)
    (updated,) = play.update(audio=ASKED)
    assert formats(updated["session"]) == (ULAW, ALAW)


def test_one_direction_may_be_forced_alone() -> None:
    play = Play(Settings(force_output_format="audio/pcmu"))
    (updated,) = play.update(audio={"input": {"format": ALAW}, "output": {"format": PCM}})
    assert formats(updated["session"]) == (ALAW, ULAW)


def test_what_is_sent_and_answered_is_in_the_forced_format() -> None:
    play = Play(Settings(force_input_format="audio/pcmu", force_output_format="audio/pcmu"))
    play.update(audio=ASKED)
    codes = bytes(range(256)) * 10  # 320 ms at 8 kHz; as PCM16 it would be 53 ms, too little
    play.say(codes)
    play.send("input_audio_buffer.commit")
    events = play.respond(audio={"output": {"format": PCM}})
    assert audio_of(events) == codes
    assert only(events, "response.done")["response"]["audio"]["output"]["format"] == ULAW


def test_turns_are_found_in_the_time_of_the_forced_format() -> None:
    play = Play(Settings(force_input_format="audio/pcma"))
    play.update(audio={"input": {"format": PCM}})
    events = play.say(convert(turn(before_ms=500), PCM16_24K, FORMATS["audio/pcma"]))
    assert only(events, "input_audio_buffer.speech_started")["audio_start_ms"] == 200


def test_the_configuration_may_force_them() -> None:
    section = SimulatorConfig(force_input_format="audio/pcma", force_output_format="audio/pcmu")
    assert configured(section).forced_formats == {"input": "audio/pcma", "output": "audio/pcmu"}
