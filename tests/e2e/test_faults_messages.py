"""faults.md, the rows about messages: 19 to 21, 48, 49, 56. An error event, and on it goes."""

from __future__ import annotations

import itertools
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from . import speech
from .conftest import StartProxy
from .dialect import ALL, CONVERSATION, OPENAI, RELAYED, SMALL, VOICE, Dialect
from .peer import Peer, Refused
from .proxy_process import ProxyProcess
from .witness import assert_works, witnessed

NOT_JSON = {
    "malformed": '{"type":"ping"',
    "nan": '{"type":"ping","n":NaN}',
    "infinity": '{"type":"ping","n":-Infinity}',
    "deep": '{"type":"ping","n":' + "[" * 10_000 + "]" * 10_000 + "}",
    "deep-and-open": "[" * 10_000,
    "array": '["ping"]',
    "number": "17",
    "null": "null",
    "behind-the-object": '{"type":"ping"} {}',
    "lone-surrogate-type": '{"type":"\\ud800"}',
    "no-type": '{"audio":"AAAA"}',
    "type-is-no-string": '{"type":17}',
    "control-character": '{"type":"pi\nng"}',
}

BAD_AUDIO = {
    "no-base64": "!!!!",
    "bad-length": "AAAAA",
    "no-padding": "AAA",
    "bits-left-over": "AAB=",
    "url-alphabet": "__--",
    "white-space": "AAAA\nAAAA",
    "odd-byte-count": "AAAA",  # three bytes: one sample and a half
}


async def assert_session_goes_on(peer: Peer, dialect: Dialect) -> None:
    """The session that was told of an error answers a ping, or a turn."""
    if dialect in RELAYED:
        await peer.send({"type": "input_audio_buffer.clear"})
        await peer.next("input_audio_buffer.cleared")
        return
    await peer.send({"type": "ping", "event_id": "after"})
    assert (await peer.next("pong"))["event_id"] == "after"


