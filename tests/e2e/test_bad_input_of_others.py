"""What SDKs and telephones say wrong harms their conversation as little as a frontend's.

SDKs are told by the upstream's own errors, those of the beta in the beta's names. A
telephone has no message for errors: the log has them.
"""

from __future__ import annotations

from typing import Any

import pytest

from . import speech
from .dialect import OPENAI
from .peer import Peer
from .proxy_process import ProxyProcess
from .telephone import BYTES_PER_MS, SID, Telephone, mulaw
from .test_bad_input import errors_of, speak_between
from .test_parrot import assert_heard
from .witness import witnessed

BETA_HEADER = [(b"OpenAI-Beta", b"realtime=v1")]


def ga(**fields: Any) -> dict[str, Any]:
    return {"type": "session.update", "session": {"type": "realtime", **fields}}


def beta(**fields: Any) -> dict[str, Any]:
    return {"type": "session.update", "session": fields}


def item(value: Any) -> dict[str, Any]:
    return {"type": "conversation.item.create", "item": value}


# A message, and the field that its error has to name (None: none).
OF_BOTH: list[tuple[Any, str | None]] = [
    ("", None),
    ("{", None),
    ("[]", None),
    (b"\0\0", None),
    ({"type": "dance"}, "type"),
    (item("x"), "item"),
    (item({"type": "song"}), "item.type"),
    ({"type": "conversation.item.delete"}, "item_id"),
]
GA: list[tuple[Any, str | None]] = [
    *OF_BOTH,
    (ga(audio={"output": {"voice": "nobody"}}), "session.audio.output.voice"),
    (ga(audio={"output": {"speed": 9}}), "session.audio.output.speed"),
    (ga(audio={"input": {"turn_detection": 5}}), "session.audio.input.turn_detection"),
    (ga(instructions=5), "session.instructions"),
    (ga(output_modalities=["audio", "text"]), "session.output_modalities"),
    (ga(temperature=0.8), "session.temperature"),
    (ga(voise="alloy"), "session.voise"),
    ({"type": "session.update"}, "session"),
]
BETA: list[tuple[Any, str | None]] = [
    *OF_BOTH,
    (beta(voice="nobody"), "session.voice"),
    (beta(speed=9), "session.speed"),
    (beta(turn_detection=5), "session.turn_detection"),
    (beta(instructions=5), "session.instructions"),
    (beta(modalities=["smell"]), "session.modalities[0]"),
    (beta(voise="alloy"), "session.voise"),
]


@pytest.mark.parametrize(
    ("cases", "headers", "delta"),
    [
        pytest.param(GA, [], OPENAI.delta, id="ga"),
        pytest.param(BETA, BETA_HEADER, "response.audio.delta", id="beta"),
    ],
)
async def test_an_sdk_is_told_by_the_upstream_and_its_question_answered(
    proxy: ProxyProcess,
    cases: list[tuple[Any, str | None]],
    headers: list[tuple[bytes, bytes]],
    delta: str,
) -> None:
    spoken = speech.utterance(800, before_ms=800, after_ms=1_000)
    messages = [
        {**message, "event_id": f"e{number}"} if isinstance(message, dict) else message
        for number, (message, _) in enumerate(cases)
    ]
    async with witnessed(proxy) as nursery:
        peer = await Peer.connect(nursery, proxy.port, OPENAI.path, headers=headers)
        await peer.next(OPENAI.ready)
        await speak_between(OPENAI, peer, spoken, messages)
        events = await peer.until(OPENAI.done)
    heard = b"".join(speech.decoded(event["delta"]) for event in events if event["type"] == delta)
    assert_heard(heard, spoken, before_ms=800, speech_ms=800)
    errors = [event["error"] for event in errors_of(events)]
    # The proxy answers at once what never reaches the upstream.
    by_us = [error for error in errors if error["code"] in {"invalid_json", "invalid_event"}]
    by_upstream = [error for error in errors if error not in by_us]
    assert len(by_us) == 4
    named = [
        (message["event_id"], param)
        for message, (_, param) in zip(messages, cases, strict=True)
        if isinstance(message, dict)
    ]
    assert [(error["event_id"], error["param"]) for error in by_upstream] == named


WRONG_ON_THE_PHONE = [
    ("", "invalid_json"),
    ("[]", "invalid_json"),
    (b"\xff" * 160, "binary_not_expected"),
    ({"event": "media", "streamSid": SID, "media": {"track": "inbound"}}, "media.payload"),
    (
        {"event": "media", "streamSid": SID, "media": {"track": "inbound", "payload": 5}},
        "media.payload",
    ),
    (
        {"event": "media", "streamSid": SID, "media": {"track": "inbound", "payload": "*"}},
        "media.payload",
    ),
    ({"event": "dtmf", "streamSid": SID}, "dtmf"),
    ({"event": "dtmf", "streamSid": SID, "dtmf": {"digit": "x"}}, "dtmf.digit"),
    ({"event": "mark", "streamSid": SID, "mark": {"name": 5}}, "mark.name"),
    ({"event": "start", "streamSid": SID, "start": {"streamSid": SID}}, "out_of_place"),
]


async def test_a_call_goes_on_and_the_log_says_what_was_wrong(proxy: ProxyProcess) -> None:
    spoken = mulaw(speech.utterance(800, before_ms=0, after_ms=0))
    before = len(proxy.log)
    async with witnessed(proxy) as nursery:
        phone = await Telephone.call(nursery, proxy.port)
        await phone.speak(mulaw(speech.silence(400)))
        for message, _ in WRONG_ON_THE_PHONE:
            await phone.peer.send(message)
        await phone.speak(spoken)
        for message, _ in WRONG_ON_THE_PHONE:
            await phone.peer.send(message)
        await phone.speak(mulaw(speech.silence(1_000)))
        await phone.until_quiet()
    assert {each["event"] for each in phone.told} == {"media", "mark"}
    loud = spoken[100 * BYTES_PER_MS : -100 * BYTES_PER_MS]
    assert loud in phone.heard
    written = proxy.log[before:]
    for _, named in WRONG_ON_THE_PHONE:
        assert named in written, named
    assert "session_bug" not in written
