"""Which dialect a connection speaks."""

from __future__ import annotations

import pytest

from rtproxy.dialects.beta import Beta
from rtproxy.dialects.openai import OpenAI
from rtproxy.dialects.registry import DIALECTS, choose_dialect
from rtproxy.dialects.voice import VOICE


@pytest.mark.parametrize(
    ("path", "query", "subprotocols", "name"),
    [
        ("/", {}, (), "voice"),
        ("/ws/voice", {}, (), "voice"),
        ("/ws", {}, (), "companion"),
        ("/ws/conversation", {}, (), "conversation"),
        ("/v1/realtime", {"model": "m"}, ("realtime",), "openai"),
        ("/openai/v1/realtime", {}, (), "openai"),
        ("/openai/realtime", {"deployment": "m"}, (), "openai"),
        ("/ws/voice", {"dialect": "conversation"}, (), "conversation"),
        ("/", {}, ("rtproxy.conversation",), "conversation"),
        ("/", {}, ("chat",), "voice"),
        ("/v1/realtime", {"dialect": "voice"}, (), "openai"),
        ("/ws/rooms/demo", {}, (), "broadcast"),
        ("/ws/rooms/", {"dialect": "voice"}, ("rtproxy.voice",), "broadcast"),
    ],
)
def test_path_query_and_subprotocol(
    path: str, query: dict[str, str], subprotocols: tuple[str, ...], name: str
) -> None:
    dialect = choose_dialect(path, query, subprotocols)
    assert dialect is not None
    assert dialect.name == name


@pytest.mark.parametrize(
    ("path", "header", "subprotocols", "kind"),
    [
        ("/v1/realtime", "realtime=v1", (), Beta),
        ("/openai/realtime", None, ("realtime", "openai-beta.realtime-v1"), Beta),
        ("/v1/realtime", "assistants=v2", ("realtime",), OpenAI),
        ("/ws/voice", "realtime=v1", ("openai-beta.realtime-v1",), type(VOICE)),
    ],
)
def test_a_handshake_may_ask_for_the_beta_shape(
    path: str, header: str | None, subprotocols: tuple[str, ...], kind: type
) -> None:
    assert type(choose_dialect(path, {}, subprotocols, beta_header=header)) is kind


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/nowhere", {}),
        ("/", {"dialect": "openai"}),
        ("/", {"dialect": "x"}),
        ("/ws", {"dialect": "broadcast"}),
    ],
)
def test_nothing_is_spoken_there(path: str, query: dict[str, str]) -> None:
    assert choose_dialect(path, query, ()) is None


def test_no_path_has_two_dialects() -> None:
    paths = [path for dialect in DIALECTS for path in dialect.paths]
    assert len(paths) == len(set(paths))


def test_every_dialect_can_say_how_it_is_sorted_and_wrapped() -> None:
    for dialect in DIALECTS:
        dialect.client_kinds()
        dialect.upstream_kinds()
        dialect.client_wrap()
        dialect.upstream_wrap()
