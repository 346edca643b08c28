"""Which dialect is spoken, and at which URL."""

from __future__ import annotations

import pytest
import typer

from rtproxy.cli.talk.command import choose_frontend


@pytest.mark.parametrize(
    ("url", "dialect", "name", "address"),
    [
        ("ws://h:1", None, "voice", "ws://h:1/ws/voice"),
        ("ws://h:1/", "conversation", "conversation", "ws://h:1/ws/conversation"),
        ("wss://h", "openai", "openai", "wss://h/v1/realtime"),
        ("ws://h?rate=8000", None, "voice", "ws://h/ws/voice?rate=8000"),
        ("ws://h/ws/conversation", None, "conversation", "ws://h/ws/conversation"),
        ("ws://h/v1/realtime?model=m", None, "openai", "ws://h/v1/realtime?model=m"),
        ("ws://h/elsewhere", None, "voice", "ws://h/elsewhere"),
        ("ws://h/ws/voice", "conversation", "conversation", "ws://h/ws/voice"),
    ],
)
def test_the_path_tells_the_dialect_unless_one_is_named(
    url: str, dialect: str | None, name: str, address: str
):
    frontend, chosen = choose_frontend(url, dialect)
    assert (frontend.name, chosen) == (name, address)


@pytest.mark.parametrize("url", ["", "h", "http://h", "ws://", "ws:h"])
def test_what_is_no_websocket_url_is_refused(url: str, capsys):
    with pytest.raises(typer.Exit) as caught:
        choose_frontend(url, None)
    assert caught.value.exit_code == 2
    assert "--url" in capsys.readouterr().err
