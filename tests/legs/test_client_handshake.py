"""What an upstream may answer to our upgrade request, and what we make of it."""

from __future__ import annotations

import json

import pytest

from rtproxy.legs.client_handshake import ClientHandshake, Refused, Switched, refusal
from rtproxy.legs.handshake import accept_token
from rtproxy.model.close import CloseCode
from rtproxy.model.errors import DialFailed

KEY = b"the sample nonce"  # RFC 6455 section 1.3
ACCEPT = accept_token("dGhlIHNhbXBsZSBub25jZQ==")
GOOD = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Accept": ACCEPT,
}


def handshake(*subprotocols: str) -> ClientHandshake:
    """A handshake whose request is on its way."""
    return ClientHandshake(host="up", target="/", key=KEY, subprotocols=subprotocols)


def answer(status: str, headers: dict[str, str | None], body: bytes = b"") -> bytes:
    """An HTTP response."""
    lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode() + body


def refused(status: int, body: bytes = b"", **headers: str) -> DialFailed:
    """What a refusal with this answer means."""
    return refusal(
        Refused(status, [(k.replace("_", "-"), v) for k, v in headers.items()], body, True)
    )


def test_an_upstream_may_agree_after_telling_us_to_wait() -> None:
    client = handshake()
    hints = answer("103 Early Hints", {"Link": "</x>"})
    outcome = client.feed(hints + answer("101 Switching Protocols", {**GOOD}) + b"\x81\x00")
    assert isinstance(outcome, Switched)
    assert outcome.leftover == b"\x81\x00"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"Sec-WebSocket-Accept": None}, "prove"),
        ({"Sec-WebSocket-Accept": "AAAAAAAAAAAAAAAAAAAAAAAAAAA="}, "prove"),
        ({"Upgrade": "h2c"}, "another protocol"),
        ({"Connection": "keep-alive"}, "Connection"),
        ({"Sec-WebSocket-Extensions": "permessage-deflate"}, "extension"),
        ({"Sec-WebSocket-Protocol": "never-offered"}, "subprotocol"),
    ],
)
def test_a_wrong_agreement_is_none(changed: dict[str, str | None], words: str) -> None:
    with pytest.raises(DialFailed, match=words):
        handshake("realtime").feed(answer("101 Switching Protocols", {**GOOD, **changed}))


def test_who_waits_for_tls_is_told_apart() -> None:
    with pytest.raises(DialFailed, match="wss://") as failed:
        handshake().feed(b"\x15\x03\x03\x00\x02\x02\x0a")  # unexpected_message
    assert failed.value.final


def test_a_refusal_is_known_with_its_head_and_complete_with_its_body() -> None:
    client = handshake()
    first = client.feed(answer("401 Unauthorized", {"Content-Length": "5"}, b"ab"))
    assert isinstance(first, Refused)
    assert (first.status, first.body, first.complete) == (401, b"ab", False)
    rest = client.feed(b"cde")
    assert isinstance(rest, Refused)
    assert (rest.body, rest.complete) == (b"abcde", True)


def test_a_refusal_without_length_ends_with_the_connection() -> None:
    client = handshake()
    client.feed(answer("503 Service Unavailable", {}, b"busy"))
    outcome = client.feed(b"")
    assert isinstance(outcome, Refused)
    assert (outcome.body, outcome.complete) == (b"busy", True)


def test_an_endless_refusal_is_cut() -> None:
    client = handshake()
    outcome = client.feed(answer("500 Oops", {}, b"x" * 200_000))
    assert isinstance(outcome, Refused)
    assert outcome.complete
    assert len(outcome.body) == 64 * 1024


@pytest.mark.parametrize(
    "data", [b"", b"SSH-2.0-OpenSSH_9.2\r\n\r\n", b"HTTP/1.1 101\r\nbad header\r\n\r\n"]
)
def test_what_is_no_answer_at_all_may_heal(data: bytes) -> None:
    with pytest.raises(DialFailed) as failed:
        handshake().feed(data)
    assert not failed.value.final


@pytest.mark.parametrize(
    ("status", "final"),
    [
        (200, True),
        (301, True),
        (307, True),
        (400, True),
        (401, True),
        (403, True),
        (404, True),
        (408, False),
        (429, False),
        (500, False),
        (502, False),
        (503, False),
        (599, False),
    ],
)
def test_only_some_refusals_may_heal(status: int, final: bool) -> None:
    failed = refused(status)
    assert (failed.final, failed.status) == (final, status)
    code = CloseCode.UPSTREAM_REFUSED if final else CloseCode.TRY_LATER
    assert failed.reason.code == code


def test_a_redirect_is_told_not_followed() -> None:
    assert "redirects are not followed" in str(refused(302, location="https://elsewhere/"))


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({}, None),
        ({"retry_after": "20"}, 20.0),
        ({"retry_after": "-1"}, None),
        ({"retry_after": "soon"}, None),
        (
            {
                "retry_after": "Sat, 21 Nov 2026 10:00:30 GMT",
                "date": "Sat, 21 Nov 2026 10:00:00 GMT",
            },
            30,
        ),
        (
            {
                "retry_after": "Sat, 21 Nov 2026 10:00:00 GMT",
                "date": "Sat, 21 Nov 2026 10:00:09 GMT",
            },
            0,
        ),
        ({"retry_after": "Sat, 21 Nov 2026 10:00:00 GMT"}, None),
        (
            {"retry_after": "Sat, 21 Nov 2026 10:00:00", "date": "Sat, 21 Nov 2026 10:00:09 GMT"},
            None,
        ),
    ],
)
def test_the_upstreams_own_wish_is_kept(headers: dict[str, str], wait_s: float | None) -> None:
    assert refused(429, **headers).retry_after_s == wait_s


def test_the_code_is_told_but_never_the_words() -> None:
    error = {"message": "Incorrect API key provided: sk-canary", "code": "invalid_api_key"}
    told = str(refused(401, json.dumps({"error": error}).encode()))
    assert "401 Unauthorized (invalid_api_key)" in told
    assert "canary" not in told


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b'{"error": "x"}', b'{"error": {"code": "sk-a b"}}', b"\xff"]
)
def test_a_body_of_another_shape_is_no_trouble(body: bytes) -> None:
    assert str(refused(401, body)).endswith("HTTP 401 Unauthorized")
