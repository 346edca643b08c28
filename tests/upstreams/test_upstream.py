"""Where to dial, with what."""

from __future__ import annotations

import pytest

from rtproxy.upstreams.upstream import Upstream


def upstream(url: str = "wss://api.example/v1/realtime", key: str | None = None) -> Upstream:
    return Upstream(name="u", url=url, model="gpt-realtime", key=key)


@pytest.mark.parametrize(
    ("url", "asked", "dialled"),
    [
        ("wss://h/v1/realtime", {}, "wss://h/v1/realtime?model=gpt-realtime"),
        ("wss://h/v1/realtime", {"model": "mine"}, "wss://h/v1/realtime?model=mine"),
        ("ws://h:1/r?a=b&model=own", {}, "ws://h:1/r?a=b&model=own"),
        ("ws://h/r?model=own", {"intent": "transcription"}, "ws://h/r?intent=transcription"),
        ("ws://h/r", {"model": "a b&c", "token": "x"}, "ws://h/r?model=a+b%26c"),
    ],
)
def test_the_query_names_the_model(url: str, asked: dict[str, str], dialled: str) -> None:
    assert upstream(url).target(asked).url == dialled


def test_the_key_is_in_the_header_and_nowhere_in_what_is_shown() -> None:
    secret = "sk-canary"
    target = upstream(key=secret).target({})
    assert target.headers == (("Authorization", "Bearer sk-canary"),)
    assert secret not in repr(target)
    assert secret not in repr(upstream(key=secret))


def test_without_a_key_there_is_no_header() -> None:
    assert upstream().target({}).headers == ()
