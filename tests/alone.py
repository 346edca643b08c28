"""Tests that measure time have the machine to themselves where tests run side by side.

Owns what the marker `alone` means, by locks of files: such a test waits until the
workers beside it have finished theirs, and they wait until it has. Must not know
what any test does. Without workers there is nothing to wait for.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

# What all workers find, and nobody else locks.
ROOM, DOOR = Path(__file__), Path(__file__).parent


@contextmanager
def locked(path: Path, how: int) -> Iterator[None]:
    """Hold this lock of `fcntl.flock` on a file or folder while the block runs."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def admitted(*, alone: bool, room: Path = ROOM, door: Path = DOOR) -> Iterator[None]:
    """Be in the room, with others or alone, while the block runs.

    Whoever waits to be alone keeps the door shut meanwhile, or might wait for ever.
    """
    with ExitStack() as inside:
        with locked(door, fcntl.LOCK_EX):
            inside.enter_context(locked(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH))
        yield


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """A test with its fixtures, as soon as it may run."""
    if not hasattr(item.config, "workerinput"):
        return (yield)
    with admitted(alone=item.get_closest_marker("alone") is not None):
        return (yield)
