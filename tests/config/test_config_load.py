"""The configuration as a whole: what is read, what is refused and in which words."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtproxy.config import Config, LimitsConfig, Secret, load_config
from rtproxy.model.errors import ConfigError

KEY = "sk-canary-0123456789"


@pytest.fixture
def load(tmp_path: Path):
    def load(toml: str = "", **arguments) -> Config:
        file = tmp_path / "rtproxy.toml"
        file.write_text(toml, encoding="utf-8")
        arguments.setdefault("environ", {})
        return load_config(file, **arguments)

    return load


@pytest.fixture
def refusal(load, tmp_path: Path):
    """The one line that refuses, without the file's name."""

    def refusal(toml: str = "", **arguments) -> str:
        with pytest.raises(ConfigError) as caught:
            load(toml, **arguments)
        line = str(caught.value)
        assert "\n" not in line
        return line.replace(str(tmp_path / "rtproxy.toml"), "FILE")

    return refusal


def test_nothing_said_means_the_simulator_on_loopback():
    config = load_config(environ={})
    assert (config.server.host, config.server.port, config.server.tls) == ("127.0.0.1", 8000, "off")
    assert [each.kind for each in config.upstreams] == ["simulator"]
    assert config.notes == ()


def test_defaults_are_the_limits_of_the_design():
    limits = LimitsConfig()
    assert (limits.lead_ms, limits.answer_ms, limits.burst_ms) == (400, 300_000, 120_000)
    assert (limits.head_bytes, limits.head_s, limits.send_s, limits.dial_s) == (16_384, 5, 10, 10)
    assert (limits.waiting_messages, limits.waiting_bytes) == (1_000, 1_048_576)


def test_later_sources_win(load):
    toml = "[server]\nport = 1\nhost = '::1'\n[limits]\nlead_ms = 100"
    environ = {"PORT": "2", "RTPROXY_SERVER__PORT": "3", "RTPROXY_LIMITS__HEAD_S": "2.5"}
    assert load(toml).server.port == 1
    assert load(toml, environ={"PORT": "2"}).server.port == 2
    assert load(toml, environ=environ).server.port == 3
    config = load(toml, environ=environ, options={"server.port": 4, "server.host": None})
    assert (config.server.port, config.server.host) == (4, "::1")
    assert (config.limits.lead_ms, config.limits.head_s) == (100, 2.5)


def test_the_environment_may_name_the_file(tmp_path: Path):
    file = tmp_path / "other.toml"
    file.write_text("[server]\nport = 5")
    assert load_config(environ={"RTPROXY_CONFIG": str(file)}).server.port == 5


def test_lists_in_the_environment_are_separated_by_commas(load):
    environ = {"RTPROXY_SERVER__ALLOWED_ORIGINS": "https://a.example, https://b.example"}
    assert load(environ=environ).server.allowed_origins == (
        "https://a.example",
        "https://b.example",
    )


