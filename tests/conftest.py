"""What all tests share: hypothesis profiles, failures that can be repeated, a log of one's own.

Where workers run them side by side, who measures time is alone.

A commit's run tries the same examples every time; `--hypothesis-profile=long`
searches on, deeper than a commit can wait for, and makes what it finds short. A
failure prints the blob that repeats it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
import structlog
from hypothesis import HealthCheck, settings

from tests.alone import pytest_runtest_protocol

__all__ = ["pytest_runtest_protocol"]  # a hook of pytest's, which finds it here

settings.register_profile(
    "default",
    max_examples=300,
    stateful_step_count=40,
    derandomize=True,
    deadline=timedelta(seconds=2),
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile(
    "long",
    settings.get_profile("default"),
    max_examples=10_000,
    stateful_step_count=120,
    derandomize=False,
)
settings.load_profile("default")


@pytest.fixture(autouse=True)
def _the_log_as_it_was() -> Iterator[None]:
    """Whoever configures the log does so for itself, and not for the tests after it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    if structlog.is_configured():
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()
