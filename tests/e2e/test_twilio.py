"""Telephone calls through the whole proxy: speech, barge-in, keys, signatures, the end."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
import trio
from trio_websocket import WebSocketConnection

from rtproxy._audio_core import AudioPath
from rtproxy.credentials.twilio import signature
from rtproxy.model.audio_format import AudioFormat, Encoding

from . import speech
from .conftest import StartProxy
from .likeness import Signal, snr_db
from .peer import Peer, Refused
from .proxy_process import ProxyProcess
from .stub_upstream import SESSION, StubUpstream, answer, tell
from .telephone import BYTES_PER_MS, PATH, SID, ULAW, Telephone, mulaw
from .witness import witnessed

TOKEN = "0123456789abcdef"


async def test_what_a_caller_says_comes_back_untouched(proxy: ProxyProcess) -> None:
    """The upstream speaks mu-law, too, so nothing is converted on the way."""
    spoken = mulaw(speech.utterance(1_200, after_ms=1_000))
    async with witnessed(proxy) as nursery:
        phone = await Telephone.call(nursery, proxy.port)
        await phone.speak(spoken)
        await phone.until_quiet()
        assert phone.heard in spoken
        assert len(phone.heard) >= 1_000 * BYTES_PER_MS


async def test_every_chunk_is_followed_by_a_mark_with_its_place(proxy: ProxyProcess) -> None:
    async with witnessed(proxy) as nursery:
        phone = await Telephone.call(nursery, proxy.port)
        await phone.speak(mulaw(speech.utterance(600)))
        await phone.until_quiet()
    *pairs, last = phone.told
    assert [each["event"] for each in pairs] == ["media", "mark"] * (len(pairs) // 2)
    assert last["mark"]["name"].startswith("rtproxy ")
    names = [each["mark"]["name"].rpartition(":") for each in pairs[1::2]]
    assert len({item for item, _, _ in names}) == 1
    places = [int(ms) for _, _, ms in names]
    assert places == sorted(set(places))
    assert places[-1] == len(phone.heard) // BYTES_PER_MS


async def test_an_upstream_that_speaks_another_format_is_converted(
    start_proxy: StartProxy,
) -> None:
    forced = {
        "RTPROXY_SIMULATOR__FORCE_INPUT_FORMAT": "audio/pcm",
        "RTPROXY_SIMULATOR__FORCE_OUTPUT_FORMAT": "audio/pcm",
    }
    proxy = start_proxy(env=forced)
    spoken = mulaw(speech.utterance(1_200, after_ms=1_000))
    async with witnessed(proxy) as nursery:
        phone = await Telephone.call(nursery, proxy.port)
        await phone.speak(spoken)
        await phone.until_quiet()
        assert phone.heard not in spoken
        assert snr_db(_linear(spoken), _linear(phone.heard), 8_000, band_hz=3_000) > 25
        places = [int(name.rpartition(":")[2]) for name in phone.played if ":" in name]
        # In the upstream's time, without what the filter rings on.
        assert 0 <= len(phone.heard) / BYTES_PER_MS - places[-1] < 10


@pytest.mark.parametrize("driver", ["stream", "reactor"])
async def test_the_callers_next_words_clear_what_is_buffered(
    start_proxy: StartProxy, driver: str
) -> None:
    """The simulator answers at once, so all of the answer waits at Twilio when they come."""
    if driver == "reactor" and sys.platform != "linux":
        pytest.skip("the reactor is Linux's")
    proxy = start_proxy(env={"RTPROXY_SERVER__DRIVER": driver})
    spoken = mulaw(speech.question() + speech.silence(900))
    async with witnessed(proxy) as nursery:
        phone = await Telephone.call(nursery, proxy.port)
        await phone.speak(spoken)
        await phone.until("media")
        await phone.becomes(lambda: len(phone.played) > 3)
        await phone.speak(mulaw(speech.utterance(1_500, before_ms=0, after_ms=900)))
        await phone.until("clear")
        assert phone.cleared, "there was nothing to clear: this test shows nothing"
        before = len(phone.heard)
        await phone.until_quiet()
        assert len(phone.heard) > before, "the words that cut the answer are not answered"


async def test_the_model_learns_what_the_caller_has_heard(start_proxy: StartProxy) -> None:
    async with _stub(start_proxy) as (proxy, asked, nursery):
        phone = await Telephone.call(nursery, proxy.port)
        await phone.press("1#")
        await phone.until("mark", 50)
        await phone.becomes(lambda: len(phone.played) >= 10)
        sooner = phone.played[-1]
        await phone.press("2")
        await phone.until("clear")
        truncate = await _next(asked, "conversation.item.truncate")
    later = phone.played[-1]  # for it plays on until it is told to clear
    assert truncate["item_id"] == "item_stub"
    assert f"item_stub:{truncate['audio_end_ms']}" in phone.played
    earliest, latest = (int(name.rpartition(":")[2]) for name in (sooner, later))
    assert earliest <= truncate["audio_end_ms"] <= latest < 10_000
    assert phone.told[-1] == {"event": "clear", "streamSid": SID}


async def test_keys_are_told_to_the_model_and_answered(start_proxy: StartProxy) -> None:
    async with _stub(start_proxy) as (proxy, asked, nursery):
        phone = await Telephone.call(nursery, proxy.port)
        await phone.press("12#")
        item = (await _next(asked, "conversation.item.create"))["item"]
        assert item["content"] == [{"type": "input_text", "text": "The caller pressed: 12#"}]
        await _next(asked, "response.create")
        await phone.until("media")
        await phone.press("7")  # no '#': after two seconds it counts
        with trio.fail_after(10):
            again = (await _next(asked, "conversation.item.create"))["item"]
        assert again["content"][0]["text"] == "The caller pressed: 7"


async def test_keys_may_be_ignored(start_proxy: StartProxy) -> None:
    ignoring = {"RTPROXY_TWILIO__DTMF": "ignore"}
    async with _stub(start_proxy, env=ignoring) as (proxy, asked, nursery):
        phone = await Telephone.call(nursery, proxy.port)
        await _next(asked, "session.update")
        await phone.press("12#")
        with trio.move_on_after(1) as patience:
            await _next(asked, "conversation.item.create")
        assert patience.cancelled_caught


async def test_mu_law_is_asked_for_both_ways(start_proxy: StartProxy) -> None:
    async with _stub(start_proxy) as (proxy, asked, nursery):
        await Telephone.call(nursery, proxy.port, parameters={"persona": "dr_sarah"})
        session = (await _next(asked, "session.update"))["session"]
    assert session["audio"]["input"]["format"] == {"type": "audio/pcmu"}
    assert session["audio"]["output"]["format"] == {"type": "audio/pcmu"}
    assert "Sarah" in session["instructions"]


async def test_a_persona_with_a_greeting_speaks_first(
    start_proxy: StartProxy, tmp_path: Path
) -> None:
    persona = 'description = "At the door"\ninstructions = "Be brief."\ngreeting = "Good day!"\n'
    (tmp_path / "porter.toml").write_text(persona)
    folder = {"RTPROXY_PERSONAS__FOLDER": str(tmp_path)}
    async with _stub(start_proxy, env=folder) as (proxy, asked, nursery):
        phone = await Telephone.call(nursery, proxy.port, parameters={"persona": "porter"})
        wish = (await _next(asked, "response.create"))["response"]["instructions"]
        assert wish.endswith("Good day!")
        await phone.until("media")


async def test_a_hangup_ends_it_with_1000(proxy: ProxyProcess) -> None:
    async with witnessed(proxy) as nursery:
        phone = await Telephone.call(nursery, proxy.port)
        await phone.say({"event": "stop", "stop": {"callSid": "CA1"}})
        assert (await phone.hung_up()).code == 1000


async def test_what_comes_before_the_start_harms_nobody(proxy: ProxyProcess) -> None:
    early = [
        '{"event":"media","streamSid":"MZ1","media":{"track":"inbound","payload":"//8="}}',
        '{"event":"mark","streamSid":"MZ1","mark":{"name":"item:40"}}',
        '{"event":"dtmf","streamSid":"MZ1","dtmf":{"digit":"1"}}',
        '{"event":"start","start":{"streamSid":7}}',
        '{"event":"weather"}',
        "no JSON",
    ]
    before = len(proxy.log)  # others' tests write to it, too
    async with witnessed(proxy) as nursery:
        peer = await Peer.connect(nursery, proxy.port, PATH)
        for message in early:
            await peer.send(message)
        await peer.send(b"\xff" * 160)
        assert await peer.quiet(0.3) == []  # Twilio has no message for errors
        await peer.send('{"event":"stop"}')
        assert (await peer.closed()).code == 1000
    log = proxy.log[before:]
    assert "missing_type" not in log
    for code in ("out_of_place", "invalid_field", "invalid_json", "binary_not_expected"):
        assert code in log


async def test_another_streams_messages_and_the_outbound_track_are_not_heard(
    start_proxy: StartProxy,
) -> None:
    async with _stub(start_proxy) as (proxy, asked, nursery):
        phone = await Telephone.call(nursery, proxy.port)
        await _next(asked, "session.update")
        told: list[list[str]] = []
        payload = {"payload": "/" * 216}  # 20 ms
        for media, sid in [
            ({"track": "outbound", **payload}, SID),
            ({"track": "inbound", **payload}, "MZother"),
            ({"track": "inbound", **payload}, SID),
            (payload, SID),  # some gateways do not name the one track that they have
        ]:
            await phone.say({"event": "media", "media": media, "streamSid": sid})
            await phone.say({"event": "dtmf", "dtmf": {"digit": "#"}})
            told.append(await _until(asked, "conversation.item.create"))
    assert [name.count("input_audio_buffer.append") for name in told] == [0, 0, 1, 1]
    assert "foreign_stream" in proxy.log


async def test_who_never_starts_is_let_go(start_proxy: StartProxy) -> None:
    proxy = start_proxy(env={"RTPROXY_LIMITS__AUTH_S": "0.5"})
    async with witnessed(proxy) as nursery:
        peer = await Peer.connect(nursery, proxy.port, PATH)
        await peer.send('{"event":"connected","protocol":"Call","version":"1.0.0"}')
        assert (await peer.closed()).code == 1008


async def test_a_persona_that_is_not_there_ends_the_call(proxy: ProxyProcess) -> None:
    async with witnessed(proxy) as nursery:
        phone = await Telephone.call(nursery, proxy.port, parameters={"persona": "nobody"})
        closed = await phone.hung_up()
    assert closed.code == 4400
    assert "nobody" in closed.reason


# The webhook, and who may call


def test_a_call_is_answered_with_its_stream(proxy: ProxyProcess) -> None:
    status, body = proxy.get("/twilio/voice?persona=ally&token=a%22b")
    assert status == 200
    assert f'<Stream url="wss://127.0.0.1:{proxy.port}{PATH}">'.encode() in body
    assert b'<Parameter name="persona" value="ally"/>' in body
    assert b'<Parameter name="token" value=\'a"b\'/>' in body


async def test_only_twilio_may_call_where_its_token_is_known(start_proxy: StartProxy) -> None:
    proxy = start_proxy(
        env={
            "RTPROXY_TWILIO__AUTH_TOKEN": TOKEN,
            "RTPROXY_TWILIO__PUBLIC_URL": "https://voice.example.com",
        }
    )
    assert proxy.get("/twilio/voice")[0] == 403
    signed = signature(f"wss://voice.example.com{PATH}", (), TOKEN).encode()
    async with witnessed(proxy) as nursery:
        for headers in [(), [(b"x-twilio-signature", b"AAAA")]]:
            with pytest.raises(Refused) as refused:
                await Peer.connect(nursery, proxy.port, PATH, headers=headers)
            assert refused.value.status == 403
        headers = [(b"x-twilio-signature", signed)]
        phone = await Telephone.call(nursery, proxy.port, headers=headers)
        await phone.speak(mulaw(speech.utterance(600)))
        await phone.until_quiet()
    assert "twilio_signature_wrong" in proxy.log
    assert f"https://voice.example.com{PATH}" in proxy.log
    assert TOKEN not in proxy.log


async def test_a_caller_shows_a_token_where_the_server_asks(start_proxy: StartProxy) -> None:
    proxy = start_proxy(env={"RTPROXY_AUTH__KEYS": "proxy-key-1234567"})
    async with trio.open_nursery() as nursery:
        for parameters in [{}, {"token": "another"}]:
            phone = await Telephone.call(nursery, proxy.port, parameters=parameters)
            assert (await phone.hung_up()).code == 4401
        parameters = {"token": "proxy-key-1234567"}
        phone = await Telephone.call(nursery, proxy.port, parameters=parameters)
        await phone.speak(mulaw(speech.utterance(600)))
        await phone.until_quiet()
        nursery.cancel_scope.cancel()
    assert "proxy-key" not in proxy.log


async def test_a_signed_webhook_by_post(start_proxy: StartProxy) -> None:
    proxy = start_proxy(env={"RTPROXY_TWILIO__AUTH_TOKEN": TOKEN})
    form = [("CallSid", "CA1"), ("From", "+15551234567"), ("To", "+15557654321")]
    url = f"http://127.0.0.1:{proxy.port}/twilio/voice"
    status, body = await _post(proxy.port, form, signature(url, form, TOKEN))
    assert status == 200, body
    assert b"<Connect>" in body
    assert (await _post(proxy.port, form[:-1], signature(url, form, TOKEN)))[0] == 403


async def _post(port: int, form: list[tuple[str, str]], signed: str) -> tuple[int, bytes]:
    body = urlencode(form).encode()
    head = (
        f"POST /twilio/voice HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\nX-Twilio-Signature: {signed}\r\n\r\n"
    )
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    async with stream:
        await stream.send_all(head.encode() + body)
        told = b""
        with trio.fail_after(10):
            while data := await stream.receive_some():
                told += data
    return int(told.split()[1]), told


# An upstream that shows what it is asked


Asked = trio.MemoryReceiveChannel[dict[str, Any]]


@asynccontextmanager
async def _stub(
    start_proxy: StartProxy, env: dict[str, str] | None = None
) -> AsyncIterator[tuple[ProxyProcess, Asked, trio.Nursery]]:
    """A proxy whose upstream answers each response.create with ten seconds of audio."""
    send, asked = trio.open_memory_channel[dict[str, Any]](10_000)

    async def part(ws: WebSocketConnection) -> None:
        await tell(ws, {"type": "session.created", "session": SESSION})
        while True:
            event = json.loads(await ws.get_message())
            send.send_nowait(event)
            await (_long_answer(ws) if event["type"] == "response.create" else answer(ws, event))

    async with trio.open_nursery() as nursery:
        stub = await StubUpstream(part).serve(nursery)
        proxy = start_proxy("--upstream", stub.url, env=env)
        yield proxy, asked, nursery
        nursery.cancel_scope.cancel()


async def _long_answer(ws: WebSocketConnection) -> None:
    place = {"response_id": "resp_stub", "output_index": 0}
    part = {**place, "item_id": "item_stub", "content_index": 0}
    item = {"id": "item_stub", "type": "message", "role": "assistant", "content": []}
    response = {"object": "realtime.response", "id": "resp_stub", "conversation_id": "conv_1"}
    await tell(ws, {"type": "response.created", "response": response})
    await tell(ws, {"type": "response.output_item.added", **place, "item": item})
    for _ in range(250):  # 40 ms each
        await tell(ws, {"type": "response.output_audio.delta", **part, "delta": "A" * 2_560})
    await tell(ws, {"type": "response.output_audio.done", **part})
    done = {**response, "status": "completed", "output": [item]}
    await tell(ws, {"type": "response.done", "response": done})


async def _next(asked: Asked, name: str) -> dict[str, Any]:
    with trio.fail_after(20):
        while True:
            event = await asked.receive()
            if event["type"] == name:
                return event


async def _until(asked: Asked, name: str) -> list[str]:
    """The types of all events up to the next of this one."""
    names: list[str] = []
    with trio.fail_after(20):
        while name not in names:
            names.append((await asked.receive())["type"])
    return names


def _linear(audio: bytes) -> Signal:
    """Mu-law as numbers."""
    floats = AudioPath(ULAW, AudioFormat(Encoding.F32, 8_000)).process_to_floats(audio)
    return floats.astype(np.float64)
