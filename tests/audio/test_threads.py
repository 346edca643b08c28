"""Threads: streams side by side, one stream for one thread, and the GIL let go for long work."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from audio.streams import UPSTREAM, audio, noise
from rtproxy import AudioFormat, AudioPath, Encoding, Resampler

BROWSER = AudioFormat(Encoding.F32, 48_000, 2)
# Long enough that a thread which wants in gets its turn, on a slow machine, too.
MINUTES = 4


@pytest.fixture(scope="module")
def recording() -> bytes:
    return audio(UPSTREAM, 60_000) * MINUTES


def test_streams_side_by_side_do_not_meet():
    data = audio(BROWSER, 400)
    expected = AudioPath(BROWSER, UPSTREAM).process(data)

    def converse(size: int) -> bytes:
        path = AudioPath(BROWSER, UPSTREAM)
        return b"".join(path.process(data[at : at + size]) for at in range(0, len(data), size))

    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(converse, range(1_000, 9_000, 250)))
    assert made == [expected] * len(made)


def entered_meanwhile(work, attempt):
    """What `attempt` does while `work` is under way in another thread: result or error."""
    begun = threading.Event()
    told: list[object] = []

    def run() -> None:
        begun.set()
        work()

    thread = threading.Thread(target=run)
    thread.start()
    begun.wait()
    while thread.is_alive():
        try:
            told.append(attempt())
        except RuntimeError as error:
            told.append(error)
    thread.join()
    return told


@pytest.mark.parametrize("kind", ["path", "resampler"])
def test_long_work_lets_other_threads_in_and_the_stream_refuses_them(recording, kind):
    """While it converts minutes, this thread goes on, and may not enter the same stream."""
    if kind == "path":
        path = AudioPath(UPSTREAM, ("f32", 44_100, 1))
        told = entered_meanwhile(lambda: path.process(recording), path.reset)
    else:
        resampler, samples = Resampler(24_000, 44_100), noise(24_000 * 60 * MINUTES)[:, 0]
        told = entered_meanwhile(lambda: resampler.process(samples), resampler.reset)
    refused = [str(one) for one in told if isinstance(one, RuntimeError)]
    assert len(refused) > 100, "the GIL was kept"
    assert all("another thread is inside this stream" in words for words in refused)


def test_seconds_are_long_work_where_the_rate_rises(recording):
    """What counts is what there is to do, a hundred milliseconds here, not what goes in."""
    path, four_seconds = AudioPath(("pcm16", 8_000, 2), ("f32", 96_000, 2)), recording[: 4 * 32_000]
    told = entered_meanwhile(
        lambda: [path.process(four_seconds) for _ in range(20)], lambda: path.latency_ms
    )
    assert [one for one in told if isinstance(one, RuntimeError)], "the GIL was kept"


def test_long_work_gives_what_short_work_gives(recording):
    whole = AudioPath(UPSTREAM, BROWSER).process_to_floats(recording[: 48_000 * 30])
    path = AudioPath(UPSTREAM, BROWSER)
    seconds = [
        path.process_to_floats(recording[at : at + 48_000]) for at in range(0, 48_000 * 30, 48_000)
    ]
    assert whole.tobytes() == np.concatenate(seconds).tobytes()
    text = AudioPath(UPSTREAM, ("g711_alaw", 8_000, 1)).process_to_base64(recording[: 48_000 * 30])
    assert len(text) == 8_000 * 30 // 3 * 4


def test_short_work_keeps_the_gil():
    """Another thread is never let in by it: a counter there stands still meanwhile."""
    path, chunk = AudioPath(BROWSER, UPSTREAM), noise(1_920, 2)
    told = entered_meanwhile(
        lambda: [path.process(chunk) for _ in range(3_000)], lambda: path.latency_ms
    )
    assert not [one for one in told if isinstance(one, RuntimeError)]
