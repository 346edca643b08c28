"""Tokens: sealed, not remembered, and good for nobody else."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtproxy.credentials.tokens import LONGEST, PREFIX, Sealed, TokenRefused, Tokens, TokenTooLong

TOKENS = Tokens(b"s" * 32)
NONCE = bytes(12)
SESSION = {"type": "realtime", "instructions": "Be brief.", "audio": {"output": {"voice": "ash"}}}


def mint(expires_at: int = 1_000, session: dict | None = SESSION) -> str:
    return TOKENS.mint(Sealed(expires_at=expires_at, subject="token:1", session=session), NONCE)


def test_it_says_what_was_put_into_it() -> None:
    sealed = TOKENS.open(mint(), 999.9)
    assert (sealed.expires_at, sealed.subject, sealed.session) == (1_000, "token:1", SESSION)
    assert TOKENS.open(mint(session=None), 0.0).session is None


def test_it_ends_with_its_second() -> None:
    with pytest.raises(TokenRefused, match="expired") as caught:
        TOKENS.open(mint(), 1_000.0)
    assert caught.value.expired


def test_its_bearer_reads_nothing_in_it() -> None:
    box = base64.urlsafe_b64decode(mint().removeprefix(PREFIX) + "==")
    assert b"brief" not in box


def test_another_server_does_not_know_it() -> None:
    with pytest.raises(TokenRefused, match="not made by this server"):
        Tokens(b"t" * 32).open(mint(), 0.0)


def test_a_server_that_shares_the_secret_does() -> None:
    assert Tokens(b"s" * 32).open(mint(), 0.0).session == SESSION


@given(st.data())
def test_one_changed_letter_spoils_it(data: st.DataObject) -> None:
    token = mint()
    place = data.draw(st.integers(len(PREFIX), len(token) - 2))  # the last may have spare bits
    other = data.draw(st.sampled_from("abcXYZ019-_").filter(lambda letter: letter != token[place]))
    with pytest.raises(TokenRefused):
        TOKENS.open(token[:place] + other + token[place + 1 :], 0.0)


@given(st.text(max_size=300))
def test_anything_else_is_refused_in_the_same_words(text: str) -> None:
    for token in (text, PREFIX + text):
        with pytest.raises(TokenRefused, match="not made by this server"):
            TOKENS.open(token, 0.0)


def test_long_instructions_fit_and_what_does_not_is_told() -> None:
    words = " ".join(f"rule {number}: answer kindly." for number in range(600))
    assert len(mint(session={"instructions": words})) < LONGEST
    noise = base64.b64encode(
        b"".join((n * 2_654_435_761 % 2**32).to_bytes(4) for n in range(4_000))
    )
    with pytest.raises(TokenTooLong, match=f"at most {LONGEST}"):
        mint(session={"instructions": noise.decode()})
