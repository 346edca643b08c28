"""The scanner against documents whose every choice is known, and against json."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtproxy._audio_core import scan_envelope

READ = ("type", "event_id", "response_id", "item_id", "content_index")
COMPARED_STRINGS = ("type", "response_id", "item_id", "audio")

spaces = st.text(" \t\r\n", max_size=2)


@dataclass(frozen=True)
class Token:
    """A string of a document: how it is written, and whether with an escape."""

    text: str
    escaped: bool = False


@dataclass(frozen=True)
class Member:
    key: Token
    name: str
    value: Token
    is_string: bool


def write_string(value: str, *, escape: bool) -> Token:
    """By json, which escapes what it must; `escape` makes the first character one."""
    if escape and value:
        return Token(f'"\\u{ord(value[0]):04x}{json.dumps(value[1:])[1:]}', escaped=True)
    text = json.dumps(value, ensure_ascii=False)
    return Token(text, "\\" in text)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
strings = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]))


@st.composite
def members(draw: st.DrawFn) -> Member:
    name = draw(st.sampled_from([*READ, "audio", "else", "data"]))
    escape_key, escape_value, is_string = (draw(st.integers(0, 9)) for _ in range(3))
    key = write_string(name, escape=escape_key == 0)
    if is_string:
        value = write_string(draw(strings), escape=escape_value == 0)
    else:
        value = Token(json.dumps(draw(values)))
    return Member(key, name, value, bool(is_string))


def expected_of(document: list[Member]) -> dict[str, bytes] | None:
    """What the contract says a scan for the payload `audio` finds."""
    names = [member.name for member in document if member.name in (*READ, "audio")]
    if len(set(names)) < len(names) or any(member.key.escaped for member in document):
        return None
    tokens = {}
    for member in document:
        if member.name in COMPARED_STRINGS and member.value.escaped:
            return None
        if member.name in ("type", "audio") and not member.is_string:
            return None
        tokens["payload" if member.name == "audio" else member.name] = member.value.text.encode()
    return {name: token for name, token in tokens.items() if name in (*READ, "payload")}


@st.composite
def documents(draw: st.DrawFn) -> tuple[bytes, list[Member]]:
    unique = draw(st.booleans())
    found = draw(st.lists(members(), max_size=8, unique_by=(lambda m: m.name) if unique else None))

    def space() -> str:
        return draw(spaces)

    inner = ",".join(
        f"{space()}{member.key.text}{space()}:{space()}{member.value.text}{space()}"
        for member in found
    )
    return f"{space()}{{{inner or space()}}}{space()}".encode(), found


@given(documents())
def test_finds_what_is_there_or_is_not_sure(document: tuple[bytes, list[Member]]) -> None:
    raw, found = document
    json.loads(raw)
    assert scan_envelope(raw, "audio") == expected_of(found)


@given(documents(), st.text(), st.sampled_from([0, 1]))
def test_finds_a_payload_one_level_down(
    document: tuple[bytes, list[Member]], payload: str, behind: int
) -> None:
    raw, _ = document
    token = write_string(payload, escape=False)
    inside = [b'"audio":' + token.text.encode(), b'"else":{"audio":1}']
    nested = b'{"data":{%b}}' % b",".join(inside[::-1] if behind else inside)
    expected = None if token.escaped else {"payload": token.text.encode()}
    assert scan_envelope(nested, "data.audio") == expected
    assert scan_envelope(b'{"else":%b,%b' % (raw, nested[1:]), "data.audio") == expected


class Pairs(list[tuple[str, object]]):
    """An object as json saw it, duplicates and all."""


def depth(value: object) -> int:
    if isinstance(value, Pairs):
        return 1 + max((depth(inner) for _, inner in value), default=0)
    if isinstance(value, list):
        return 1 + max((depth(inner) for inner in value), default=0)
    return 0


def refuse(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")


def parse(raw: bytes) -> Pairs | None:
    """The object by json, held to the limits of the contract."""
    try:
        value = json.loads(raw.decode(), object_pairs_hook=Pairs, parse_constant=refuse)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, Pairs) and depth(value) <= 64 else None


def sure_of(raw: bytes) -> dict[str, object] | None:
    """What a scan must find in text without any escapes."""
    pairs = parse(raw)
    if pairs is None:
        return None
    read = [(key, value) for key, value in pairs if key in (*READ, "audio")]
    found = dict(read)
    if len(found) < len(read):
        return None
    if any(not isinstance(found.get(key, ""), str) for key in ("type", "audio")):
        return None
    return {"payload" if key == "audio" else key: value for key, value in found.items()}


pieces = st.sampled_from(
    ["{", "}", "[", "]", ":", ",", '"', "1", "-", ".", "e5", "0", "true", "null", "NaN", " ", "\n",
     "\x1f", "ä", "x" * 60, '"type"', '"audio"', '"a"', '"":', '{"type":"a",', '"audio":"QUJD"']
)  # fmt: skip


@given(st.lists(pieces, max_size=12).map("".join))
def test_almost_json_means_the_same_to_json(text: str) -> None:
    same_as_json(text.encode())


@given(documents(), st.lists(st.tuples(st.integers(0), st.binary(max_size=2)), max_size=3))
def test_damaged_json_means_the_same_to_json(
    document: tuple[bytes, list[Member]], damage: list[tuple[int, bytes]]
) -> None:
    raw = document[0]
    for place, replacement in damage:
        at = place % (len(raw) + 1)
        raw = raw[:at] + replacement + raw[at + 1 :]
    same_as_json(raw)


def same_as_json(raw: bytes) -> None:
    tokens = scan_envelope(raw, "audio")
    found = None
    if tokens is not None:
        found = {name: json.loads(token, object_pairs_hook=Pairs) for name, token in tokens.items()}
    if b"\\" not in raw:
        assert found == sure_of(raw)
    elif found is not None:
        assert found == sure_of(raw), "sure, and wrong"


@pytest.mark.parametrize("levels", [1, 2, 63, 64, 65, 66, 10_000])
@pytest.mark.parametrize("brackets", [("[", "]"), ('{"a":', "}")])
def test_64_levels_are_enough(levels: int, brackets: tuple[str, str]) -> None:
    opening, closing = brackets
    inner = opening * (levels - 1) + "1" + closing * (levels - 1)
    assert (scan_envelope(f'{{"a":{inner}}}'.encode()) is None) == (levels > 64)


def test_text_that_is_not_utf8_is_left_alone() -> None:
    assert scan_envelope(b'{"type":"\xff"}') is None


def test_without_a_path_no_payload_is_looked_for() -> None:
    assert scan_envelope(b'{"type":"a","audio":"\\u0041"}') == {"type": b'"a"'}


def test_a_path_has_two_keys_at_most() -> None:
    with pytest.raises(ValueError, match="one level deep"):
        scan_envelope(b"{}", "a.b.c")
