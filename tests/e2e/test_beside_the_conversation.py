"""Answers beside the conversation, what they are about, and transcripts in spoken order."""

from __future__ import annotations

import json
from typing import Any

import pytest

from . import speech
from .dialect import CONVERSATION, OPENAI, SMALL, VOICE, Dialect
from .peer import Peer
from .proxy_process import ProxyProcess
from .test_parrot import assert_heard
from .witness import witnessed

EACH = pytest.mark.parametrize("dialect", SMALL, ids=lambda dialect: dialect.name)
ASIDE = "create_response"


def typed(text: str) -> dict[str, Any]:
    """An item; the parrot says it back."""
    content = [{"type": "input_text", "text": text}]
    return {"type": "message", "role": "user", "content": content}


def asking(name: str, **fields: Any) -> dict[str, Any]:
    """A question beside the conversation, which the parrot answers by its own text."""
    asked = {"input": [typed(f"the {name}")], "metadata": {"for": name}}
    return {"type": ASIDE, "event_id": name, **asked, **fields}


async def gathered(peer: Peer, *last: str) -> list[dict[str, Any]]:
    """All messages until each of these types was there so often as it is named."""
    seen: list[dict[str, Any]] = []
    while any(of_type(seen, name) < last.count(name) for name in last):
        seen.append(await peer.receive())
    return seen


def of_type(events: list[dict[str, Any]], name: str) -> int:
    return sum(event["type"] == name for event in events)


@EACH
async def test_several_beside_an_answer_that_is_spoken(
    unhurried: ProxyProcess, dialect: Dialect
) -> None:
    spoken = speech.utterance(1_200, after_ms=1_000)
    async with witnessed(unhurried) as nursery:
        peer = await dialect.open(nursery, unhurried.port)
        await dialect.speak(peer, spoken)
        events = await peer.until(dialect.delta)
        names = ["title", "summary", "mood"]
        for name in names:
            await peer.send(asking(name))
        await peer.send({"type": ASIDE, "event_id": "last", "lastItems": 1})
        results = ["response_result"] * 4
        events += await gathered(peer, dialect.done, *results)
        assert_heard(
            b"".join(map(dialect.audio_of, events)), spoken, before_ms=400, speech_ms=1_200
        )
        told = {event["event_id"]: event for event in events if event["type"] == "response_result"}
        for name in names:
            assert (told[name]["text"], told[name]["status"]) == (f"the {name}", "completed")
            assert told[name]["metadata"] == {"for": name}
        assert told["last"]["text"].endswith("s of speech"), "the last item is what was said"
        assert told["last"]["metadata"] == {}
        assert len({event["responseId"] for event in told.values()}) == 4
        assert of_type(events, dialect.started) == of_type(events, dialect.done) == 1
        assert of_type(events, "error") == 0
        results_at = [at for at, event in enumerate(events) if event["type"] == "response_result"]
        assert results_at[0] < len(events) - 1, "none waited for the answer's end"

        await peer.send({"type": ASIDE, "conversation": "auto", "lastItems": 5})
        events = await peer.until(dialect.done)
        assert any(map(dialect.audio_of, events)), "an answer of the conversation is spoken"
        assert of_type(events, "response_result") == 0


async def test_what_is_refused_is_tied_to_its_message(proxy: ProxyProcess) -> None:
    async with witnessed(proxy) as nursery:
        peer = await CONVERSATION.open(nursery, proxy.port)
        await peer.send({"type": ASIDE, "event_id": "mine", "input": [{"type": "dance"}]})
        refused = await peer.next("error")
        assert (refused["about"], refused["event_id"]) == (ASIDE, "mine")
        assert "input[0].type" in refused["param"]
        await peer.send({"type": ASIDE, "input": [{"type": "item_reference", "id": "nobody"}]})
        refused = await peer.next("error")
        assert refused["about"] == ASIDE
        assert "event_id" not in refused
        await peer.send({"type": "commit_audio", "event_id": "empty"})
        refused = await peer.next("error")
        assert (refused["about"], refused["event_id"]) == ("commit_audio", "empty")
        await peer.send(asking("rest"))
        assert (await peer.next("response_result"))["text"] == "the rest"
    entries = [json.loads(line) for line in proxy.log.splitlines() if "upstream_error" in line]
    (entry,) = [each for each in entries if each.get("client_event_id") == "empty"]
    assert (entry["about"], entry["message"]) == ("InputCommit", "commit_audio")
    assert entry["sent_as"].startswith("rtp_")