@pytest.mark.parametrize(
    ("toml", "line"),
    [
        (
            "[server]\nprot = 1",
            "server.prot is not a key that rtproxy knows (FILE); did you mean server.port?",
        ),
        ("[sever]", "sever is not a key that rtproxy knows (FILE); did you mean server?"),
        ("server = 1", "server is 1 (FILE); it must be a table: [server]"),
        ("[[server]]", "server is [{}] (FILE); it must be a table: [server]"),
        (
            "[server]\nport = 'x'",
            "server.port is 'x' (FILE); it must be a whole number from 0 to 65535",
        ),
        (
            "[server]\nport = true",
            "server.port is true (FILE); it must be a whole number from 0 to 65535",
        ),
        (
            "[server.port]\na = 1",
            "server.port is a table (FILE); it must be a whole number from 0 to 65535",
        ),
        (
            "[limits]\nhead_s = nan",
            "limits.head_s is nan (FILE); it must be a number above 0, up to 86400",
        ),
        (
            "[log]\nlevel = 'loud'",
            'log.level is \'loud\' (FILE); it must be one of "debug", "error", "info", "warning"',
        ),
        ("[dialect.nobody]\nvoice = 'x'", "may stand: broadcast, companion, conversation"),
        (
            "[upstream.a]",
            "upstream.a.kind is missing; it must be one of openai, azure, compatible, simulator",
        ),
        ("[upstream.A-B]\nkind = 'openai'", '"A-B" cannot be the name of a table under upstream'),
        ("[upstream.a]\nkind = 'compatible'", "upstream.a.url is missing"),
        (
            "[upstream.a]\nkind = 'compatible'\nurl = 'http://x'",
            "upstream.a.url is 'http://x' (FILE); it must be a WebSocket URL (ws://… or wss://…)",
        ),
        ("[upstream.simulator]\nurl = 'ws://x'", "the simulator runs inside this process"),
        (
            "[server]\nhost = '0.0.0.0'",
            "without auth.keys it must be a loopback address",
        ),
        ("[server]\nhost = 'example.org'", "it must be a loopback address"),
        ("[server]\ncertfile = 'a.pem'", "server.keyfile is missing"),
        ("[server]\nkeyfile = 'a.pem'", "server.certfile is missing"),
        ("[server]\ncertfile = 'a'\nkeyfile = 'b'", "server.certfile is 'a'; it must be a file"),
        ("[server]\ncertfile = 'a'\nkeyfile = 'b'\ntls = 'off'", 'server.tls is "off", but'),
        ("[server]\ntls = 'files'", "server.certfile is missing"),
        ("[simulator]\nvoice = 'script'", "simulator.script is missing"),
        ("[upstream.openai]\napi_key = 'abcdef'\nca = 'no.pem'", "upstream.openai.ca is 'no.pem'"),
        ("[server\n", "FILE is not TOML: "),
        (
            "[rooms]\nlanguages = ['en', 'xx', 'de']",
            "rooms.languages has xx; it must be a list of two-letter codes of ISO 639-1",
        ),
        (
            "rooms.translator = 'translation'\nupstream.azure = {url='wss://x', api_key='abc'}",
            'rooms.translator is "translation", which upstream.azure has not',
        ),
        ("[auth]\nkeys = ['short']", "a list of keys, each of 16 characters or more"),
        ("[auth]\nkeys = 'a-single-text-of-20'", "a list of keys, each of 16 characters or more"),
        ("[auth]\nsecret = 'canary'", "auth.secret is too short; it must have 32 characters"),
        ("[upstream.azure]\nendpoint = 'wss://x'", "must be an address (https://…)"),
        (
            "[upstream.openai]\nheaders = { Host = 'canary' }",
            "headers.Host is something else (not shown: it may hold a key)",
        ),
        (
            '[upstream.openai.headers]\nX-Team = "canary\\r\\nX-Evil: 1"',
            "it must be text that a header can carry",
        ),
        ("[upstream.openai.headers]\n'X Team' = 'canary'", "under the name of a header"),
        ("[upstream.openai.headers]\nX-Team = 5", "it must be text that a header can carry"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(refusal, toml: str, line: str):
    assert line in refusal(toml)


def test_a_wrong_variable_is_named(refusal):
    said = refusal(environ={"RTPROXY_SERVER__PORT": "many"})
    assert said.startswith(
        "server.port is 'many' (RTPROXY_SERVER__PORT); it must be a whole number"
    )
    assert "PORT" in refusal(environ={"PORT": "-1"})
    assert "RTPROXY_PORT names no key" in refusal(environ={"RTPROXY_PORT": "1"})


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load_config(tmp_path / "no.toml", environ={})
    (tmp_path / "latin.toml").write_bytes(b"a = '\xe4'")
    with pytest.raises(ConfigError, match="is not UTF-8: byte 5 is 0xe4"):
        load_config(tmp_path / "latin.toml", environ={})


def test_names_of_earlier_proxies_are_known(load):
    environ = {"WS_PORT": "3002", "DATABASE_URL": "a.db", "NODE_ENV": "production", "PORT": "3001"}
    config = load(environ=environ)
    assert (config.server.port, config.server.ws_port) == (3001, 3002)
    assert [note.split(" ")[0] for note in config.notes] == ["DATABASE_URL"]


def test_a_wrong_key_is_not_shown(refusal):
    said = refusal("[upstream.openai]\napi_key = ['sk-canary-0123456789']")
    assert "canary" not in said
    assert said.startswith("upstream.openai.api_key is something else (not shown")


def test_a_key_may_stand_in_the_file(load):
    config = load("[upstream.openai]\napi_key = 'sk-canary-0123456789'")
    assert config.upstreams[0].api_key == Secret(KEY)
    assert config.upstreams[0].key_from == "upstream.openai.api_key"


def test_a_secret_hides_from_every_way_of_printing(load):
    config = load(environ={"OPENAI_API_KEY": KEY})
    assert config.upstreams[0].api_key == Secret(KEY)
    assert KEY not in f"{config!r} {config} {config.upstreams[0].api_key}"
    assert config.upstreams[0].api_key.reveal() == KEY


def outcome(**arguments) -> Config | str:
    """The configuration, or the line that refuses it."""
    try:
        return load_config(**arguments)
    except ConfigError as error:
        return str(error)


@given(name=st.from_regex(r"[a-z0-9_]{1,12}", fullmatch=True), value=st.text(max_size=20))
def test_any_variable_is_taken_or_refused_in_one_line(name: str, value: str):
    got = outcome(environ={f"RTPROXY_SERVER__{name.upper()}": value})
    if isinstance(got, str):
        assert "\n" not in got
        assert "server" in got.lower()


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2)
    ),
    max_leaves=4,
)
LIMITS = st.sampled_from([field.name for field in msgspec.structs.fields(LimitsConfig)])


@given(value=ANYTHING, name=LIMITS)
def test_any_value_of_any_limit_is_taken_or_refused(value: object, name: str):
    got = outcome(environ={}, options={f"limits.{name}": value})
    if isinstance(got, str):
        assert f"limits.{name}" in got
    else:
        assert value is None or getattr(got.limits, name) == value
