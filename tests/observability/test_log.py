"""The log as it is written: for people, for machines, never with a secret."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog

from rtproxy.observability.log import configure_logging

CANARY = "sk-canary-0123456789abcdef"


@pytest.fixture(params=["console", "json"])
def written(request) -> io.StringIO:
    stream = io.StringIO()
    configure_logging("debug", request.param, secrets=["hunter22"], stream=stream)
    return stream


def lines_of(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_no_secret_gets_through_by_any_way(written: io.StringIO):
    log = structlog.get_logger("rtproxy.test")
    log.info(f"dialling {CANARY}", url=f"wss://h/?api-key={CANARY}", key="hunter22")
    log.info("headers", headers=[("authorization", f"Bearer {CANARY}")], api_key="plain-secret")
    with structlog.contextvars.bound_contextvars(subprotocol=f"openai-insecure-api-key.{CANARY}"):
        log.warning("offered")
    try:
        int(f"refused: {CANARY} hunter22")
    except ValueError:
        log.exception("failed")
        logging.getLogger("hypercorn.error").exception("Authorization: Bearer %s", CANARY)
    said = written.getvalue()
    assert said.count("[redacted]") >= 8
    for secret in (CANARY, "canary-", "hunter22", "plain-secret"):
        assert secret not in said


def test_machines_get_one_object_a_line():
    stream = io.StringIO()
    configure_logging("info", "json", stream=stream)
    structlog.get_logger("rtproxy.test").info("session_began", session="sess_1", tokens=3)
    logging.getLogger("somewhere").warning("a %s", "word")
    ours, theirs = lines_of(stream)
    assert (ours["event"], ours["session"], ours["tokens"]) == ("session_began", "sess_1", 3)
    assert (ours["level"], ours["logger"]) == ("info", "rtproxy.test")
    assert str(ours["timestamp"]).endswith("Z")
    assert (theirs["event"], theirs["level"]) == ("a word", "warning")


def test_what_is_less_than_the_level_is_not_written():
    stream = io.StringIO()
    configure_logging("warning", "json", stream=stream)
    structlog.get_logger("rtproxy.test").info("quiet")
    structlog.get_logger("rtproxy.test").error("loud")
    assert [line["event"] for line in lines_of(stream)] == ["loud"]


def test_libraries_keep_their_insides_to_themselves():
    stream = io.StringIO()
    configure_logging("info", "json", stream=stream)
    logging.getLogger("hypercorn.error").info("Running on …")
    assert stream.getvalue() == ""


def test_an_id_cannot_write_lines_of_its_own():
    stream = io.StringIO()
    configure_logging("info", "console", stream=stream)
    structlog.get_logger("rtproxy.test").info("said", item="a\r\n2026 [error] forged\x1b[31m\x85")
    assert len(stream.getvalue().splitlines()) == 1
    assert "\x1b" not in stream.getvalue()


def test_auto_means_json_where_nobody_reads():
    stream = io.StringIO()
    configure_logging("info", "auto", stream=stream)
    structlog.get_logger("rtproxy.test").info("hello")
    assert lines_of(stream)[0]["event"] == "hello"
