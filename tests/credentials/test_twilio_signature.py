"""Twilio's signatures: the examples that Twilio and its libraries give, and what is near them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtproxy.credentials.twilio import is_signed, signature, spellings

# https://www.twilio.com/docs/usage/security, and the tests of twilio-python.
TOKEN = "12345"
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
FORM = (
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+14158675309"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
)
SIGNED = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
REPEATED = (("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"))


def test_the_documented_example() -> None:
    assert signature(URL, FORM, TOKEN) == SIGNED


def test_a_parameter_that_comes_twice() -> None:
    assert signature(URL, REPEATED, TOKEN) == "IK+Dwps556ElfBT0I3Rgjkr1wJU="
    assert signature(URL, [*REPEATED, ("Digits", "1234")], TOKEN) == "IK+Dwps556ElfBT0I3Rgjkr1wJU="


@pytest.mark.parametrize(
    ("url", "signed"),
    [
        (URL, SIGNED),
        (URL.replace(".com", ".com:1234"), SIGNED),  # a port that Twilio leaves out
        (URL, "kvajT1Ptam85bY51eRf/AJRuM3w="),  # one that it names: 443
        (URL.replace("https", "http"), "0ZXoZLH/DfblKGATFgpif+LLRf4="),  # 80
        (URL.replace("https", "http").replace(".com", ".com:1234"), "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
        (URL.replace("https", "wss"), SIGNED),
    ],
)
def test_spellings_of_one_url(url: str, signed: str) -> None:
    assert is_signed(signed, url, FORM, TOKEN)


@pytest.mark.parametrize(
    ("url", "form", "token", "signed"),
    [
        (URL, FORM, "54321", SIGNED),
        (URL.replace("foo=1", "foo=2"), FORM, TOKEN, SIGNED),
        (URL.replace("mycompany", "yourcompany"), FORM, TOKEN, SIGNED),
        (URL, FORM[:-1], TOKEN, SIGNED),
        (URL, (*FORM[:-1], ("To", "+18005551213")), TOKEN, SIGNED),
        (URL, FORM, TOKEN, ""),
        (URL, FORM, TOKEN, SIGNED.lower()),
        (URL, FORM, TOKEN, SIGNED[:-1]),
        (URL, FORM, TOKEN, "é\udcff" * 14),
    ],
)
def test_anything_else_is_refused(
    url: str, form: tuple[tuple[str, str], ...], token: str, signed: str
) -> None:
    assert not is_signed(signed, url, form, token)


@given(st.permutations(FORM))
def test_the_order_of_the_form_does_not_matter(form: list[tuple[str, str]]) -> None:
    assert signature(URL, form, TOKEN) == SIGNED


@pytest.mark.parametrize("host", ["example.com", "example.com:8443", "[::1]", "[::1]:8443"])
def test_every_spelling_names_the_host(host: str) -> None:
    told = list(spellings(f"wss://{host}/twilio/media-stream"))
    name = host.removesuffix(":8443")
    assert f"wss://{name}/twilio/media-stream" in told
    assert f"https://{name}:443/twilio/media-stream" in told
    assert all(name in each for each in told)
