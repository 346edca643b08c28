"""What is told of the audio of a session, with the clock under control."""

from __future__ import annotations

import base64
import json
import logging

import pytest
import structlog
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock

from rtproxy._audio_core import FrameEncoder, Kinds, Level, Side, Splice, Wrap
from rtproxy.runtime.audio_report import EVERY_S, is_read, report_audio

SILENCE = bytes(1_920)
VOICE = (b"\x00\x40" * 48 + b"\x00\xc0" * 48) * 10


class Call:
    """A splice whose client speaks in real time while it is asked."""

    def __init__(self) -> None:
        self._splice = Splice(seed=bytes(32))
        self._client = self._splice.open_leg(Side.CLIENT, max_message_bytes=10_000)
        kinds, wrap = Kinds(audio={"audio_input": "audio"}), Wrap.template('{"audio":"$audio"}')
        self._splice.attach(self._client, kinds=kinds, wrap=wrap, now=0.0)
        self._far_end = FrameEncoder(seed=bytes(32))

    def level(self, side: Side) -> Level:
        return self._splice.level(side)

    async def hear(self, *chunks: bytes) -> None:
        for chunk in chunks:
            await trio.sleep(0.04)
            message = {"type": "audio_input", "audio": base64.b64encode(chunk).decode()}
            frame = self._far_end.encode("text", json.dumps(message).encode())
            self._splice.feed(self._client, frame, trio.current_time())


async def test_a_voice_and_a_dead_microphone_are_told_apart(autojump_clock: MockClock) -> None:
    call = Call()
    with capture_logs() as told:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(report_audio, call, structlog.get_logger())
            await trio.sleep(1)
            await call.hear(*[SILENCE] * 50, *[VOICE] * 25)
            await trio.sleep(EVERY_S + 1.5)
            await call.hear(*[SILENCE] * 100)
            await trio.sleep(2 * EVERY_S)
            nursery.cancel_scope.cancel()
    assert [one["event"] for one in told] == ["audio", "audio"], "silent while nothing comes"
    speech, silence = told
    assert speech["side"] == silence["side"] == "client"
    assert (speech["speaking"], speech["rms_dbfs"], speech["lasted_s"]) == (True, -6.0, 1.0)
    assert (silence["speaking"], silence["peak_dbfs"]) == (False, -96.0)
    assert silence["lasted_s"] == pytest.approx(4.0, abs=0.05)


@pytest.mark.parametrize(("level", "wanted"), [(logging.INFO, False), (logging.DEBUG, True)])
def test_it_is_told_to_those_who_debug(level: int, wanted: bool) -> None:
    root = logging.getLogger()
    before = root.level
    root.setLevel(level)
    try:
        assert is_read() is wanted
    finally:
        root.setLevel(before)
