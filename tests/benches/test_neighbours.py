"""The crowd says what a client would say, and rude and polite are alike but for their manners."""

from __future__ import annotations

import json

from benches.neighbours.crowd import CHUNK_S, KINDS, chunk
from benches.neighbours.report import PAIRS

from rtproxy._audio_core import FrameDecoder


def test_a_chunk_is_a_frame_that_a_client_may_send():
    decoder = FrameDecoder(masked=True, max_message_bytes=10_000)
    [(name, payload, _)] = decoder.feed(chunk())
    assert name == "text"
    said = json.loads(payload)
    assert said["type"] == "input_audio_buffer.append"
    assert len(said["audio"]) * 3 // 4 == CHUNK_S * 24_000 * 2


def test_each_rude_kind_has_its_polite_one():
    for rude, polite in PAIRS.items():
        assert KINDS[rude].clients == KINDS[polite].clients
        assert KINDS[polite].reads
        assert KINDS[polite].speed == 1
        assert KINDS[rude] != KINDS[polite]
