"""The heart of the end-to-end tests once more, on the driver that is not the default.

The tests are those of the other files; only the proxies differ.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .conftest import FAST_SIMULATOR, SHORT_DEADLINES
from .proxy_process import ProxyProcess
from .test_faults_frames import (
    test_row_05_invalid_utf8,
    test_row_10_a_frame_that_stalls,
    test_row_14_a_peer_that_is_half_gone,
    test_row_50_a_send_that_was_given_up_leaves_no_half_frame_in_use,
)
from .test_leaks import test_a_client_that_only_connects_costs_nothing
from .test_openai_python import test_audio_turn_with_voice_activity_detection
from .test_paced import (
    test_no_chunk_leaves_more_than_the_lead_ahead,
    test_speech_cuts_an_answer_that_upstream_had_long_sent,
)
from .test_parrot import (
    test_a_turn_found_by_voice_activity,
    test_many_at_once_hear_only_themselves,
)

__all__ = [
    "test_a_client_that_only_connects_costs_nothing",
    "test_a_turn_found_by_voice_activity",
    "test_audio_turn_with_voice_activity_detection",
    "test_many_at_once_hear_only_themselves",
    "test_no_chunk_leaves_more_than_the_lead_ahead",
    "test_row_05_invalid_utf8",
    "test_row_10_a_frame_that_stalls",
    "test_row_14_a_peer_that_is_half_gone",
    "test_row_50_a_send_that_was_given_up_leaves_no_half_frame_in_use",
    "test_speech_cuts_an_answer_that_upstream_had_long_sent",
]

ON_STREAMS = FAST_SIMULATOR | {"RTPROXY_SERVER__DRIVER": "stream"}


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProxyProcess]:
    """The proxy that most tests share, on streams."""
    process = ProxyProcess(tmp_path_factory.mktemp("streams") / "log", env=ON_STREAMS)
    yield process
    process.stop()


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProxyProcess]:
    """The same with every deadline at half a second."""
    log_path = tmp_path_factory.mktemp("impatient-streams") / "log"
    process = ProxyProcess(log_path, env=ON_STREAMS | SHORT_DEADLINES)
    yield process
    process.stop()