async def test_texts_and_speech_mixed(proxy: ProxyProcess) -> None:
    """`voice`: typed and spoken questions, written and spoken answers, in one conversation."""
    async with witnessed(proxy) as nursery:
        peer = await VOICE.open(nursery, proxy.port)
        await peer.send({"type": "text", "text": "hello there"})
        events = await peer.until(VOICE.done)
        assert any(map(VOICE.audio_of, events))
        assert finals(events)[0][:2] == ("assistant", "hello there")
        await peer.send({"type": "session_update", "modalities": ["text"]})
        await peer.next("session_updated")
        await VOICE.speak(peer, speech.utterance(800, after_ms=1_000))
        events = await peer.until(VOICE.done)
        assert not any(map(VOICE.audio_of, events))
        assert "assistant" in [role for role, *_ in finals(events)]
        await peer.send({"type": "session_update", "modalities": ["audio"]})
        await peer.next("session_updated")
        spoken = speech.utterance(600, after_ms=1_000)
        await VOICE.speak(peer, spoken)
        heard = b"".join(map(VOICE.audio_of, await peer.until(VOICE.done)))
        assert_heard(heard, spoken, before_ms=400, speech_ms=600)


def finals(events: list[dict[str, Any]]) -> list[tuple[str, str, str, str | None]]:
    """Whole transcripts: who, what, of which item, after which."""
    return [
        (event["role"], event["text"], event["itemId"], event["previousItemId"])
        for event in events
        if event["type"] == "transcript" and event["final"]
    ]


async def test_transcripts_come_as_they_were_spoken(proxy: ProxyProcess) -> None:
    """Wherever the simulator lets transcriptions fall: before, inside or after the answer."""
    async with witnessed(proxy) as nursery:
        peer = await VOICE.open(nursery, proxy.port)
        before = None
        for _ in range(6):
            await VOICE.speak(peer, speech.utterance(500, after_ms=1_000))
            first, second = finals(await peer.until(VOICE.done))
            assert (first[0], second[0]) == ("user", "assistant")
            assert (first[3], second[3]) == (before, first[2])
            before = second[2]


async def test_an_sdks_own_response_out_of_band_passes_untouched(proxy: ProxyProcess) -> None:
    metadata = {f"key {number}": "x" for number in range(16)}
    response = {
        "conversation": "none",
        "metadata": metadata,
        "output_modalities": ["text"],
        "input": [typed("hello")],
    }
    async with witnessed(proxy) as nursery:
        peer = await OPENAI.open(nursery, proxy.port)
        await peer.send({"type": "response.create", "event_id": "mine", "response": response})
        events = await peer.until("response.done")
        created = next(one for one in events if one["type"] == "response.created")["response"]
        assert (created["conversation_id"], created["metadata"]) == (None, metadata)
        done = events[-1]["response"]
        assert done["metadata"] == metadata
        assert done["output"][0]["content"] == [{"type": "output_text", "text": "hello"}]
        assert "response.output_text.delta" in {event["type"] for event in events}
        wrong = {**response, "input": "hello"}
        await peer.send({"type": "response.create", "event_id": "bad", "response": wrong})
        error = await peer.next("error")
        assert error["error"]["event_id"] == "bad"
        assert set(error) == {"type", "event_id", "error"}
