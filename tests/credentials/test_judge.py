"""Who comes in, by what, and what is told to those who do not."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from rtproxy.credentials.judge import EXPIRED, MISSING, WRONG, Admitted, Credentials, Refused
from rtproxy.credentials.presented import presented
from rtproxy.credentials.tokens import Sealed, Tokens

KEY = "canary-key-of-sixteen"
TOKENS = Tokens(b"s" * 32)
NOW = 500.0


@dataclass
class Asking:
    headers: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    subprotocols: tuple[str, ...] = ()

    def header(self, name: str) -> str | None:
        return self.headers.get(name)


EVERY_WAY = [
    Asking(headers={"authorization": f"Bearer {KEY}"}),
    Asking(headers={"authorization": f"bearer  {KEY} "}),
    Asking(headers={"api-key": KEY}),
    Asking(subprotocols=("realtime", f"openai-insecure-api-key.{KEY}")),
    Asking(query={"token": KEY}),
]


def credentials(*keys: str) -> Credentials:
    return Credentials(keys, TOKENS, lambda: NOW)


def token(expires_at: int = 1_000) -> str:
    session = {"type": "realtime", "model": "m"}
    sealed = Sealed(expires_at=expires_at, subject="token:7", session=session, user="u")
    return TOKENS.mint(sealed, bytes(12))


@pytest.mark.parametrize("asking", EVERY_WAY)
def test_every_way_to_show_a_key(asking: Asking) -> None:
    admitted = credentials("another-key-of-mine", KEY).judge(asking)
    assert isinstance(admitted, Admitted)
    assert admitted.subject is not None
    assert admitted.subject.startswith("key:")
    assert not admitted.by_token
    assert isinstance(credentials("another-key-of-mine").judge(asking), Refused)


def test_the_first_place_counts() -> None:
    both = Asking(headers={"authorization": "Bearer wrong"}, query={"token": KEY})
    assert presented(both) == "wrong"


def test_another_scheme_is_a_wrong_key() -> None:
    refused = credentials(KEY).judge(Asking(headers={"authorization": f"Basic {KEY}"}))
    assert refused == Refused(WRONG, "The key that was sent is not one of this server's.")


@pytest.mark.parametrize("asking", [Asking(), Asking(query={"token": ""})])
def test_who_shows_nothing_is_told_how(asking: Asking) -> None:
    refused = credentials(KEY).judge(asking)
    assert isinstance(refused, Refused)
    assert (refused.code, "Authorization: Bearer" in refused.message) == (MISSING, True)


def test_without_keys_nobody_is_asked() -> None:
    for asking in (Asking(), *EVERY_WAY):
        assert credentials().judge(asking) == Admitted()


@pytest.mark.parametrize("keys", [(), (KEY,)])
def test_a_token_brings_its_session(keys: tuple[str, ...]) -> None:
    admitted = credentials(*keys).judge_secret(token())
    assert admitted == Admitted("token:7", {"type": "realtime", "model": "m"}, "u", by_token=True)


@pytest.mark.parametrize("keys", [(), (KEY,)])
def test_a_token_is_judged_even_where_nobody_is_asked(keys: tuple[str, ...]) -> None:
    late = credentials(*keys).judge_secret(token(expires_at=500))
    strange = credentials(*keys).judge_secret("ek_of_somebody_else")
    assert isinstance(late, Refused)
    assert isinstance(strange, Refused)
    assert (late.code, strange.code) == (EXPIRED, WRONG)


def test_a_key_may_look_like_a_token() -> None:
    assert isinstance(credentials("ek_a_key_of_ours").judge_secret("ek_a_key_of_ours"), Admitted)


@pytest.mark.parametrize("secret", ["\ud800", "ключ", "x" * 100_000, "\x00"])
def test_odd_keys_are_only_wrong(secret: str) -> None:
    refused = credentials(KEY).judge_secret(secret)
    assert isinstance(refused, Refused)
    assert refused.code == WRONG


def test_nothing_of_a_key_is_shown() -> None:
    good = credentials(KEY)
    for secret in (KEY, "canary-but-wrong"):
        assert "canary" not in repr(good.judge_secret(secret))
    assert "canary" not in repr(good)
