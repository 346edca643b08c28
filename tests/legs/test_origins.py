"""The Origin rule (faults.md row 37)."""

from __future__ import annotations

import pytest

from rtproxy.legs.origins import is_allowed, own_origins

OWN = own_origins(tls=False, port=8000)


@pytest.mark.parametrize(
    "origin", ["http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"]
)
def test_our_own_pages_may_connect(origin: str) -> None:
    assert is_allowed([origin], own=OWN)


@pytest.mark.parametrize(
    "origins",
    [
        ["http://evil.example"],
        ["http://evil.example:8000"],  # DNS rebinding
        ["http://localhost"],
        ["http://localhost:8001"],
        ["https://localhost:8000"],
        ["http://localhost:8000.evil.example"],
        ["null"],
        [""],
        ["http://localhost:8000", "http://evil.example"],
    ],
)
def test_other_pages_may_not(origins: list[str]) -> None:
    assert not is_allowed(origins, own=OWN)


def test_who_is_no_page_is_judged_elsewhere() -> None:
    assert is_allowed([], own=OWN)


def test_the_list_lets_others_in() -> None:
    allowed = ["https://App.Example/"]
    assert is_allowed(["https://app.example"], own=OWN, allowed=allowed)
    assert not is_allowed(["http://app.example"], own=OWN, allowed=allowed)


def test_a_schemes_own_port_is_not_written() -> None:
    own = own_origins(tls=True, port=443)
    assert is_allowed(["https://localhost"], own=own)
    assert not is_allowed(["http://localhost"], own=own)
