"""Where to dial and what to ask, of each kind of upstream."""

from __future__ import annotations

import pytest

from rtproxy.config import Secret, UpstreamConfig
from rtproxy.upstreams.kinds import upstream_of
from rtproxy.upstreams.upstream import Upstream, wishes, wishes_of_session

CANARY = "sk-canary-1234567"
_TRANSLATES = wishes_of_session({"type": "translation", "model": "t"})


def upstream(url: str = "wss://h/v1/realtime", kind: str = "compatible", **more) -> Upstream:
    config = UpstreamConfig(name="u", kind=kind, url=url, model="gpt-realtime", **more)
    return upstream_of(config, url)


@pytest.mark.parametrize(
    ("url", "asked", "dialled"),
    [
        ("wss://h/v1/realtime", {}, "wss://h/v1/realtime?model=gpt-realtime"),
        ("wss://h/v1/realtime", {"model": "mine"}, "wss://h/v1/realtime?model=mine"),
        ("ws://h:1/r?a=b&model=own", {}, "ws://h:1/r?a=b&model=own"),
        ("ws://h/r?model=own", {"intent": "transcription"}, "ws://h/r?intent=transcription"),
        (
            "ws://h/r?a=b",
            {"session_type": "translation", "model": "m"},
            "ws://h/r/translations?a=b&model=m",
        ),
        ("ws://h/r?model=own", {"intent": "else"}, "ws://h/r?model=own"),
        ("ws://h/r", {"call_id": "rtc_1", "model": "m"}, "ws://h/r?call_id=rtc_1"),
        ("ws://h/r", {"model": "a b&c", "token": "x"}, "ws://h/r?model=a+b%26c"),
        ("wss://h/v1/realtime", _TRANSLATES, "wss://h/v1/realtime/translations?model=t"),
        ("ws://h/r/?a=b&model=own", _TRANSLATES, "ws://h/r/translations?a=b&model=t"),
    ],
)
def test_the_query_names_the_model(url: str, asked: dict[str, str], dialled: str) -> None:
    assert upstream(url).target(asked).url == dialled


def test_the_key_is_in_a_header_and_nowhere_in_what_is_shown() -> None:
    keyed = upstream(api_key=Secret(CANARY))
    assert keyed.target({}).headers == (("Authorization", f"Bearer {CANARY}"),)
    assert keyed.secrets == (CANARY,)
    for shown in (keyed, keyed.target({}), keyed.rest("/models")):
        assert CANARY not in repr(shown)


def test_without_a_key_there_is_no_header() -> None:
    assert upstream().target({}).headers == ()


def test_configured_headers_go_everywhere_and_those_that_sound_like_keys_are_secret() -> None:
    headers = (("X-Team", Secret("support")), ("X-Gateway-Token", Secret("gate-secret")))
    gateway = upstream(headers=headers)
    assert gateway.target({}).headers == (("X-Team", "support"), ("X-Gateway-Token", "gate-secret"))
    rest = gateway.rest("/models")
    assert rest is not None
    assert rest.headers == gateway.target({}).headers
    assert gateway.secrets == ("gate-secret",)


def test_openai_is_told_which_user_speaks_and_nobody_else_is() -> None:
    asked = wishes({}, "user-7")
    told = ("OpenAI-Safety-Identifier", "user-7")
    assert told in upstream(kind="openai").target(asked).headers
    assert told not in upstream(kind="compatible").target(asked).headers


@pytest.mark.parametrize(
    ("url", "rest"),
    [
        ("wss://api.openai.com/v1/realtime", "https://api.openai.com/v1/models"),
        ("ws://127.0.0.1:9/v1/realtime?x=y", "http://127.0.0.1:9/v1/models"),
        ("wss://h/gate/realtime/", "https://h/gate/models"),
        ("ws://h", "http://h/models"),
    ],
)
def test_rest_lies_beside_the_websocket(url: str, rest: str) -> None:
    found = upstream(url).rest("/models")
    assert found is not None
    assert found.url == rest


def test_azure_as_it_is_now() -> None:
    azure = upstream("https://n.openai.azure.com/", "azure", api_key=Secret(CANARY), auth="api-key")
    target = azure.target({})
    assert target.url == "wss://n.openai.azure.com/openai/v1/realtime?model=gpt-realtime"
    assert target.headers == (("api-key", CANARY),)
    rest = azure.rest("/realtime/calls")
    assert rest is not None
    assert rest.url == "https://n.openai.azure.com/openai/v1/realtime/calls"
    joined = azure.target({"call_id": "rtc_1"}).url
    assert joined == "wss://n.openai.azure.com/openai/v1/realtime?call_id=rtc_1"


def test_azures_preview_names_a_deployment_and_has_no_rest() -> None:
    azure = upstream("https://h", "azure", api_version="2025-04-01-preview")
    wanted = "wss://h/openai/realtime?api-version=2025-04-01-preview&deployment="
    assert azure.target({}).url == wanted + "gpt-realtime"
    assert azure.target({"model": "other"}).url == wanted + "other"
    assert azure.rest("/models") is None


def test_azure_with_a_token_of_entra() -> None:
    azure = upstream("https://h", "azure", api_key=Secret(CANARY), auth="bearer")
    assert azure.target({}).headers == (("Authorization", f"Bearer {CANARY}"),)


def test_a_whole_url_of_azure_is_dialled_as_it_is() -> None:
    azure = upstream("wss://gate/azure/realtime", "azure", auth="api-key")
    assert azure.target({}).url == "wss://gate/azure/realtime?model=gpt-realtime"


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ({"model": "m", "rate": "8000", "token": "t"}, {"model": "m"}),
        ({"deployment": "d", "api-version": "v"}, {"model": "d"}),
        ({"model": "m", "deployment": "d"}, {"model": "m"}),
        ({"model": "", "safety_identifier": "not from here"}, {}),
        ({"call_id": "rtc_1"}, {"call_id": "rtc_1"}),
    ],
)
def test_what_a_client_may_ask_for(query: dict[str, str], asked: dict[str, str]) -> None:
    assert wishes(query) == asked


@pytest.mark.parametrize("odd", ["", "zo\u00eb", "a\r\nX-Evil: 1", "\x00"])
def test_an_identifier_that_no_header_can_carry_is_left_out(odd: str) -> None:
    assert wishes({}, odd) == {}


def test_a_session_asks_by_being_what_it_is() -> None:
    assert wishes_of_session({"type": "realtime", "model": "m"}) == {"model": "m"}
    assert wishes_of_session({"type": "transcription"}) == {"intent": "transcription"}
    assert wishes_of_session({"type": "realtime"}) == {}
    translates = {"session_type": "translation"}
    assert wishes_of_session({"type": "translation"}) == translates
    assert wishes_of_session({"type": "translation", "model": "m"}) == {**translates, "model": "m"}
