"""openai-python's REST through the proxy: client secrets, calls, models; and what a token opens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI, OpenAI

from rtproxy.credentials.tokens import Sealed, Tokens

from .conftest import FAST_SIMULATOR
from .proxy_process import ProxyProcess

KEY = "canary-key-of-the-tests"
SECRET = "canary-secret-of-thirty-two-characters"
TURN_S = 30.0
OFFER = "\r\n".join(
    [
        "v=0",
        "o=- 1 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE 0",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "c=IN IP4 0.0.0.0",
        "a=mid:0",
        "a=sendrecv",
        "a=rtcp-mux",
        "a=rtpmap:111 opus/48000/2",
        "",
    ]
)
TUTOR: Any = {
    "type": "realtime",
    "model": "gpt-realtime",
    "instructions": "You are a patient tutor.",
    "audio": {"output": {"voice": "marin"}},
}


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProxyProcess]:
    """A proxy that asks for a key."""
    env = {"RTPROXY_AUTH__KEYS": KEY, "RTPROXY_AUTH__SECRET": SECRET}
    process = ProxyProcess(tmp_path_factory.mktemp("locked") / "log", env=FAST_SIMULATOR | env)
    yield process
    process.stop()


def client(proxy: ProxyProcess, key: str = KEY) -> OpenAI:
    url = f"http://127.0.0.1:{proxy.port}/v1"
    return OpenAI(base_url=url, api_key=key, max_retries=0, timeout=TURN_S)


def first_session(proxy: ProxyProcess, key: str, model: str | None = None, **query: str) -> Any:
    """Connect as the SDK does; the session of `session.created`, after a turn of text."""

    async def run() -> Any:
        url = f"http://127.0.0.1:{proxy.port}/v1"
        named: dict[str, Any] = {} if model is None else {"model": model}
        async with (
            AsyncOpenAI(base_url=url, api_key=key) as sdk,
            asyncio.timeout(TURN_S),
            sdk.realtime.connect(**named, extra_query=query) as connection,
        ):
            created = await connection.recv()
            assert created.type == "session.created", created
            content: Any = [{"type": "input_text", "text": "hello"}]
            await connection.conversation.item.create(
                item={"type": "message", "role": "user", "content": content}
            )
            await connection.response.create(response={"output_modalities": ["text"]})
            while (event := await connection.recv()).type != "response.done":
                assert event.type not in {"error", "session.updated"}, event
            assert event.response.status == "completed"
            return created.session

    return asyncio.run(run())


def test_a_secret_opens_the_session_that_it_was_made_for(locked: ProxyProcess) -> None:
    made = client(locked).realtime.client_secrets.create(
        session=TUTOR, expires_after={"anchor": "created_at", "seconds": 60}
    )
    assert made.value.startswith("ek_")
    assert 55 < made.expires_at - time.time() <= 60
    assert (made.session.type, made.session.id[:5]) == ("realtime", "sess_")
    session = first_session(locked, made.value)
    assert session.instructions == TUTOR["instructions"]
    assert session.audio.output.voice == "marin"
    assert session.model == "gpt-realtime"
    assert session.audio.input.turn_detection.type == "server_vad"  # the rest as it usually is
    assert first_session(locked, made.value, model="gpt-realtime-mini").model == "gpt-realtime-mini"


def test_without_a_session_it_opens_a_usual_one(locked: ProxyProcess) -> None:
    made = client(locked).realtime.client_secrets.create()
    assert 590 < made.expires_at - time.time() <= 600
    assert first_session(locked, made.value).model == "gpt-realtime-2.1"


def test_a_session_that_the_upstream_refuses_is_told_and_survived(locked: ProxyProcess) -> None:
    odd: Any = {"type": "realtime", "model": "m", "audio": {"output": {"voice": "no-such-voice"}}}
    sealed = Sealed(expires_at=int(time.time()) + 60, subject="token:t", session=odd)
    token = Tokens(SECRET.encode()).mint(sealed, bytes(12))

    async def run() -> None:
        url = f"http://127.0.0.1:{locked.port}/v1"
        async with (
            AsyncOpenAI(base_url=url, api_key=token) as sdk,
            asyncio.timeout(TURN_S),
            sdk.realtime.connect() as connection,
        ):
            assert (await connection.recv()).type == "session.created"
            error = await connection.recv()
            assert error.type == "error"
            assert error.error.param == "session.audio.output.voice"
            await connection.session.update(session={"type": "realtime", "instructions": "x"})
            assert (await connection.recv()).type == "session.updated"

    asyncio.run(run())


def refused(proxy: ProxyProcess, key: str) -> tuple[int, str]:
    """Status and error code of a WebSocket that is not opened."""

    async def run() -> tuple[int, str]:
        url = f"http://127.0.0.1:{proxy.port}/v1"
        async with AsyncOpenAI(base_url=url, api_key=key) as sdk:
            with pytest.raises(Exception, match="401") as caught:
                async with sdk.realtime.connect(model="m"):
                    pass
        response = vars(caught.value)["response"]
        return response.status_code, response.body.decode()

    return asyncio.run(run())


def test_an_expired_token_and_a_wrong_key_stay_out(locked: ProxyProcess) -> None:
    late = Sealed(expires_at=int(time.time()) - 1, subject="token:t")
    expired = Tokens(SECRET.encode()).mint(late, bytes(12))
    for key, code in ((expired, "token_expired"), ("canary-but-wrong", "invalid_api_key")):
        status, body = refused(locked, key)
        assert (status, code in body) == (401, True), body
        with pytest.raises(openai.AuthenticationError) as caught:
            client(locked, key).models.list()
        assert caught.value.code == code
    assert "canary" not in locked.log
    assert expired not in locked.log


def test_a_token_is_judged_where_nobody_is_asked(proxy: ProxyProcess) -> None:
    late = Sealed(expires_at=1, subject="token:t")
    expired = Tokens(SECRET.encode()).mint(late, bytes(12))
    assert refused(proxy, expired)[0] == 401
    made = client(proxy, "whatever").realtime.client_secrets.create(session=TUTOR)
    assert first_session(proxy, made.value).instructions == TUTOR["instructions"]


def test_the_shape_of_before_ga(locked: ProxyProcess) -> None:
    sdk = client(locked)
    made = sdk.beta.realtime.sessions.create(
        instructions="You are a patient tutor.",
        modalities=["text", "audio"],
        voice="ash",
        turn_detection={"type": "server_vad", "threshold": 0.7},
        temperature=0.8,
        client_secret={"expires_after": {"anchor": "created_at", "seconds": 30}},
    )
    assert 25 < made.client_secret.expires_at - time.time() <= 30
    assert (made.voice, made.modalities) == ("ash", ["audio", "text"])
    session = first_session(locked, made.client_secret.value)
    assert session.audio.output.voice == "ash"
    assert session.audio.input.turn_detection.threshold == 0.7

    async def run() -> Any:
        url = f"ws://127.0.0.1:{locked.port}/v1"
        key = made.client_secret.value
        async with (
            AsyncOpenAI(websocket_base_url=url, api_key=key) as old,
            asyncio.timeout(TURN_S),
            old.beta.realtime.connect(model="gpt-realtime") as connection,
        ):
            return await connection.recv()

    created = asyncio.run(run())
    assert (created.type, created.session.voice) == ("session.created", "ash")
    assert created.session.turn_detection.threshold == 0.7
    heard = sdk.beta.realtime.transcription_sessions.create(
        input_audio_format="pcm16", input_audio_transcription={"model": "whisper-1"}
    )
    assert heard.client_secret.value.startswith("ek_")
    assert heard.input_audio_format == "pcm16"


def test_a_token_makes_no_tokens(locked: ProxyProcess) -> None:
    made = client(locked).realtime.client_secrets.create()
    with pytest.raises(openai.PermissionDeniedError) as caught:
        client(locked, made.value).realtime.client_secrets.create()
    assert caught.value.code == "key_required"


def test_models(locked: ProxyProcess) -> None:
    sdk = client(locked)
    names = [model.id for model in sdk.models.list()]
    assert "gpt-realtime-2.1" in names
    assert sdk.models.retrieve(names[0]).id == names[0]
    with pytest.raises(openai.NotFoundError) as caught:
        sdk.models.retrieve("no-such-model")
    assert caught.value.code == "model_not_found"


def test_a_call_its_steering_and_the_connection_beside_it(locked: ProxyProcess) -> None:
    sdk = client(locked)
    answer = sdk.realtime.calls.create(sdp=OFFER, session=TUTOR)
    location = answer.response.headers["location"]
    assert answer.response.status_code == 201
    assert location.startswith("/v1/realtime/calls/rtc_")
    assert answer.text.startswith("v=0\r\n")
    assert "a=setup:passive\r\n" in answer.text
    call_id = location.rsplit("/", 1)[1]
    assert first_session(locked, KEY, call_id=call_id).instructions == TUTOR["instructions"]
    sdk.realtime.calls.accept(call_id, type="realtime", instructions="Hello.")
    sdk.realtime.calls.refer(call_id, target_uri="tel:+1")
    sdk.realtime.calls.hangup(call_id)
    with pytest.raises(openai.NotFoundError):
        sdk.realtime.calls.hangup(call_id)


def test_a_call_by_a_token_has_the_tokens_session(locked: ProxyProcess) -> None:
    made = client(locked).realtime.client_secrets.create(session=TUTOR)
    call = client(locked, made.value).realtime.calls.create(sdp=OFFER)
    call_id = call.response.headers["location"].rsplit("/", 1)[1]
    assert first_session(locked, KEY, call_id=call_id).instructions == TUTOR["instructions"]


def test_a_token_opens_its_own_kind_of_session_at_any_address(locked: ProxyProcess) -> None:
    made = client(locked).realtime.client_secrets.create(session=TUTOR)

    async def first(key: str) -> Any:
        url = f"http://127.0.0.1:{locked.port}/v1"
        async with (
            AsyncOpenAI(base_url=url, api_key=key) as sdk,
            asyncio.timeout(TURN_S),
            sdk.realtime.translations.connect(model="gpt-realtime-translate") as connection,
        ):
            return await connection.recv()

    assert asyncio.run(first(KEY)).session.type == "translation"
    opened: Any = asyncio.run(first(made.value)).session
    assert (opened.type, opened.instructions) == ("realtime", TUTOR["instructions"])
