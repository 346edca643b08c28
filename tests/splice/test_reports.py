"""Reports: what a client that buffers says it has played is what was heard."""

from __future__ import annotations

from collections import deque
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtproxy import _audio_core
from tests.splice import model
from tests.splice.scene import CLIENT_KINDS, UPSTREAM_KINDS, Scene, delta, message, played

CHUNK_MS = 40


def heard(scene: Scene, item: str = "i1") -> float:
    return float(scene.splice.counters(item, scene.now).heard_ms)


def test_the_last_report_counts_whatever_the_clock_says(scene: Scene) -> None:
    scene.upstream.says(*[delta(200)] * 3)
    scene.wait(500)
    scene.client.says(played("i1", 80), played("i1", 120))
    assert scene.client.delivers() == []
    assert heard(scene) == 120
    scene.wait(1_000)
    assert scene.drop() == [("i1", 0, 120, 600)]


def test_until_the_first_report_the_clock_counts(scene: Scene) -> None:
    scene.upstream.says(delta(200), delta(200, item="i2"))
    scene.wait(70)
    assert heard(scene) == 70
    scene.client.says(played("i2", 30))
    assert scene.drop() == [("i1", 0, 0, 200), ("i2", 0, 30, 200)]


@pytest.mark.parametrize("ms", [291, 292, 99_999, 999_999_999])
def test_no_more_was_heard_than_there_is(scene: Scene, ms: int) -> None:
    """Reports are in whole milliseconds: the last of them may hide less than one."""
    scene.upstream.says(delta(b"\x01\x00" * 7_000))  # 291.666… ms
    scene.client.says(played("i1", ms))
    ((*_, heard_ms, received_ms),) = scene.drop()
    assert heard_ms == received_ms


def test_what_was_cut_is_not_heard_any_more(scene: Scene) -> None:
    scene.upstream.says(*[delta(200)] * 3)
    scene.client.says(played("i1", 120))
    scene.drop()
    scene.client.says(played("i1", 600))
    assert scene.client.delivers() == []
    assert heard(scene) == 120


@pytest.mark.parametrize(
    "name", ["", "i1", "i1:", ":40", "i1:4.0", "i1:-4", "i1:4 ", "i1:1234567890", "i9:40", "i\\1:4"]
)
def test_another_name_is_for_a_parser(scene: Scene, name: str) -> None:
    scene.upstream.says(delta(200))
    scene.wait(70)
    scene.client.says(message("played", mark={"name": name}))
    assert scene.client.delivers() == ["hold played"]
    assert heard(scene) == 70


@pytest.mark.parametrize(
    "raw",
    [
        b'{"type":"played"}',
        b'{"type":"played","mark":7}',
        b'{"type":"played","mark":{"name":7}}',
        b'{"type":"played","mark":{"name":"i\\u0031:40"}}',
        b'{"type":"played","mark":{"name":"i1:40","name":"i1:50"}}',
        b'{"type":"played","sid":"MZ2","mark":{"name":"i1:40"}}',
        b'{"type":"played","sid":null,"mark":{"name":"i1:40"}}',
    ],
)
def test_and_so_is_what_may_mean_something_else(scene: Scene, raw: bytes) -> None:
    scene.attach(scene.client, **CLIENT_KINDS, only={"sid": "MZ1", "mark.track": "inbound"})
    scene.upstream.says(delta(200))
    scene.client.says(raw)
    assert len(scene.client.delivers()) == 1
    assert heard(scene) == 0


@pytest.mark.parametrize("fields", [{}, {"sid": "MZ1"}])
def test_a_report_may_leave_out_what_audio_must_say(scene: Scene, fields: dict[str, str]) -> None:
    scene.attach(scene.client, **CLIENT_KINDS, only={"sid": "MZ1", "mark.track": "inbound"})
    scene.upstream.says(delta(200))
    scene.client.says(message("played", **fields, mark={"name": "i1:40"}))
    assert scene.client.delivers() == []
    assert heard(scene) == 40


def test_an_upstream_has_nothing_to_report(scene: Scene) -> None:
    scene.attach(scene.upstream, **UPSTREAM_KINDS, reports={"played": "mark.name"})
    scene.upstream.says(delta(200), played("i1", 40))
    assert scene.upstream.delivers() == ["hold played"]
    assert heard(scene) == 0


class Buffer:
    """Twilio's: plays chunks of 40 ms, hands their marks back, all at once when it is cleared."""

    def __init__(self, core: ModuleType) -> None:
        self.scene = Scene(core, lead_ms=None)
        self.waiting: deque[int] = deque()
        self.received_ms = 0
        self.heard_ms = 0
        self.cut: list[tuple[str, int, float, float]] | None = None

    def chunk(self) -> None:
        self.scene.upstream.says(delta(CHUNK_MS))
        if self.scene.client.hears():
            self.received_ms += CHUNK_MS
            self.waiting.append(self.received_ms)

    def play_one(self) -> None:
        if self.waiting:
            self.heard_ms = self.waiting.popleft()
            self.scene.client.says(played("i1", self.heard_ms))

    def time(self) -> None:
        """Passes, which means nothing to one that has reported."""
        if self.heard_ms:
            self.scene.wait(CHUNK_MS)

    def speak(self) -> None:
        if self.cut is not None:
            return
        self.cut = self.scene.drop()
        while self.waiting:
            self.scene.client.says(played("i1", self.waiting.popleft()))


@pytest.mark.parametrize("core", [_audio_core, model])
@given(
    steps=st.lists(st.sampled_from(["chunk", "chunk", "play_one", "time", "speak"]), max_size=40)
)
def test_whatever_happens_exactly_what_was_heard_is_known(
    core: ModuleType, steps: list[str]
) -> None:
    buffer = Buffer(core)
    for step in steps:
        getattr(buffer, step)()
    buffer.speak()
    came = [("i1", 0, buffer.heard_ms, buffer.received_ms)] if buffer.received_ms else []
    assert buffer.cut == came
    assert buffer.scene.client.delivers() == []
    if came:
        assert heard(buffer.scene) == buffer.heard_ms