@pytest.mark.parametrize("dialect", ALL, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize("what", NOT_JSON)
async def test_row_19_what_is_no_message(proxy: ProxyProcess, dialect: Dialect, what: str) -> None:
    async with witnessed(proxy) as nursery:
        peer = await dialect.open(nursery, proxy.port)
        await peer.send(NOT_JSON[what])
        error = await peer.next("error")
        if dialect not in RELAYED:
            assert error["fatal"] is False
            assert error["code"]
            assert error["message"]
        await assert_session_goes_on(peer, dialect)


@pytest.mark.parametrize("dialect", SMALL, ids=lambda dialect: dialect.name)
async def test_row_19_the_last_of_duplicate_keys_counts(
    proxy: ProxyProcess, dialect: Dialect
) -> None:
    async with witnessed(proxy) as nursery:
        peer = await dialect.open(nursery, proxy.port)
        await peer.send('{"type":"nonsense","event_id":"a","type":"ping","event_id":"b"}')
        assert (await peer.next("pong"))["event_id"] == "b"


async def test_row_19_an_audio_message_written_twice_counts_once(proxy: ProxyProcess) -> None:
    """The audio of a message with duplicate keys, or with escapes, is the last's, unchanged."""
    spoken = speech.utterance(700, after_ms=1_000)
    async with witnessed(proxy) as nursery:
        peer = await VOICE.open(nursery, proxy.port)
        for number, chunk in enumerate(speech.chunks(spoken)):
            audio = json.dumps(speech.encoded(chunk))
            forms = (
                f'{{"type":"audio_input","audio":{audio}}}',
                f'{{"audio":"AAAA","type":"audio_input","audio":{audio}}}',
                f'{{"type":"audio\\u005finput","audio":{audio}}}',
                f'{{"audio":{audio.replace("/", chr(92) + "/")},"x":[{{}}],"type":"audio_input"}}',
            )
            await peer.send(forms[number % len(forms)])
        events = await peer.until(VOICE.done)
    answered = b"".join(VOICE.audio_of(event) for event in events)
    assert speech.ms(answered) > 500
    assert spoken.find(answered) >= 0


@pytest.mark.parametrize("dialect", ALL, ids=lambda dialect: dialect.name)
async def test_row_20_an_unknown_type(proxy: ProxyProcess, dialect: Dialect) -> None:
    async with witnessed(proxy) as nursery:
        peer = await dialect.open(nursery, proxy.port)
        await peer.send({"type": "dance", "event_id": "mine-1"})
        error = await peer.next("error")
        await assert_session_goes_on(peer, dialect)
    if dialect in RELAYED:  # passed on: the upstream's own error comes back
        assert error["error"]["code"] == "invalid_value"
        assert error["error"]["event_id"] == "mine-1"
    else:
        assert "dance" in error["message"]
        assert (error["fatal"], error["event_id"]) == (False, "mine-1")


# `openai` passes audio on as it is: how strict to be beyond this is the upstream's business.
BAD_FOR_ALL = ("no-base64", "bad-length", "no-padding")


@pytest.mark.parametrize(
    ("dialect", "what"),
    [*itertools.product(SMALL, BAD_AUDIO), *itertools.product(RELAYED, BAD_FOR_ALL)],
    ids=lambda value: getattr(value, "name", value),
)
async def test_row_21_bad_audio(proxy: ProxyProcess, dialect: Dialect, what: str) -> None:
    message = {"type": dialect.append, "audio": BAD_AUDIO[what], "event_id": "mine-2"}
    async with witnessed(proxy) as nursery:
        peer = await dialect.open(nursery, proxy.port)
        await peer.send(message)
        error = await peer.next("error")
        await assert_session_goes_on(peer, dialect)
    details: dict[str, Any] = error["error"] if dialect in RELAYED else error
    assert details["event_id"] == "mine-2"


@pytest.mark.parametrize("dialect", SMALL, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize("audio", [17, None, ["AAAA"], {}], ids=str)
async def test_row_21_audio_of_the_wrong_type(
    proxy: ProxyProcess, dialect: Dialect, audio: object
) -> None:
    async with witnessed(proxy) as nursery:
        peer = await dialect.open(nursery, proxy.port)
        await peer.send({"type": dialect.append, "audio": audio, "event_id": "mine-3"})
        error = await peer.next("error")
        await assert_session_goes_on(peer, dialect)
    assert error["event_id"] == "mine-3"
    assert "audio" in error["message"]


@pytest.mark.parametrize("dialect", SMALL, ids=lambda dialect: dialect.name)
async def test_binary_where_text_is_due(proxy: ProxyProcess, dialect: Dialect) -> None:
    async with witnessed(proxy) as nursery:
        peer = await dialect.open(nursery, proxy.port)
        await peer.send(b"\x00\x01\x02\x03")
        assert (await peer.next("error"))["fatal"] is False
        await assert_session_goes_on(peer, dialect)


async def test_a_commit_of_nothing_is_told_and_a_clear_of_nothing_is_silent(
    proxy: ProxyProcess,
) -> None:
    async with witnessed(proxy) as nursery:
        peer = await VOICE.open(nursery, proxy.port)
        await peer.send({"type": "stop_audio"})
        assert await peer.quiet(0.2) == []
        await peer.send({"type": "commit_audio", "event_id": "mine-4"})
        error = await peer.next("error")
        assert (error["fatal"], error["event_id"]) == (False, "mine-4")
        await assert_session_goes_on(peer, VOICE)


# A clock that leaps a day to and fro, in the process before anything else is imported.
LEAPING_CLOCK = """
import itertools, time
_true, _leaps = time.time, itertools.cycle((0, 86_400, -86_400, 3_600))
time.time = lambda: _true() + next(_leaps)
time.time_ns = lambda: int(time.time() * 1e9)
"""


async def test_row_48_the_wall_clock_leaps(start_proxy: StartProxy, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(LEAPING_CLOCK)
    proxy = start_proxy(env={"PYTHONPATH": str(tmp_path)})
    spoken = speech.utterance(600)
    async with witnessed(proxy) as nursery:
        peer = await VOICE.open(nursery, proxy.port)
        await VOICE.speak(peer, spoken)
        events = await peer.until(VOICE.done)
        answered = b"".join(VOICE.audio_of(event) for event in events)
        assert spoken.find(answered) >= 0
        assert answered


@pytest.mark.parametrize("dialect", ALL, ids=lambda dialect: dialect.name)
async def test_row_49_control_characters_in_ids(proxy: ProxyProcess, dialect: Dialect) -> None:
    forged = "x\r\n2026-01-01 forged line\x00\x1b[31m\x7f"
    async with witnessed(proxy) as nursery:
        peer = await dialect.open(nursery, proxy.port)
        await peer.send({"type": "dance", "event_id": forged})
        await peer.next("error")
        await assert_session_goes_on(peer, dialect)
        path = f"{dialect.path.partition('?')[0]}?model=a%0d%0aforged%20line%00%1b&rate=%0d%0a"
        with suppress(Refused):  # refused or served: only the log counts here
            odd = await Peer.connect(nursery, proxy.port, path)
            await odd.quiet(0.3)
    lines = proxy.log.splitlines()
    assert not [line for line in lines if line.startswith(("2026-01-01 forged", "forged line"))]
    assert "\x00" not in proxy.log
    assert "\x1b[31m\x7f" not in proxy.log


async def test_row_56_two_texts_at_once_are_both_answered(proxy: ProxyProcess) -> None:
    async with witnessed(proxy) as nursery:
        peer = await CONVERSATION.open(nursery, proxy.port)
        await peer.send({"type": "text", "text": "one"})
        await peer.send({"type": "text", "text": "two"})
        events = await peer.until("response_done") + await peer.until("response_done")
        await assert_works(peer)
    assert "error" not in {event["type"] for event in events}


async def test_row_56_openai_clients_get_the_upstreams_own_error(unhurried: ProxyProcess) -> None:
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}
    async with witnessed(unhurried) as nursery:
        peer = await OPENAI.open(nursery, unhurried.port)
        await peer.send({"type": "conversation.item.create", "item": item})
        await peer.send({"type": "response.create", "event_id": "first"})
        await peer.send({"type": "response.create", "event_id": "second"})
        error = (await peer.next("error"))["error"]
        await peer.next("response.done")
        await assert_session_goes_on(peer, OPENAI)
    assert error["code"] == "conversation_already_has_active_response"
    assert error["event_id"] == "second"
