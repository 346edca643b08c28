"""Which upstream answers, and with whose key."""

from __future__ import annotations

import pytest

from rtproxy.config import load_config
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
    with pytest.raises(ConfigError, match="must be one of b, openai, azure, simulator, or a URL"):
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


AZURE = {
    "AZURE_OPENAI_API_KEY": "azure-key-1",
    "AZURE_OPENAI_ENDPOINT": "https://h.openai.azure.com",
}


def test_azure_is_found_where_its_sdk_looks():
    (chosen,) = choose_upstreams({}, "azure", AZURE)
    assert (chosen.kind, chosen.url, chosen.auth) == (
        "azure",
        AZURE["AZURE_OPENAI_ENDPOINT"],
        "api-key",
    )
    assert (chosen.api_key, chosen.key_from) == (Secret("azure-key-1"), "AZURE_OPENAI_API_KEY")


def test_azure_without_an_endpoint_says_what_one_looks_like():
    with pytest.raises(
        ConfigError, match=r"upstream.azure.endpoint is missing; .*AZURE_OPENAI_END"
    ):
        names(wanted="azure", environ={"AZURE_OPENAI_API_KEY": "azure-key-1"})


def test_the_keys_of_each_stay_with_each():
    with pytest.raises(ConfigError, match="needs a key and AZURE_OPENAI_API_KEY is not set"):
        names(wanted="azure", environ=KEYED | {"AZURE_OPENAI_ENDPOINT": "https://h"})


def test_organization_and_project_are_headers_of_openai_alone():
    section = UpstreamSection(kind="openai", project="proj_1", headers={"X-Team": Secret("t")})
    (chosen,) = choose_upstreams({"a": section}, None, KEYED | {"OPENAI_ORG_ID": "org_1"})
    told = {name: value.reveal() for name, value in chosen.headers}
    assert told == {"X-Team": "t", "OpenAI-Organization": "org_1", "OpenAI-Project": "proj_1"}
    (other,) = choose_upstreams({"b": LOCAL}, None, KEYED | {"OPENAI_ORG_ID": "org_1"})
    assert other.headers == ()


@pytest.mark.parametrize(
    ("section", "words"),
    [
        (UpstreamSection(kind="openai", endpoint="https://h"), 'it belongs to "azure"'),
        (UpstreamSection(kind="compatible", url="ws://h", project="p"), 'it belongs to "openai"'),
        (UpstreamSection(kind="azure", url="ws://h", api_version="v"), "url and api_version"),
        (UpstreamSection(kind="azure", url="ws://h", endpoint="https://h"), "url and endpoint"),
    ],
)
def test_what_a_kind_has_no_use_for_is_refused(section: UpstreamSection, words: str):
    with pytest.raises(ConfigError, match=words):
        choose_upstreams({"a": section}, None, KEYED | AZURE)


def test_all_that_is_secret_is_known_to_who_writes_the_log():
    environ = KEYED | {
        "RTPROXY_AUTH__KEYS": "first-key-of-ours, second-key-of-ours",
        "RTPROXY_AUTH__SECRET": "s" * 32,
        "RTPROXY_UPSTREAM__OPENAI__HEADERS__X_GATE": "gate-key",
    }
    config = load_config(environ=environ)
    told = {"first-key-of-ours", "second-key-of-ours", "s" * 32, "gate-key", "sk-one-123456"}
    assert set(config.secrets()) == told
    assert not [secret for secret in told if secret in repr(config)]
