"""Deltas of text take their way without Python, and no client can tell.

Each message is said twice: to a splice with the dialect's table, and to one whose
messages are all held and answered by the session's core, as rare ones still are.
"""

from __future__ import annotations

import json
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.splice.scene import Scene, delta

from rtproxy import _audio_core
from rtproxy.dialects import realtime
from rtproxy.dialects.companion import COMPANION
from rtproxy.dialects.conversation import CONVERSATION
from rtproxy.dialects.table import TableDialect
from rtproxy.dialects.voice import VOICE
from rtproxy.legs.leg import Leg, Mark, Message, Outgoing, Side, SpliceLegs, ToSide
from rtproxy.runtime.perform import Performer
from rtproxy.session.session import Session

SECRET = "sk-never"
DIALECTS = [VOICE, COMPANION, CONVERSATION]
PLAYING, WAITING, OUT_OF_BAND = "r0", "r1", "oob"


@dataclass
class Hands:
    """The legs of a session whose core answers every message of the upstream."""

    scene: Scene
    said: list[ToSide] = field(default_factory=list)

    def release(self, message: Message, *outgoing: Outgoing) -> None:
        del message
        for each in outgoing:
            assert not isinstance(each, Mark)
            self.said.append(each)
            self.scene.splice.send(
                each.side, each.payload, self.scene.now, response_id=each.response_id
            )
        self.scene.upstream.release()

    def together(self) -> AbstractContextManager[None]:
        return nullcontext()

    def exclude(self, response_id: str) -> None:
        self.scene.splice.exclude(response_id)


def an_answer_waits(scene: Scene) -> None:
    """One plays; behind it stands the start of the next."""
    scene.upstream.says(delta(40, PLAYING))
    scene.when_played("started", WAITING, starts=True)
    assert scene.client.hears() == ["audio 40"]
    scene.client.heard.clear()


def hears(scene: Scene) -> list[tuple[str, bytes]]:
    """What the client hears at once, and what when the waiting answer begins."""
    scene.client.hears()
    now = [("now", one.payload) for one in scene.client.heard]
    scene.client.heard.clear()
    scene.wait(40)
    assert scene.client.hears()[:1] == ["started"]
    return [*now, *(("later", one.payload) for one in scene.client.heard[1:])]


def answered_by_python(dialect: TableDialect, raw: bytes) -> list[tuple[str, bytes]]:
    scene = Scene(_audio_core)
    scene.attach(scene.upstream, audio={realtime.AUDIO_DELTA: "delta"})
    an_answer_waits(scene)
    hands = Hands(scene)
    performer = Performer(
        Session("s", {}),
        dialect,
        cast(SpliceLegs, hands),
        clock=lambda: scene.now,
        end=pytest.fail,
        join=pytest.fail,
        dial=pytest.fail,
        adopt=pytest.fail,
        log=structlog.get_logger(),
        secrets=(SECRET.encode(),),
    )
    out_of_band = {"id": OUT_OF_BAND, "conversation_id": None}
    created = {"type": "response.created", "response": out_of_band}
    scene.upstream.says(json.dumps(created).encode(), raw)
    while scene.upstream.delivers():
        performer.upstream_message(cast(Leg, hands), scene.upstream.messages[-1])
    assert all(one.side is Side.CLIENT for one in hands.said)
    return hears(scene)


def on_its_own_way(dialect: TableDialect, raw: bytes) -> list[tuple[str, bytes]] | None:
    """What the client hears; None if the message was left to Python."""
    scene = Scene(_audio_core)
    scene.splice.attach(
        scene.upstream.leg,
        kinds=dialect.upstream_kinds((b"", SECRET.encode())),
        wrap=dialect.upstream_wrap(),
        now=scene.now,
    )
    an_answer_waits(scene)
    scene.splice.exclude(OUT_OF_BAND)
    scene.upstream.says(raw)
    left = scene.upstream.delivers()
    return None if left else hears(scene)


# Messages in any spelling

