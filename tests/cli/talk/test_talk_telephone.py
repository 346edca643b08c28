"""The telephone of talk: it plays in real time, hands marks back, and clears what it is told to."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from rtproxy.cli.talk import heard as fe
from rtproxy.cli.talk.exchange import Exchange
from rtproxy.cli.talk.formats import USUAL
from rtproxy.cli.talk.telephone import PAUSE_S, PIECE_MS, TWILIO, Telephone
from rtproxy.dialects.registry import choose_dialect
from rtproxy.dialects.twilio import Twilio
from rtproxy.model import events as ev

SECOND = bytes(8_000)


def media(audio: bytes = SECOND) -> str:
    payload = base64.b64encode(audio).decode()
    return json.dumps({"event": "media", "streamSid": "MZ", "media": {"payload": payload}})


def mark(name: str) -> str:
    return json.dumps({"event": "mark", "streamSid": "MZ", "mark": {"name": name}})


def connected() -> Telephone:
    phone = Telephone()
    assert phone.due(0.0) == []
    return phone


def marks(phone: Telephone, now: float) -> list[str]:
    """The marks that are handed back by then."""
    return [each["mark"]["name"] for each in phone.due(now) if isinstance(each, dict)]


def proxys_dialect() -> Twilio:
    dialect = choose_dialect(TWILIO.path, {}, ())
    assert isinstance(dialect, Twilio)
    return dialect


def test_the_proxy_understands_a_call() -> None:
    dialect, phone = proxys_dialect(), TWILIO.connect()
    said = [json.dumps(message).encode() for message in phone.introduction]
    assert list(phone.opening(USUAL)) == []
    events = [event for raw in said for event in dialect.decode(raw, binary=False)]
    assert [type(event) for event in events] == [ev.StreamStarted, ev.Introduced, ev.StartAsked]
    started = dialect.after(events[0])
    (audio,) = started.decode(str(phone.audio(bytes(160))).encode(), binary=False)
    assert isinstance(audio, ev.InputAudio)


def test_what_the_proxy_says_is_heard_and_answered() -> None:
    started = proxys_dialect().after(ev.StreamStarted(stream_id="MZ"))
    phone = connected()
    (asked,) = started.encode(ev.MarkAsked(token=b"over 1 r"))
    assert phone.read(asked.decode()) is None
    (echoed,) = (each for each in phone.due(1.0) if isinstance(each, dict))
    raw = json.dumps({**echoed, "streamSid": "MZ"}).encode()
    assert list(started.decode(raw, binary=False)) == [ev.MarkReached(token=b"over 1 r")]


def test_messages_are_numbered_and_of_20_ms() -> None:
    phone = connected()
    first, second = (json.loads(phone.audio(bytes(160))) for _ in range(2))
    assert int(second["sequenceNumber"]) == int(first["sequenceNumber"]) + 1
    assert (phone.piece_ms, PIECE_MS) == (20, 20)


def test_an_answer_is_played_as_it_comes_and_ends_after_a_pause() -> None:
    phone = connected()
    assert phone.read(media()) == fe.AnswerAudio(SECOND)
    assert phone.due(10.0) == [fe.AnswerStarted()]
    phone.read(media())
    assert phone.due(10.1) == []
    assert phone.due(11.9 + PAUSE_S) == []
    assert phone.due(12.0 + PAUSE_S) == [fe.AnswerOver()]
    assert phone.due(99.0) == []


def test_a_mark_comes_back_when_what_is_before_it_was_played() -> None:
    phone = connected()
    for message in (media(), mark("a"), media(), mark("b"), mark("c")):
        phone.read(message)
    assert marks(phone, 10.0) == []
    assert marks(phone, 11.0) == ["a"]
    assert marks(phone, 11.9) == []
    assert marks(phone, 12.0) == ["b", "c"]


def test_a_mark_behind_nothing_comes_back_at_once() -> None:
    phone = connected()
    phone.read(mark("a"))
    assert marks(phone, 10.0) == ["a"]


def test_what_is_cleared_is_not_played_and_its_marks_come_back() -> None:
    phone = connected()
    for message in (media(), mark("a"), media()):
        phone.read(message)
    assert marks(phone, 10.0) == []
    phone.read(mark("b"))
    phone.read(json.dumps({"event": "clear", "streamSid": "MZ"}))
    assert marks(phone, 10.1) == ["a", "b"]
    phone.read(media())
    phone.read(mark("c"))
    assert marks(phone, 10.2) == []
    assert marks(phone, 11.2) == ["c"]


@pytest.mark.parametrize("raw", ["no JSON", b"\xff", media().replace("AAAA", "?")])
def test_what_is_no_message_is_a_value_error(raw: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        connected().read(raw)


@pytest.mark.parametrize("raw", ['{"event":"x"}', "[]", '{"event":"media"}', '{"event":"mark"}'])
def test_what_means_nothing_here(raw: str) -> None:
    assert connected().read(raw) is None


def test_a_long_answer_is_not_taken_for_silence() -> None:
    """Twilio is sent all of it at once; that it plays is a sign of life."""
    phone, exchange = connected(), Exchange(0.0, 0.0)
    exchange.send_question(0.0, 0.0)
    phone.read(media(SECOND * 30))
    for second in range(30):
        phone.read(mark(str(second)))
        phone.read(media())
    for now in range(1, 62):
        for each in phone.due(float(now)):
            if not isinstance(each, dict):
                exchange.receive(each, float(now))
        quiet_since = exchange.quiet_since()
        assert quiet_since is not None
        if now > 31:
            assert now - quiet_since <= 1.0
