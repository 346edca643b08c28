"""openai-node and agents-realtime on Node, unmodified, through the proxy at `/v1/realtime`.

openai-node dials by TLS alone, so the proxy shows a certificate of an authority that
Node is told to trust.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from beta_types import BETA_EVENTS

from . import speech
from .conftest import FAST_SIMULATOR
from .node_ground import Node
from .proxy_process import ProxyProcess
from .tls_files import Files, write_files

SPOKEN = speech.utterance(1_200, after_ms=1_000)

OWN_WEBSOCKET = 20  # behind a flag; from 22 on without


@dataclass(frozen=True)
class Ground:
    """A proxy that speaks TLS, and what a client needs to know of it."""

    proxy: ProxyProcess
    files: Files
    spoken: str

    @property
    def env(self) -> dict[str, str]:
        """Node trusts the proxy's authority."""
        return {"NODE_EXTRA_CA_CERTS": self.files.ca}


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """The upstream answers at a pace at which an answer can be interrupted."""
    folder = tmp_path_factory.mktemp("node")
    files = write_files(folder)
    spoken = folder / "spoken.pcm"
    spoken.write_bytes(SPOKEN)
    proxy = ProxyProcess(
        folder / "log",
        *("--certfile", files.cert, "--keyfile", files.key),
        env=FAST_SIMULATOR | {"RTPROXY_SIMULATOR__SPEED": "4"},
        trusting=files.trusting(),
    )
    yield Ground(proxy, files, str(spoken))
    proxy.stop()


def check_conversation(told: dict[str, Any]) -> None:
    """A question was answered with itself, an answer was cut, and the next was whole."""
    assert told["errors"] == []
    assert [answer["status"] for answer in told["answers"]] == [
        "completed",
        "cancelled",
        "completed",
    ]
    first, cut, last = (base64.b64decode(answer["audio"]) for answer in told["answers"])
    for whole in (first, last):
        assert speech.ms(whole) > 1_000
        assert SPOKEN.find(whole) >= 0
    assert 0 < len(cut) < len(first)
    assert told.get("truncated", 0) <= speech.ms(cut)


def converse(node: Node, ground: Ground, which: str, path: str = "/v1") -> dict[str, Any]:
    """One of openai-node's classes has the conversation."""
    flags: tuple[str, ...] = ()
    if "websocket" in which:
        if node.major < OWN_WEBSOCKET:
            pytest.skip("this Node has no WebSocket of its own, which the class stands on")
        flags = ("--experimental-websocket", "--no-warnings")
    arguments = (which, f"https://localhost:{ground.proxy.port}{path}", ground.spoken)
    told = node.run("openai_client.mjs", *arguments, flags=flags, env=ground.env).told()
    check_conversation(told)
    assert ground.proxy.alive
    return dict(told)


@pytest.mark.parametrize("which", ["ws", "websocket"])
def test_openai_node(node: Node, ground: Ground, which: str) -> None:
    told = converse(node, ground, which)
    assert told["truncated"] > 0
    assert "conversation.item.added" in told["types"]


def test_openai_node_for_azure(node: Node, ground: Ground) -> None:
    told = converse(node, ground, "azure", "/openai")
    assert told["session"]["model"] == "gpt-realtime"


@pytest.mark.parametrize("which", ["beta-ws", "beta-websocket"])
def test_openai_node_in_the_beta_shape(node: Node, ground: Ground, which: str) -> None:
    told = converse(node, ground, which)
    assert told["types"][:2] == ["session.created", "conversation.created"]
    assert set(told["types"]) <= set(BETA_EVENTS)
    assert told["session"]["modalities"] == ["audio", "text"]
    assert told["answers"][0]["output"][0]["content"][0]["type"] == "audio"


def test_a_client_of_the_beta_shape_that_does_not_say_so(node: Node, ground: Ground) -> None:
    told = converse(node, ground, "late-ws")
    assert told["types"][:2] == ["session.created", "session.updated"]
    assert set(told["types"]) <= set(BETA_EVENTS)


def test_agents_realtime(node: Node, ground: Ground) -> None:
    url = f"wss://localhost:{ground.proxy.port}/v1/realtime?model=gpt-realtime-2.1"
    told = node.run("agents_client.mjs", url, ground.spoken, env=ground.env).told()
    check_conversation(told)
    assert told["interrupted"] >= 1
    assert ground.proxy.alive
