"""The face of the extension: argument checks, errors, and what Python objects look like.

The rules of the splice are tested against the model; here is only what PyO3 adds.
"""

from __future__ import annotations

import enum
import math
from types import MappingProxyType

import pytest

from rtproxy._audio_core import Kinds, MessageKind, Side, Splice, SpliceError, Wrap
from tests.splice.wsclient import Opcode, frame

SEED = bytes(32)


def splice() -> tuple[Splice, int]:
    one = Splice(seed=SEED)
    return one, one.open_leg(Side.CLIENT, max_message_bytes=1_000)


def attach(one: Splice, leg: int, **kinds: object) -> None:
    table = Kinds(**kinds)  # type: ignore[arg-type]  # each test gives what Kinds takes
    one.attach(leg, kinds=table, wrap=Wrap.verbatim(), now=0.0)


def test_enumerations_are_python_enums() -> None:
    assert isinstance(Side.CLIENT, enum.Enum)
    assert [side.name for side in Side] == ["CLIENT", "UPSTREAM"]
    assert Side("upstream") is Side.UPSTREAM
    assert repr(MessageKind.HOLD) == "<MessageKind.HOLD: 'hold'>"
    assert MessageKind.__module__ == "rtproxy._audio_core"


def test_a_delivery_tells_all_it_knows() -> None:
    one, leg = splice()
    one.feed(leg, frame(Opcode.TEXT, b'{"type":"x"}', masked=True), 1.0)
    message = one.receive(leg)
    assert message is not None
    assert message.kind is MessageKind.HOLD
    assert (message.raw, message.binary, message.code, message.reason) == (
        b'{"type":"x"}',
        False,
        0,
        "",
    )
    assert message.hold > 0
    assert "HOLD" in repr(message)
    with pytest.raises(AttributeError):
        message.hold = 3  # type: ignore[misc]  # it is read-only: that is the test
    one.release(leg, message.hold, 1.0)
    assert one.receive(leg) is None


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes_come_in_any_buffer(kind: type) -> None:
    one, leg = splice()
    one.feed(leg, kind(frame(Opcode.BINARY, b"abc", masked=True)), 0.0)
    message = one.receive(leg)
    assert message is not None
    assert (message.raw, message.binary) == (b"abc", True)


def test_kinds_take_any_mapping() -> None:
    one, leg = splice()
    attach(one, leg, audio=MappingProxyType({"a": "data.audio"}), relay=("r",))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"default": "drop"}, "default"),
        ({"binary": "relay"}, "binary"),
        ({"audio": {"a": "x.y.z"}}, "x.y.z"),
        ({"audio": {str(n): str(n) for n in range(9)}}, "8"),
        ({"relay": ["t"], "hold": ["t"]}, "t"),
        ({"audio": {"t": "a"}, "input_words": {"t": ("a", "")}}, "t"),
        ({"answer_words": {"t": ("a", "$audio")}}, r"\$audio"),
        ({"input_words": {"t": ("a", "$response_id")}}, r"\$response_id"),
    ],
)
def test_kinds_that_cannot_be(settings: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Kinds(**settings)  # type: ignore[arg-type]  # wrong on purpose


def test_wraps_that_cannot_be() -> None:
    with pytest.raises(ValueError, match=r"\$nothing"):
        Wrap.template('{"audio":"$nothing"}')
    with pytest.raises(ValueError, match="escapes"):
        Wrap.renamed('say "this"')


def test_a_seed_is_32_bytes() -> None:
    with pytest.raises(ValueError, match="32"):
        Splice(seed=b"short")


@pytest.mark.parametrize("time", [math.nan, math.inf])
def test_times_are_finite(time: float) -> None:
    one, leg = splice()
    with pytest.raises(ValueError, match="time"):
        one.turn(time)
    with pytest.raises(ValueError, match="duration"):
        one.playback("item", time, 0.0)
    assert one.pull(leg, 0.0) == b""


def test_a_side_is_a_member_of_side() -> None:
    one, _ = splice()
    with pytest.raises(TypeError, match="CLIENT"):
        one.detach("client", 0.0)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize(
    ("named", "words"),
    [(("opus", 48_000, 2), "opus"), (("pcm16", 47_000, 1), "48000"), (("f32", 8_000, 3), "3")],
)
def test_a_format_that_nobody_speaks_is_refused(named: tuple[str, int, int], words: str) -> None:
    one, leg = splice()
    for way in ("speaks", "hears"):
        with pytest.raises(ValueError, match=words):
            one.attach(leg, kinds=Kinds(), wrap=Wrap.binary(), now=0.0, **{way: named})  # type: ignore[arg-type]  # either way


@pytest.mark.parametrize(("gain", "pitch"), [(-1, 1), (5, 1), (1, 0.1), (1, 3), (math.nan, 1)])
def test_a_shape_out_of_range_is_refused(gain: float, pitch: float) -> None:
    with pytest.raises(ValueError, match="between"):
        splice()[0].shape(gain, pitch, 0.0)


def test_a_new_name_that_needs_escapes_is_refused() -> None:
    for name in ('"', "\\", "\n"):
        with pytest.raises(ValueError, match="needs escapes"):
            Kinds(renamed={"old": name})


def test_mistakes_are_value_errors_and_races_are_nothing() -> None:
    one, leg = splice()
    with pytest.raises(ValueError, match="no leg 99"):
        attach(one, 99)
    with pytest.raises(ValueError, match="hold 5"):
        one.release(leg, 5, 0.0)
    with pytest.raises(ValueError, match="1006"):
        one.close(leg, 1006, "", 0.0)
    with pytest.raises(ValueError, match="marks"):
        Splice(seed=SEED, lead_ms=None).mark("r", b"m", 0.0)
    one.feed(99, b"x", 0.0)
    one.forget(99)
    one.close(99, 1000, "", 0.0)
    one.ping(99, 0.0)
    one.send_leg(99, b"x", 0.0)
    assert one.pull(99, 0.0) == b""
    assert one.receive(99) is None
    assert one.finished(99)
    assert one.waiting(99) == (0, 0)
    assert one.pong_wait_s(99, 0.0) is None


def test_a_panic_is_a_splice_error_that_stays() -> None:
    one, leg = splice()
    with pytest.raises(SpliceError, match="asked to panic"):
        one.panic_for_test(leg)
    with pytest.raises(SpliceError, match="asked to panic"):
        one.turn(1.0)
    assert one.pull(leg, 1.0)[2:4] == (1011).to_bytes(2, "big")
    assert one.pull(leg, 1.0) == b""


def test_loudness_is_measured_of_what_came_last() -> None:
    one, leg = splice()
    attach(one, leg, binary="audio")
    assert one.level(Side.CLIENT).at is None
    one.feed(leg, frame(Opcode.BINARY, b"\x00\x40" * 100, masked=True), 2.5)
    level = one.level(Side.CLIENT)
    assert (level.rms, level.peak, level.at) == (0.5, 0.5, 2.5)
    assert one.level(Side.UPSTREAM).at is None
