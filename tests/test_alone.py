"""Whoever measures time is alone; the others are side by side."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.alone import admitted, locked

NOW = fcntl.LOCK_EX | fcntl.LOCK_NB


@pytest.fixture
def places(tmp_path: Path) -> dict[str, Path]:
    """A room and a door of the test's own."""
    (tmp_path / "room").touch()
    return {"room": tmp_path / "room", "door": tmp_path}


def is_locked(path: Path) -> bool:
    try:
        with locked(path, NOW):
            return False
    except BlockingIOError:
        return True


def becomes_locked(path: Path) -> None:
    deadline = time.monotonic() + 10
    while not is_locked(path):
        assert time.monotonic() < deadline
        time.sleep(0.001)


@contextmanager
def beside(places: dict[str, Path], *, alone: bool) -> Iterator[None]:
    """Somebody else in a thread, who has come in when the block ends."""

    def come_in() -> None:
        with admitted(alone=alone, **places):
            pass

    with ThreadPoolExecutor() as others:
        other = others.submit(come_in)
        yield
        other.result(timeout=10)


def test_ordinary_tests_run_side_by_side(places: dict[str, Path]):
    with admitted(alone=False, **places), beside(places, alone=False):
        pass


def test_who_is_alone_is_so(places: dict[str, Path]):
    with admitted(alone=True, **places):
        assert is_locked(places["room"])


@pytest.mark.parametrize(("inside", "outside"), [(True, False), (False, True)])
def test_one_of_them_alone_waits_and_keeps_the_door_shut(
    places: dict[str, Path], inside: bool, outside: bool
):
    first = admitted(alone=inside, **places)
    first.__enter__()
    with beside(places, alone=outside):
        becomes_locked(places["door"])
        assert is_locked(places["room"])
        first.__exit__(None, None, None)


def test_nobody_stays_whose_test_fails(places: dict[str, Path]):
    with pytest.raises(ZeroDivisionError), admitted(alone=False, **places):
        raise ZeroDivisionError
    with admitted(alone=True, **places):
        pass
