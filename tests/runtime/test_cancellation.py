"""Cancelled at every checkpoint of its life, a session leaves nothing behind."""

from __future__ import annotations

import gc
import json
import ssl
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import trio
import trio_websocket

from rtproxy.api.application import create_application
from rtproxy.config import load_config
from rtproxy.legs.driver import HAS_REACTOR, DriverName, start_driver
from rtproxy.legs.listener import Listener, Upgrade, open_listener
from rtproxy.runtime.cast import casting_of
from rtproxy.runtime.process import Process, ProcessPhase
from rtproxy.server import build_front_door, make_credentials, open_upstream
from rtproxy.tools.runner import Runner, Terms
from rtproxy.tools.toolbox import Toolbox
from runtime.conftest import FAST
from runtime.tls_terminator import Certificate, issue_certificate, reached_by_tls

GONE = (
    trio_websocket.ConnectionClosed,
    trio_websocket.HandshakeError,
    OSError,
    trio.BrokenResourceError,
    trio.ClosedResourceError,
)


@pytest.fixture(autouse=True)
def short_collections() -> Iterator[None]:
    """What other tests have left is not looked through at each of a hundred sessions."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


class CancelAtStep(trio.abc.Instrument):
    """Cancels a scope just before the n-th step of the tasks below one task."""

    def __init__(self, step: int) -> None:
        self.steps_left = step
        self.root: trio.lowlevel.Task | None = None
        self.scope = trio.CancelScope()

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        if self.root is None or not self._is_below(task):
            return
        self.steps_left -= 1
        if self.steps_left == 0:
            self.scope.cancel()

    def _is_below(self, task: trio.lowlevel.Task | None) -> bool:
        while task is not None and task is not self.root:
            task = task.parent_nursery.parent_task if task.parent_nursery else None
        return task is self.root


def open_descriptors() -> set[str]:
    gc.collect()
    named = set()
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            named.add(f"{entry.name}:{entry.readlink()}")
    return named


ROOM = "/ws/rooms/step?role=speaker"
AUTH = '{"type":"auth","data":{"userId":"u"}}'
START = '{"type":"start_realtime","data":{}}'
SAID = {
    "/ws/conversation": ('{"type":"text","text":"hello"}',),
    "/ws": (AUTH, START, '{"type":"text","data":{"text":"hello"}}'),
    ROOM: ('{"type":"release_floor"}', '{"type":"ping"}'),
}
LAST = {"/ws/conversation": "audio_delta", "/ws": "audio_delta", ROOM: "pong"}


async def converse(listener: Listener, path: str) -> None:
    """Say something typed, hear the answer begin, and go.

    The socket is ours, so that it is closed at once whatever the peer's library does.
    """
    port = listener.port
    stream: trio.abc.Stream = await trio.open_tcp_stream("127.0.0.1", port)
    if listener.authority_pem is not None:
        trusting = ssl.create_default_context(cadata=listener.authority_pem.decode())
        stream = trio.SSLStream(stream, trusting, server_hostname="localhost")
    try:
        async with trio.open_nursery() as nursery:
            with suppress(*GONE):
                peer = await trio_websocket.wrap_client_stream(
                    nursery, stream, f"127.0.0.1:{port}", path
                )
                for message in SAID[path]:
                    await peer.send_message(message)
                while json.loads(await peer.get_message())["type"] != LAST[path]:
                    pass
                await peer.aclose()
            nursery.cancel_scope.cancel()
    finally:
        await trio.aclose_forcefully(stream)


async def one_session(
    step: int, driver_name: DriverName, tls: str, path: str, certificate: Certificate | None
) -> bool:
    """Run a session that is cancelled at `step`; whether it had that many steps.

    With a certificate the upstream is reached by TLS.
    """
    config = load_config(
        environ={**FAST, "RTPROXY_SERVER__TLS": tls, "RTPROXY_ROOMS__LINGER_S": "0"}
    )
    process = Process("simulator", trio.current_time, trio.current_time())
    process.phase = ProcessPhase.SERVING
    instrument = CancelAtStep(step)
    async with trio.open_nursery() as nursery:
        upstream = await open_upstream(nursery, config, config.upstreams[0])
        if certificate is not None:
            upstream = await reached_by_tls(nursery, upstream, certificate)
        driver = await start_driver(nursery, driver_name)
        before = open_descriptors()  # the reactor's own live as long as it does
        door = build_front_door(
            nursery,
            config,
            process,
            [upstream],
            driver.open_legs,
            casting_of(config),
            make_credentials(config),
            Runner(Toolbox(), Terms()),
        )

        async def enter(upgrade: Upgrade) -> None:
            with instrument.scope:
                instrument.root = trio.lowlevel.current_task()
                trio.lowlevel.add_instrument(instrument)
                try:
                    await door.enter(upgrade)
                finally:
                    trio.lowlevel.remove_instrument(instrument)

        listener = await open_listener(
            nursery, config.server, on_upgrade=enter, application=create_application(process)
        )
        with trio.fail_after(20):
            await converse(listener, path)
            await process.live.wait_empty()
        nursery.cancel_scope.cancel()
    assert len(process.live) == 0
    assert open_descriptors() <= before
    return instrument.steps_left <= 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("driver_name", "tls", "path", "upstream_tls"),
    [
        ("stream", "off", "/ws/conversation", False),
        ("stream", "off", ROOM, False),
        *([("reactor", "off", path, False) for path in SAID] * HAS_REACTOR),
        *([("reactor", "self-signed", "/ws/conversation", False)] * HAS_REACTOR),
        *([("reactor", "off", "/ws/conversation", True)] * HAS_REACTOR),
    ],
)
async def test_no_descriptor_is_left_wherever_it_is_cancelled(
    driver_name: DriverName,
    tls: str,
    path: str,
    upstream_tls: bool,
    tmp_path: Path,
) -> None:
    certificate = issue_certificate(tmp_path) if upstream_tls else None
    open_descriptors()
    # Whatever opens descriptors of its own on first use does so now.
    await one_session(10_000, driver_name, tls, path, certificate)
    step = 1
    while await one_session(step, driver_name, tls, path, certificate):
        step += 1
    # A member of a room has but one task, which seldom wakes; behind the reactor those of a
    # session wake until it has begun, and for its end.
    few = 3 if path == ROOM else 20 if driver_name == "stream" else 12
    assert step > few, "the session had hardly any checkpoints: was it tried at all?"
