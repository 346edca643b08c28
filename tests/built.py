"""What a test needs that not every build has: skipped where it is missing, but not in CI."""

from __future__ import annotations

import os

import pytest

from rtproxy._audio_core import HAS_OPUS

needs_opus = pytest.mark.skipif(
    not HAS_OPUS and os.environ.get("CI") != "true",
    reason="this build has no Opus: install cmake and a C compiler, then make setup-dev",
)
