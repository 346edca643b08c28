"""Who comes in where keys are asked for, by every dialect and every way to show one."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
import trio

from rtproxy.credentials.tokens import Sealed, Tokens

from .conftest import FAST_SIMULATOR
from .dialect import COMPANION, CONVERSATION, OPENAI, VOICE, Dialect
from .peer import Peer, Refused
from .proxy_process import ProxyProcess

KEY = "canary-key-of-the-tests"
SECRET = "canary-secret-of-thirty-two-characters"
BEARER = [(b"authorization", f"Bearer {KEY}".encode())]
UNGREETED = [VOICE, CONVERSATION]


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProxyProcess]:
    """A proxy that asks for a key."""
    env = {"RTPROXY_AUTH__KEYS": KEY, "RTPROXY_AUTH__SECRET": SECRET}
    process = ProxyProcess(tmp_path_factory.mktemp("locked") / "log", env=FAST_SIMULATOR | env)
    yield process
    assert "canary" not in process.log
    process.stop()


def token(lasts_s: float = 60, **session: object) -> str:
    sealed = Sealed(
        expires_at=int(time.time() + lasts_s),
        subject=f"token:{time.monotonic_ns()}",
        session={"type": "realtime", **session},
    )
    return Tokens(SECRET.encode()).mint(sealed, time.monotonic_ns().to_bytes(12))


async def gone(proxy: ProxyProcess) -> None:
    """Until nobody is in: a key's sessions are counted."""
    with trio.fail_after(5):
        while await trio.to_thread.run_sync(lambda: proxy.sessions):  # noqa: ASYNC110 - no event
            await trio.sleep(0.01)


async def kept_out(peer: Peer, code: str) -> None:
    error = await peer.next("error")
    assert error["code"] == code
    assert error["error_type"] == "authentication_error"
    assert error["fatal"] is True
    assert "canary" not in json.dumps(error)
    assert (await peer.closed()).code == 4401


@pytest.mark.parametrize("dialect", UNGREETED, ids=lambda each: each.name)
async def test_small_dialects_say_why_and_close_with_4401(
    locked: ProxyProcess, dialect: Dialect
) -> None:
    async with trio.open_nursery() as nursery:
        for query, code in (
            ("", "missing_credentials"),
            ("?token=canary-wrong", "invalid_api_key"),
            (f"?token={token(-1)}", "token_expired"),
        ):
            await kept_out(await Peer.connect(nursery, locked.port, dialect.path + query), code)


@pytest.mark.parametrize("dialect", [*UNGREETED, OPENAI], ids=lambda each: each.name)
async def test_every_way_to_show_a_key(locked: ProxyProcess, dialect: Dialect) -> None:
    async with trio.open_nursery() as nursery:
        with_query = dialect.path + ("&" if "?" in dialect.path else "?") + f"token={KEY}"
        offered = ["realtime", f"openai-insecure-api-key.{KEY}"]
        for path, headers, subprotocols in (
            (dialect.path, BEARER, []),
            (with_query, [], []),
            (dialect.path, [], offered),
        ):
            peer = await Peer.connect(nursery, locked.port, path, headers, subprotocols)
            await peer.next(dialect.ready)
            await peer.aclose()
            await gone(locked)


@pytest.mark.parametrize("query", ["", "&token=canary-wrong", "&token=ek_canary"])
async def test_openai_is_refused_by_its_status(locked: ProxyProcess, query: str) -> None:
    async with trio.open_nursery() as nursery:
        with pytest.raises(Refused) as caught:
            await Peer.connect(nursery, locked.port, OPENAI.path + query)
    assert caught.value.status == 401
    error = json.loads(caught.value.body)["error"]
    assert error["type"] == "invalid_request_error"
    assert error["code"] == ("invalid_api_key" if query else "missing_credentials")


async def test_a_greeted_client_may_show_its_token_late(locked: ProxyProcess) -> None:
    async with trio.open_nursery() as nursery:
        for shown in (KEY, token()):
            peer = await Peer.connect(nursery, locked.port, COMPANION.path)
            peer.envelope = "data"
            await peer.send({"type": "auth", "userId": "late", "token": shown})
            await peer.send({"type": "start_realtime"})
            await peer.next(COMPANION.ready)
            await peer.aclose()
            await gone(locked)


async def test_a_greeted_client_without_a_good_token_goes(locked: ProxyProcess) -> None:
    async with trio.open_nursery() as nursery:
        for shown, code in (
            ({}, "missing_credentials"),
            ({"token": "canary-wrong"}, "invalid_api_key"),
            ({"token": token(-1)}, "token_expired"),
        ):
            peer = await Peer.connect(nursery, locked.port, COMPANION.path)
            peer.envelope = "data"
            await peer.send({"type": "auth", "userId": "late", **shown})
            await kept_out(peer, code)
        peer = await Peer.connect(nursery, locked.port, f"{COMPANION.path}?token=canary-wrong")
        peer.envelope = "data"
        await kept_out(peer, "invalid_api_key")


async def test_a_tokens_session_is_laid_over_the_persona(locked: ProxyProcess) -> None:
    async with trio.open_nursery() as nursery:
        marin = token(audio={"output": {"voice": "marin"}})
        peer = await COMPANION.connect(nursery, locked.port, f"?token={marin}")
        assert (await peer.next(COMPANION.ready))["voice"] == "marin"
        await peer.aclose()
        peer = await Peer.connect(nursery, locked.port, COMPANION.path)
        peer.envelope = "data"
        await peer.send({"type": "auth", "userId": "late", "token": marin})
        await peer.send({"type": "start_realtime"})
        assert (await peer.next(COMPANION.ready))["voice"] == "marin"
        await peer.aclose()


async def test_a_keys_sessions_are_counted_as_one_users(locked: ProxyProcess) -> None:
    async with trio.open_nursery() as nursery:
        await gone(locked)
        peers = [await Peer.connect(nursery, locked.port, VOICE.path, BEARER) for _ in range(3)]
        for peer in peers:
            await peer.next(VOICE.ready)
        with pytest.raises(Refused) as caught:
            await Peer.connect(nursery, locked.port, OPENAI.path, BEARER)
        assert caught.value.status == 429
        for peer in peers:
            await peer.aclose()