DELTAS = [*realtime.ANSWER_DELTAS, realtime.INPUT_DELTA]
NAMES = st.sampled_from([PLAYING, WAITING, OUT_OF_BAND, "i", "", "a/b", "é"])
TEXT = st.text(st.sampled_from('ab "\\/\b\t\n\f\r\0\x1f\x7fé\u2028\U0001f600'), max_size=8)
TEXTS = st.one_of(TEXT, TEXT, st.just(f"my key is {SECRET}, or"))
BROKEN = st.sampled_from(
    ['"\\ud800"', '"\\udc00 "', '"\\ud83d\\u0041"', "null", "7", "-1", "1.0", "1e999", "true", "[]"]
)


@st.composite
def spelt(draw: st.DrawFn, texts: st.SearchStrategy[str], *, escapes: bool = True) -> str:
    """A JSON string, each character in any way that the grammar has for it."""
    ways = st.integers(0, 3 if escapes else 0)
    return '"' + "".join(_spelt(one, draw(ways)) for one in draw(texts)) + '"'


def _spelt(symbol: str, way: int) -> str:
    if way == 0:
        return json.dumps(symbol, ensure_ascii=False)[1:-1]
    if way == 1 and symbol == "/":
        return "\\/"
    units = symbol.encode("utf-16-be").hex()
    units = units.upper() if way == 2 else units
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


@st.composite
def plain_deltas(draw: st.DrawFn) -> bytes:
    """As the upstream sends them: only the words may be spelt in any way."""
    fields = {
        "type": json.dumps(draw(st.sampled_from(DELTAS))),
        "event_id": draw(st.sampled_from(['"event_1"', "null"])),
        "response_id": draw(spelt(NAMES, escapes=False)),
        "item_id": draw(spelt(NAMES, escapes=False)),
        "output_index": "0",
        "content_index": draw(st.sampled_from(["0", "1", "999999999"])),
        "delta": draw(spelt(TEXT)),
        "obfuscation": '"x1Y2"',
    }
    return _message(draw, fields)


@st.composite
def any_messages(draw: st.DrawFn) -> bytes:
    """Fields missing, twice, of the wrong type, with escapes anywhere."""
    values = st.one_of(spelt(NAMES), spelt(NAMES, escapes=False), spelt(TEXTS), BROKEN)
    names = ["event_id", "response_id", "item_id", "content_index", "delta", "spoken", "more"]
    fields = {"type": json.dumps(draw(st.sampled_from([*DELTAS, *realtime.UNHEARD])))}
    usual = {"response_id": '"r1"', "item_id": '"i"', "delta": draw(spelt(TEXTS))}
    fields |= usual | draw(st.dictionaries(st.sampled_from(names), values, max_size=2))
    for name in draw(st.lists(st.sampled_from(names), max_size=1)):
        fields.pop(name, None)
    raw = _message(draw, fields)
    return raw.replace(b"}", b',"delta":"twice"}') if draw(st.integers(0, 9)) == 0 else raw


def _message(draw: st.DrawFn, fields: dict[str, str]) -> bytes:
    space = draw(st.sampled_from(["", " ", "\n\t"]))
    members = [f'"{name}"{space}:{space}{value}' for name, value in fields.items()]
    between = f"{space},{space}".join(draw(st.permutations(members)))
    return f"{space}{{{between}}}{space}".encode()


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
@settings(max_examples=150, deadline=None)
@given(raw=plain_deltas())
def test_what_an_upstream_says_needs_no_python(dialect: TableDialect, raw: bytes) -> None:
    heard = on_its_own_way(dialect, raw)
    assert heard is not None
    assert heard == answered_by_python(dialect, raw)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
@settings(max_examples=300, deadline=None)
@given(raw=any_messages())
def test_no_client_can_tell_who_has_translated(dialect: TableDialect, raw: bytes) -> None:
    heard = on_its_own_way(dialect, raw)
    assert heard is None or heard == answered_by_python(dialect, raw)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_a_secret_is_left_to_who_conceals_it(dialect: TableDialect) -> None:
    fields: dict[str, Any] = {"response_id": "r", "item_id": "i", "delta": f"say {SECRET}"}
    raw = json.dumps({"type": realtime.ANSWER_DELTAS[0], **fields}).encode()
    assert on_its_own_way(dialect, raw) is None
    ((_, told),) = answered_by_python(dialect, raw)
    assert b"say [key]" in told
