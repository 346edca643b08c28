"""Which upstream answers, and with whose key."""

from __future__ import annotations

import pytest

from rtproxy.config.schema import UpstreamSection
from rtproxy.config.secret import Secret
from rtproxy.config.upstreams import OPENAI_URL, choose_upstreams
from rtproxy.model.errors import ConfigError

KEYED = {"OPENAI_API_KEY": "sk-one-123456"}
LOCAL = UpstreamSection(kind="compatible", url="ws://127.0.0.1:9/v1/realtime")


def names(listed=None, wanted=None, environ=None):
    return [each.name for each in choose_upstreams(listed or {}, wanted, environ or {})]


def test_a_key_alone_means_openai():
    (chosen,) = choose_upstreams({}, None, KEYED)
    assert (chosen.kind, chosen.url, chosen.key_from) == ("openai", OPENAI_URL, "OPENAI_API_KEY")
    assert chosen.api_key == Secret("sk-one-123456")


@pytest.mark.parametrize("value", ["", "  ", "\n"])
def test_an_empty_key_is_none(value: str):
    assert names(environ={"OPENAI_API_KEY": value}) == ["simulator"]


def test_the_listed_ones_keep_their_order():
    assert names({"b": LOCAL, "a": LOCAL}, environ=KEYED) == ["b", "a"]


def test_a_wanted_name_is_used_alone():
    assert names({"b": LOCAL, "a": LOCAL}, "a") == ["a"]
    assert names({"b": LOCAL}, "simulator") == ["simulator"]


def test_openai_without_a_key_is_an_error():
    with pytest.raises(ConfigError, match="needs a key and OPENAI_API_KEY is not set"):
        names(wanted="openai")


def test_an_unknown_name_is_told_the_known_ones():
    with pytest.raises(ConfigError, match="must be one of b, openai, simulator, or a URL"):
        names({"b": LOCAL}, "c")


def test_the_key_never_goes_to_a_url_that_did_not_ask_for_it():
    (by_url,) = choose_upstreams({}, "wss://example.org/v1/realtime", KEYED)
    (listed,) = choose_upstreams({"b": LOCAL}, None, KEYED)
    assert by_url.api_key is None
    assert listed.api_key is None


def test_a_section_names_the_variable_of_its_key():
    section = UpstreamSection(kind="compatible", url="ws://h/", api_key_env="MINE")
    (chosen,) = choose_upstreams({"b": section}, None, {"MINE": "mine-123"})
    assert (chosen.api_key, chosen.key_from) == (Secret("mine-123"), "MINE")
    with pytest.raises(ConfigError, match="MINE is not set"):
        choose_upstreams({"b": section}, None, {})


def test_two_keys_are_one_too_many():
    section = UpstreamSection(kind="openai", api_key=Secret("a"), api_key_env="B")
    with pytest.raises(ConfigError, match="both api_key and api_key_env"):
        choose_upstreams({"b": section}, None, {})
