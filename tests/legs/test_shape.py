"""How loud and how high answers are, as runtime asks for it: heard by the client."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
from rig import Ground, Rig, audio_in, open_rig

from rtproxy.legs.leg import LegsOptions

pytestmark = pytest.mark.usefixtures("in_time")

CHUNKS, CHUNK_MS = 10, 40
AT_ONCE = LegsOptions(lead_ms=5_000)


def tone(hz: float, chunk: int) -> str:
    """40 ms of a tone as the upstream says it, at a quarter of full scale."""
    frames = 24 * CHUNK_MS
    at = (np.arange(frames) + chunk * frames) / 24_000
    samples = (0.25 * 32_767 * np.sin(2 * np.pi * hz * at)).astype("<i2")
    fields = {"response_id": "r1", "item_id": "i1", "content_index": 0}
    delta = base64.b64encode(samples.tobytes()).decode()
    return json.dumps({"type": "response.output_audio.delta", "delta": delta} | fields)


async def heard_of(rig: Rig, hz: float) -> np.ndarray:
    """The tone as it arrives, floats, without its first 100 ms."""
    for chunk in range(CHUNKS):
        await rig.model.say(tone(hz, chunk))
    audio = b"".join([audio_in(await rig.browser.hear()) for _ in range(CHUNKS)])
    return np.frombuffer(audio, "<i2")[2_400:] / 32_767


async def test_an_answer_is_as_loud_and_as_high_as_asked(socket_ground: Ground) -> None:
    async with open_rig(AT_ONCE, ground=socket_ground) as rig:
        rig.legs.shape(2.0, 1.5)
        heard = await heard_of(rig, 220.0)
        spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard)), 24_000))
        assert np.argmax(spectrum) == pytest.approx(330, abs=2)
        assert np.sqrt(2 * np.mean(heard**2)) == pytest.approx(0.5, rel=0.05)


async def test_a_shape_that_there_is_not_is_refused(socket_ground: Ground) -> None:
    async with open_rig(AT_ONCE, ground=socket_ground) as rig:
        with pytest.raises(ValueError, match=r"0\.5 and 2, not 3"):
            rig.legs.shape(1.0, 3.0)
        heard = await heard_of(rig, 220.0)
        assert np.sqrt(2 * np.mean(heard**2)) == pytest.approx(0.25, rel=0.05)
