"""What each kind of upstream is really sent, in the handshake of a session."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

import pytest
import trio
import trio_websocket

from api.rest_house import open_rest_house
from e2e.stub_upstream import sane

CANARY = "sk-canary-of-the-upstream"


class Recorder:
    """A WebSocket server that keeps the target and headers of each handshake."""

    def __init__(self) -> None:
        self.targets: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.port = 0

    async def serve(self, nursery: trio.Nursery) -> None:
        serve = partial(trio_websocket.serve_websocket, self._welcome, "127.0.0.1", 0, None)
        self.port = (await nursery.start(serve)).port

    async def _welcome(self, request: trio_websocket.WebSocketRequest) -> None:
        self.targets.append(request.path)
        self.headers.append({name.decode(): value.decode() for name, value in request.headers})
        with suppress(trio_websocket.ConnectionClosed):  # the proxy may leave at any time
            await sane(await request.accept())


async def dialled(kind: dict[str, str], path: str, **headers: str) -> tuple[str, dict[str, str]]:
    """Target and headers that the upstream saw for a client of this path."""
    recorder = Recorder()
    async with trio.open_nursery() as nursery:
        await recorder.serve(nursery)
        settings = {
            f"RTPROXY_UPSTREAM__MINE__{name}": value.replace("PORT", str(recorder.port))
            for name, value in kind.items()
        }
        more = [
            (name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()
        ]
        async with (
            open_rest_house(keys="", upstream="mine", **settings) as house,
            trio_websocket.open_websocket_url(house.ws_url + path, extra_headers=more) as client,
        ):
            with trio.fail_after(5):
                await client.get_message()
        nursery.cancel_scope.cancel()
    return recorder.targets[0], recorder.headers[0]


OPENAI = {"KIND": "openai", "URL": "ws://127.0.0.1:PORT/v1/realtime", "API_KEY": CANARY}
AZURE = {"KIND": "azure", "ENDPOINT": "http://127.0.0.1:PORT", "API_KEY": CANARY}


async def test_openai() -> None:
    kind = OPENAI | {"ORGANIZATION": "org_1", "PROJECT": "proj_1", "HEADERS__X_TEAM": "support"}
    target, headers = await dialled(
        kind,
        "/v1/realtime?model=theirs&token=canary-of-the-client&rate=8000",
        authorization="Bearer canary-of-the-client",
        openai_safety_identifier="user-7",
        openai_organization="theirs",
    )
    assert target == "/v1/realtime?model=theirs"
    told = {"authorization", "openai-organization", "openai-project", "openai-safety-identifier"}
    assert {name: headers[name] for name in told | {"x-team"}} == {
        "authorization": f"Bearer {CANARY}",
        "openai-organization": "org_1",
        "openai-project": "proj_1",
        "openai-safety-identifier": "user-7",
        "x-team": "support",
    }
    assert "canary-of-the-client" not in str(headers)


async def test_azure_as_it_is_now() -> None:
    target, headers = await dialled(AZURE | {"MODEL": "mine"}, "/openai/v1/realtime")
    assert target == "/openai/v1/realtime?model=mine"
    assert headers["api-key"] == CANARY
    assert "authorization" not in headers


async def test_azures_preview() -> None:
    kind = AZURE | {"API_VERSION": "2025-04-01-preview", "AUTH": "bearer"}
    path = "/openai/v1/realtime?api-version=2024-10-01&deployment=theirs"
    target, headers = await dialled(kind, path, openai_safety_identifier="user-7")
    wanted = "/openai/realtime?api-version=2025-04-01-preview&deployment=theirs"
    assert target == wanted
    assert headers["authorization"] == f"Bearer {CANARY}"
    assert "openai-safety-identifier" not in headers


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/v1/realtime?call_id=rtc_1", "/own?a=b&call_id=rtc_1"),
        ("/v1/realtime?intent=transcription", "/own?a=b&intent=transcription"),
        ("/v1/realtime/translations?model=mine", "/own/translations?a=b&model=mine"),
        ("/ws/voice", "/own?a=b&model=gpt-realtime-2.1"),
        ("/ws/voice?model=mine", "/own?a=b&model=mine"),
        ("/ws/voice?call_id=rtc_1&intent=transcription", "/own?a=b&model=gpt-realtime-2.1"),
    ],
)
async def test_compatible_ones(path: str, target: str) -> None:
    kind = {"KIND": "compatible", "URL": "ws://127.0.0.1:PORT/own?a=b"}
    told, headers = await dialled(kind, path)
    assert told == target
    assert "authorization" not in headers
