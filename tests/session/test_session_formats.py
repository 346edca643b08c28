"""What an upstream names counts, whatever was asked for."""

from __future__ import annotations

from typing import Any

import pytest

from playbook import Playbook
from rtproxy.model import events as ev
from rtproxy.model.audio_format import PCM16_24K, AudioFormat, Encoding
from rtproxy.model.close import CloseCode
from rtproxy.session import commands as cmd
from rtproxy.session.formats import UnknownFormatError, UpstreamAudio, audio_named_in
from rtproxy.session.relay import RelaySession
from rtproxy.session.session import Session

ULAW = AudioFormat(Encoding.G711_ULAW, 8_000)
ALAW = AudioFormat(Encoding.G711_ALAW, 8_000)


def session(given: Any = None, answered: Any = None) -> dict[str, Any]:
    return {"audio": {"input": {"format": given}, "output": {"format": answered}}}


@pytest.mark.parametrize(
    ("named", "meant"),
    [
        (None, PCM16_24K),
        ({"type": "audio/pcm", "rate": 24_000}, PCM16_24K),
        ({"type": "audio/pcm"}, PCM16_24K),
        ({"type": "audio/pcm", "rate": 16_000}, AudioFormat(Encoding.PCM16, 16_000)),
        ({"type": "audio/pcmu"}, ULAW),
        ({"type": "audio/pcma"}, ALAW),
        ("g711_ulaw", ULAW),
    ],
)
def test_names_of_formats(named: Any, meant: AudioFormat) -> None:
    assert audio_named_in(session(named, None)) == UpstreamAudio(hears=meant)
    assert audio_named_in(session(None, named)) == UpstreamAudio(speaks=meant)


@pytest.mark.parametrize("nothing", [{}, {"audio": None}, {"audio": {"input": 3}}])
def test_a_session_that_names_nothing_speaks_the_usual(nothing: dict[str, Any]) -> None:
    assert audio_named_in(nothing) == UpstreamAudio()


@pytest.mark.parametrize(
    "named", [{"type": "audio/opus"}, {"type": "audio/pcm", "rate": 47_000}, {"rate": 8_000}, 7]
)
def test_what_nobody_speaks_is_named(named: Any) -> None:
    with pytest.raises(UnknownFormatError, match="output audio is"):
        audio_named_in(session(None, named))


def connecting() -> Playbook:
    return (Playbook(Session("s", {})) >> ev.SessionCreated(session={"model": "m"})).skip()


def test_an_upstream_that_names_another_format_is_believed() -> None:
    named = session({"type": "audio/pcmu"}, {"type": "audio/pcma"})
    play = connecting() >> ev.SessionUpdated(session=named)
    play << cmd.JoinAudio(UpstreamAudio(hears=ULAW, speaks=ALAW))
    play << cmd.ToClient(ev.SessionReady(session_id="s", model="m", voice=""))
    play >> ev.SessionUpdated(session=named)
    play.rest()
    play >> ev.SessionUpdated(session=session())
    play << cmd.JoinAudio(UpstreamAudio())
    play.rest()


def test_a_format_that_cannot_be_spoken_ends_the_session_with_clear_words() -> None:
    play = connecting() >> ev.SessionUpdated(session=session({"type": "audio/opus"}))
    note, said, end = play.left()
    assert isinstance(note, cmd.Note)
    assert isinstance(said, cmd.ToClient)
    assert isinstance(said.event, ev.ErrorTold)
    assert said.event.fatal
    assert said.event.error.code == "unknown_audio_format"
    assert "audio/opus" in said.event.error.message
    assert isinstance(end, cmd.End)
    assert end.reason.code == CloseCode.UPSTREAM_REFUSED


def test_what_two_agree_upon_is_measured_though_not_converted() -> None:
    play = Playbook(RelaySession("s")) >> ev.SessionCreated(session=session())
    play.rest()
    play >> ev.SessionUpdated(session=session({"type": "audio/pcmu"}, {"type": "audio/pcmu"}))
    play << cmd.JoinAudio(UpstreamAudio(hears=ULAW, speaks=ULAW))
    play >> ev.SessionUpdated(session=session({"type": "audio/opus"}))
    play.rest()


def test_bare_audio_is_announced_item_by_item() -> None:
    core = Session("s", {}, bare_audio=True)
    play = (Playbook(core) >> ev.SessionCreated(session={})).skip()
    play >> ev.SessionUpdated(session={})
    play.skip() >> ev.ResponseCreated(response={"id": "r", "conversation_id": "c"})
    play >> ev.OutputItemAdded(response_id="r", item={"id": "i"})
    started = ev.AnswerStarted(response_id="r", item_id="i")
    play << cmd.TellWhenPlayed("r", started, starts=True)
    play >> ev.PartAdded(response_id="r", item_id="i", part={"type": "text"})
    part = ev.PartAdded(response_id="r", item_id="i", part={"type": "audio"})
    play >> part << cmd.PlaceMark("r", b"audio 0 r")
    play >> part
    play >> ev.MarkReached(token=b"audio 0 r")
    play << cmd.ToClient(ev.AudioStarted(response_id="r", item_id="i"))
    play.rest()


def test_audio_of_an_answer_that_was_cut_is_not_announced() -> None:
    core = Session("s", {}, bare_audio=True)
    play = (Playbook(core) >> ev.SessionCreated(session={})).skip()
    play >> ev.SessionUpdated(session={})
    play.skip() >> ev.ResponseCreated(response={"id": "r", "conversation_id": "c"})
    play >> ev.OutputItemAdded(response_id="r", item={"id": "i"})
    play.skip() >> ev.PartAdded(response_id="r", item_id="i", part={"type": "audio"})
    play.skip() >> ev.Interrupt()
    play.skip() >> ev.MarkReached(token=b"audio 0 r")
    play.rest()
