"""Whatever a frontend says wrong is told by name, and harms nobody.

Every field of every message of the small dialects is given what it cannot be, in the
middle of a spoken question: each is answered by an error that names the field and says
what it may be, and the question is answered as if nothing had been.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import trio

from . import speech
from .conftest import StartProxy
from .dialect import COMPANION, CONVERSATION, SMALL, VOICE, Dialect
from .peer import Peer, Refused
from .proxy_process import ProxyProcess
from .test_parrot import answer, assert_heard
from .witness import witnessed

MISSING = object()
NOT_TEXT = (5, True, [], {})
NOT_A_NUMBER = ("7", True, [], {})
NOT_AN_OBJECT = (5, "x", True, [])
NOT_A_LIST = (5, "x", True, {})


@dataclass(frozen=True)
class Field:
    """A field of a message: what it cannot be, and how it is said what it may be.

    `beside` are the fields that are as they should be; `path` is how the field is named,
    where not by its name.
    """

    message: str
    name: str
    wrong: Iterable[Any]
    may_be: str
    beside: dict[str, Any] = field(default_factory=dict)
    path: str = ""

    def cases(self) -> Iterator[tuple[dict[str, Any], str, str]]:
        """Messages that are wrong, with what their errors have to name."""
        for value in self.wrong:
            given = {} if value is MISSING else {self.name: value}
            message = {"type": self.message, **self.beside, **given}
            yield message, self.path or self.name, self.may_be


def session(name: str, wrong: Iterable[Any], may_be: str, path: str = "") -> Field:
    return Field("session_update", name, wrong, may_be, path=path)


def detection(name: str, wrong: Iterable[Any], may_be: str) -> Field:
    values = [{"type": VAD, name: value} for value in wrong]
    return session("turn_detection", values, may_be, f"turn_detection.{name}")


def audio(message: str, path: str = "audio") -> list[Field]:
    return [
        Field(message, "audio", (*NOT_TEXT, None, MISSING), "must be a string of base64", {}, path),
        Field(message, "audio", ("***", "QUJD!"), "is not base64", {}, path),
        Field(message, "audio", ("QUJD",), "no whole number of samples of 2 bytes", {}, path),
    ]


def asked(name: str, wrong: Iterable[Any], may_be: str, path: str = "") -> Field:
    return Field("create_response", name, wrong, may_be, path=path)


VAD = "server_vad"
SEVENTEEN = {f"key {number}": "" for number in range(17)}
ASIDE = {
    "event_id": (NOT_TEXT, "text"),
    "conversation": ((*NOT_TEXT, "mine", ""), '"none", "auto"'),
    "instructions": (NOT_TEXT, "text"),
    "lastItems": ((*NOT_A_NUMBER, -1, 1.5, 10**9), "a whole number from 0 to 1000"),
    "input": (NOT_A_LIST, "a list"),
    "metadata": ((*NOT_AN_OBJECT, SEVENTEEN, {"x" * 65: ""}, {"": ""}), "at most 15 texts"),
    "modalities": ((5, "audio", [], ["smell"]), '["audio"] or ["text"]'),
    "maxOutputTokens": ((0, 5_000, 1.5, True, "many"), "inf"),
}
VOICES = '"alloy", "ash", "ballad"'
COMMON = [
    Field("text", "text", (*NOT_TEXT, None, MISSING), "must be text"),
    *(
        Field(message, "event_id", NOT_TEXT, "must be text or null")
        for message in ("ping", "interrupt", "commit_audio", "stop_audio")
    ),
    Field("playback", "playedMs", (*NOT_A_NUMBER, None, -1, MISSING), "a number of at least 0"),
    Field("playback", "itemId", NOT_TEXT, "must be text or null", {"playedMs": 1}),
    Field("playback", "itemId", ("item_nobody",), "Nothing was sent of", {"playedMs": 1}),
    Field("tool_result", "callId", (*NOT_TEXT, None, MISSING), "must be text", {"output": "x"}),
    Field("tool_result", "callId", ("nobody",), "waiting for an output: none", {"output": "x"}),
    Field("tool_result", "output", (None, MISSING), "JSON", {"callId": "c"}),
    session("voice", (5, True, [], None, "nobody"), VOICES),
    session("speed", (*NOT_A_NUMBER, None, 0.2, 9), "a number from 0.25 to 1.5"),
    session("instructions", (*NOT_TEXT, None), "text"),
    session("modalities", (5, "audio", [], ["smell"]), '["audio"] or ["text"]'),
    session("turn_detection", (5, True, [], "shouting"), VAD),
    session("turn_detection", ({"type": "magic"},), VAD, "turn_detection.type"),
    detection("threshold", (-0.1, 1.1, "loud", None), "a number from 0 to 1"),
    detection("silence_duration_ms", (-1, 10_001, 1.5), "a whole number from 0 to 10000"),
    session("transcription", (5, True, []), "an object"),
    session("noise_reduction", (5, True, []), "an object"),
    session("noise_reduction", ("loud",), '"near_field", "far_field"'),
    session("tools", NOT_A_LIST, "a list"),
    session("tool_choice", (5, True, [], "perhaps"), '"auto"'),
    session("max_output_tokens", (0, 5_000, 1.5, True, "many"), "inf"),
    session("truncation", (5, True, [], "much"), '"auto"'),
    session("parallel_tool_calls", (1, "yes", None), "true or false"),
    session("voise", ("alloy",), "did you mean voice?"),
    *(asked(name, wrong, may_be) for name, (wrong, may_be) in ASIDE.items()),
    asked("input", ([{}], [{"type": 5}], ["x"]), "a type that is text", "input[0]"),
    asked("metadata", ({"a": 1}, {"a": "x" * 513}), "text of at most 512", "metadata.a"),
]
TRAITS = ("playfulness", "empathy", "humor", "intelligence", "supportiveness")


def start(name: str, wrong: Iterable[Any], may_be: str, path: str = "") -> Field:
    return Field("start_realtime", name, wrong, may_be, path=path)


def trait(name: str) -> Field:
    wrong = [{name: value} for value in (-1, 101, 50.5, "70", True)]
    return start("personalityTraits", wrong, "from 0 to 100", f"personalityTraits.{name}")


def setting(name: str, wrong: Iterable[Any], may_be: str) -> Field:
    return start(
        "voiceSettings", [{name: value} for value in wrong], may_be, f"voiceSettings.{name}"
    )


STARTS = [
    start("persona", (*NOT_TEXT, ""), "text, not empty"),
    start("persona", ("nobody",), "ally"),
    start("personalityTraits", NOT_AN_OBJECT, "an object"),
    *(trait(name) for name in TRAITS),
    start("voiceSettings", NOT_AN_OBJECT, "an object"),
    setting("voice", (5, [], "siri"), VOICES),
    setting("speed", (0.2, 1.6, "1", True), "a number from 0.25 to 1.5"),
    setting("pitch", (0.4, 2.1, "1", True), "a number from 0.5 to 2"),
    setting("volume", (-0.1, 4.1, "1", True), "a number from 0 to 4"),
]
FIELDS = {
    VOICE.name: [
        *audio("audio_input"),
        *COMMON,
    ],
    CONVERSATION.name: [*audio("audio"), *COMMON],
    COMPANION.name: [*audio("audio", "data.audio"), *COMMON, *STARTS],
}
# What is no message of any dialect, and how that is told.
NO_MESSAGES = [
    ("", "invalid_json"),
    ("{", "invalid_json"),
    ("[]", "invalid_json"),
    ("null", "invalid_json"),
    ('{"type":"ping","x":NaN}', "invalid_json"),
    ("{}", "missing_type"),
    ('{"type":5}', "missing_type"),
    ('{"type":null}', "missing_type"),
    ('{"type":"dance"}', "unknown_type"),
    (b"\0\0", "binary_not_expected"),
]
EACH = pytest.mark.parametrize("dialect", SMALL, ids=lambda dialect: dialect.name)


async def speak_between(dialect: Dialect, peer: Peer, spoken: bytes, messages: list[Any]) -> None:
    """All of it, the messages spread over the first half of the audio."""
    chunks = list(speech.chunks(spoken))
    each = len(messages) // (len(chunks) // 2) + 1
    for chunk in chunks:
        await peer.send(dialect.audio(chunk))
        for message in messages[:each]:
            await peer.send(message)
        messages = messages[each:]
    assert not messages


def errors_of(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event for event in events if event["type"] == "error"]


@EACH
async def test_a_wrong_field_is_named_and_the_question_answered(
    proxy: ProxyProcess, dialect: Dialect
) -> None:
    cases = [case for each in FIELDS[dialect.name] for case in each.cases()]
    messages = [{"event_id": f"e{number}", **message} for number, (message, *_) in enumerate(cases)]
    spoken = speech.utterance(800, before_ms=800, after_ms=1_000)
    async with witnessed(proxy) as nursery:
        peer = await dialect.open(nursery, proxy.port)
        await speak_between(dialect, peer, spoken, messages)
        events = await peer.until(dialect.done)
    heard = b"".join(dialect.audio_of(event) for event in events)
    assert_heard(heard, spoken, before_ms=800, speech_ms=800)
    errors = errors_of(events)
    for sent, error, (_, param, may_be) in zip(messages, errors, cases, strict=True):
        assert error["param"] == param, (sent, error)
        assert may_be in error["message"], (sent, error)
        assert error["about"] == sent["type"], (sent, error)
        assert error["fatal"] is False
        assert isinstance(error["code"], str)
        if isinstance(sent["event_id"], str):
            assert error["event_id"] == sent["event_id"], (sent, error)


@EACH
async def test_what_is_no_message_is_told_and_the_question_answered(
    proxy: ProxyProcess, dialect: Dialect
) -> None:
    spoken = speech.utterance(600, before_ms=800, after_ms=1_000)
    async with witnessed(proxy) as nursery:
        peer = await dialect.open(nursery, proxy.port)
        await speak_between(dialect, peer, spoken, [raw for raw, _ in NO_MESSAGES])
        events = await peer.until(dialect.done)
    heard = b"".join(dialect.audio_of(event) for event in events)
    assert_heard(heard, spoken, before_ms=800, speech_ms=600)
    errors = errors_of(events)
    assert [error["code"] for error in errors] == [code for _, code in NO_MESSAGES]
    unknown = errors[-2]["message"]
    assert "'dance'" in unknown
    assert all(known in unknown for known in (dialect.append, "interrupt", "playback"))


async def test_what_comes_before_its_time_is_told_and_the_start_still_works(
    proxy: ProxyProcess,
) -> None:
    """`companion`: who is there comes first, what they want second, all else after that."""
    early = [
        {"type": "text", "text": "hello"},
        {"type": "session_update", "voice": "sage"},
        {"type": "playback", "playedMs": 5},
        {"type": "tool_result", "callId": "c", "output": "x"},
    ]
    async with witnessed(proxy) as nursery:
        peer = await Peer.connect(nursery, proxy.port, COMPANION.path)
        peer.envelope = COMPANION.envelope
        for message in (*early, {"type": "start_realtime"}):
            await expect(peer, message, "introduction_due", "'auth'")
        for user_id in (MISSING, *NOT_TEXT, None, "", "a\nb", "x" * 129):
            given = {} if user_id is MISSING else {"userId": user_id}
            error = await expect(peer, {"type": "auth", **given}, "invalid_field", "1 to 128")
            assert error["param"] == "userId"
        await peer.send({"type": "auth", "userId": "somebody who is early"})
        await expect(peer, {"type": "auth", "userId": "again"}, "already_introduced", "'auth'")
        for message in early:
            await expect(peer, message, "start_due", "'start_realtime'")
        await expect(peer, {"type": "start_realtime", "persona": "nobody"}, "unknown_persona", "")
        wrong = {"type": "start_realtime", "personalityTraits": {"humor": 101}}
        await expect(peer, wrong, "invalid_field", "0 to 100")
        await peer.send({"type": "start_realtime"})
        await peer.next(COMPANION.ready)
        spoken = speech.utterance(600, after_ms=1_000)
        await COMPANION.speak(peer, spoken)
        assert_heard(await answer(peer, COMPANION), spoken, before_ms=400, speech_ms=600)


async def test_who_never_says_who_is_there_is_told_and_let_go(
    start_proxy: StartProxy, nursery: trio.Nursery
) -> None:
    """`companion`: whatever else is sent meanwhile."""
    proxy = start_proxy(env={"RTPROXY_LIMITS__AUTH_S": "1"})
    peer = await Peer.connect(nursery, proxy.port, COMPANION.path)
    peer.envelope = COMPANION.envelope
    await expect(peer, {"type": "start_realtime"}, "introduction_due", "'auth'")
    error = await peer.next("error")
    assert (error["code"], error["fatal"]) == ("introduction_overdue", True)
    assert "'auth'" in error["error"]
    assert (await peer.closed()).code == 1008
    nursery.cancel_scope.cancel()


async def expect(peer: Peer, message: dict[str, Any], code: str, words: str) -> dict[str, Any]:
    """What comes next is an error about this message."""
    await peer.send({"event_id": "mine", **message})
    error = await peer.receive()
    assert error["type"] == "error", error
    assert (error["code"], error["event_id"], error["fatal"]) == (code, "mine", False), error
    assert words in error["error"] + error["message"], error
    return error


@EACH
@pytest.mark.parametrize(
    ("query", "may_be"),
    [
        ("format=mp3", "pcm16, f32, g711_ulaw, g711_alaw"),
        ("rate=12345", "8000, 11025"),
        ("rate=fast", "8000, 11025"),
        ("channels=3", "1, 2"),
        ("output_format=wav", "pcm16, f32"),
        ("output_rate=1", "48000"),
        ("output_channels=0", "1, 2"),
        ("audio=loud", "json, binary"),
        ("persona=nobody", "ally, companion, dr_sarah"),
    ],
)
async def test_an_address_that_cannot_be_served(
    proxy: ProxyProcess,
    nursery: trio.Nursery,
    dialect: Dialect,
    query: str,
    may_be: str,
) -> None:
    peer = await Peer.connect(nursery, proxy.port, f"{dialect.path}?{query}")
    peer.envelope = dialect.envelope
    error = await peer.receive()
    assert (error["type"], error["fatal"]) == ("error", True)
    assert error["param"] == query.partition("=")[0]
    assert may_be in error["message"]
    closed = await peer.closed()
    assert (closed.code, bool(closed.reason)) == (4400, True)
    nursery.cancel_scope.cancel()


async def test_a_dialect_that_there_is_not(proxy: ProxyProcess, nursery: trio.Nursery) -> None:
    with pytest.raises(Refused) as refused:
        await Peer.connect(nursery, proxy.port, "/ws/voice?dialect=klingon")
    assert refused.value.status == 404
    assert b"'klingon'" in refused.value.body
