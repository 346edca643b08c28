"""A dialect that becomes another in mid-call: both legs are attached anew, nothing is lost."""

from __future__ import annotations

import base64
import json
import wave
from dataclasses import replace
from importlib.resources import files

import pytest
import trio
import trio_websocket

from rtproxy.dialects.conversation import CONVERSATION
from rtproxy.dialects.table import TableDialect
from rtproxy.model import events as ev
from rtproxy.runtime import front_door
from runtime.conftest import OpenProxy


class Turncoat(TableDialect):
    """`conversation`, until somebody says `ping`."""

    def after(self, event: ev.Event) -> TableDialect:
        return OTHER if isinstance(event, ev.ClientPing) else self


FIELDS = {name: getattr(CONVERSATION, name) for name in CONVERSATION.__dataclass_fields__}
FIRST = Turncoat(**FIELDS)
OTHER = replace(
    CONVERSATION,
    audio_types={"sound": "bytes"},
    audio_template='{"type":"noise","bytes":"$audio"}',
    answer_delta='{"type":"word","text":"$text"}',
    words={**CONVERSATION.words, ev.Pong: lambda _: {"type": "from now on"}},
)


def question() -> bytes:
    path = files("rtproxy").joinpath("samples/question.wav")
    with path.open("rb") as file, wave.open(file) as sample:
        return sample.readframes(sample.getnframes())


async def test_what_was_on_the_way_is_heard_in_either(
    open_proxy: OpenProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front_door, "choose_dialect", lambda *_, **__: FIRST)
    spoken = bytes(9_600) + question()[:57_600] + bytes(48_000)
    async with open_proxy() as (_, listener):
        stream = await trio.open_tcp_stream("127.0.0.1", listener.port)
        async with trio.open_nursery() as nursery:
            peer = await trio_websocket.wrap_client_stream(
                nursery, stream, f"127.0.0.1:{listener.port}", "/ws/conversation"
            )
            half = len(spoken) // 2 // 1_920 * 1_920
            for start in range(0, len(spoken), 1_920):
                if start == half:
                    await peer.send_message('{"type":"ping"}')
                name, key = ("audio", "audio") if start < half else ("sound", "bytes")
                audio = base64.b64encode(spoken[start : start + 1_920]).decode()
                await peer.send_message(json.dumps({"type": name, key: audio}))
            told = []
            with trio.fail_after(20):
                while not told or told[-1]["type"] != "response_done":
                    told.append(json.loads(await peer.get_message()))
            nursery.cancel_scope.cancel()
        await trio.aclose_forcefully(stream)
    kinds = {each["type"] for each in told}
    assert {"session_ready", "from now on", "noise", "word"} <= kinds
    assert not kinds & {"pong", "audio_delta", "text_delta", "error"}
    heard = b"".join(base64.b64decode(each["bytes"]) for each in told if each["type"] == "noise")
    assert len(heard) > 57_600 * 0.8
    assert heard in spoken, "the answer is one uncut stretch of what was said"
