"""What looks like a secret, goes under a secret's name, or is known to be one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtproxy.observability.redact import REDACTED, Redactor, without_shapes

CANARY = "canary-0123456789"


@pytest.mark.parametrize(
    "text",
    [
        f"sk-{CANARY}",
        f"Incorrect API key provided: sk-proj-{CANARY}.",
        f"ek_{CANARY.replace('-', '')}",
        f"Authorization: Bearer {CANARY}",
        f"authorization=Basic {CANARY}",
        f'{{"Authorization": "Bearer {CANARY}"}}',
        f"[(b'authorization', b'Bearer {CANARY}')]",
        f"api-key: {CANARY}",
        f"('api-key', '{CANARY}')",
        f"X-Twilio-Signature: {CANARY}",
        f"Cookie: {CANARY}",
        f"realtime, openai-insecure-api-key.{CANARY}, openai-beta.realtime-v1",
        f"GET /ws/voice?token={CANARY}&rate=16000 HTTP/1.1",
        f"wss://h/v1/realtime?model=m&api-key={CANARY}#x",
        f"ws://h/?resume={CANARY}",
        f"https://user:{CANARY}@example.org/",
        f'{{"resumeToken":"{CANARY}"}}',
        f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.{CANARY}",
    ],
)
def test_secrets_go_from_text(text: str):
    said = Redactor().text(text)
    assert CANARY not in said
    assert CANARY.replace("-", "") not in said
    assert REDACTED in said


@pytest.mark.parametrize(
    "text",
    [
        "total_tokens: 70, max_output_tokens=4096",
        "invalid_request_error.invalid_api_key",
        "a token, please; the key is in the file; bearer of news",
        "risk-averse desk-side task-sk",
        '{"api_key": null, "token": None}',
        '{"code": "invalid_api_key", "text": "No.", "param": "token", "event": "turned_away"}',
        "ws://127.0.0.1:8000/ws/voice?rate=16000",
    ],
)
def test_ordinary_text_stays(text: str):
    assert Redactor().text(text) == text


def test_a_known_value_goes_whatever_it_looks_like():
    assert Redactor(["hunter22"]).text("it is hunter22!") == f"it is {REDACTED}!"


def test_a_known_value_that_holds_another_goes_whole():
    assert Redactor(["hunter22", "hunter22extra"]).text("hunter22extra") == REDACTED


def test_values_go_by_their_name():
    told = Redactor().value(
        {
            "headers": [("Authorization", "plain"), (b"api-key", b"raw"), ("Host", "h")],
            "nested": {"client_secret": {"value": "x"}, "n": 5, "none": None},
            "url": f"ws://h/?token={CANARY}",
            "token": 7,
        }
    )
    assert told == {
        "headers": [("Authorization", REDACTED), ("api-key", REDACTED), ("Host", "h")],
        "nested": {"client_secret": REDACTED, "n": 5, "none": None},
        "url": f"ws://h/?token={REDACTED}",
        "token": 7,
    }


def test_an_object_shows_its_redacted_repr():
    assert Redactor().value(ValueError(f"sk-{CANARY}")) == f"ValueError('{REDACTED}')"


@given(
    st.text(max_size=20),
    st.sampled_from(["Authorization: Bearer ", "?token=", "sk-", '"api_key":"', "password="]),
    st.text(max_size=20),
)
def test_twice_is_as_good_as_once(before: str, name: str, after: str):
    once = Redactor().text(f"{before}{name}{CANARY}{after}")
    assert CANARY not in once
    assert Redactor().text(once) == once


PIECES = [
    *("sk-", "ek_", "RK-", "pk_", "eyJ", "Bearer ", "basic ", "?", "&", "://", ":", "@", ".", "="),
    *("openai-insecure-api-key.", "rtproxy.token.", "Authorization", "x-api_key", "apikey"),
    *(
        "x-twilio-signature",
        "set-cookie",
        "resumeToken",
        "client-secret",
        "PASSWORD",
        "sig",
        "resume",
    ),
    *("\u017fecret", "\u212aey", "ABCdef012345", "-", " ", "'", '"', ": ", CANARY),
]


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_what_is_looked_at_briefly_loses_as_much_as_what_is_looked_at_closely(text: str):
    assert Redactor().text(text) == without_shapes(text)
