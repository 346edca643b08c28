"""Whatever a tool returns: text of a bounded size, or why not."""

from __future__ import annotations

import dataclasses
import json
from time import perf_counter
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtproxy.tools.outputs import UnusableOutput, encode_output

MOST = 1_024
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=40) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=60,
)


@settings(max_examples=50, deadline=None)
@given(JSON)
def test_what_fits_is_encoded_and_what_does_not_is_refused(value: Any) -> None:
    whole = value.encode() if isinstance(value, str) else msgspec.json.encode(value)
    if len(whole) <= MOST:
        assert encode_output(value, MOST) == whole.decode()
    else:
        with pytest.raises(UnusableOutput) as caught:
            encode_output(value, MOST)
        assert caught.value.code == "output_too_large"


@dataclasses.dataclass
class Weather:
    degrees: int


@dataclasses.dataclass
class Found:
    rows: list[str]


def test_text_goes_as_it_is_and_everything_else_as_json() -> None:
    assert encode_output("It is sunny.", MOST) == "It is sunny."
    assert json.loads(encode_output(Weather(21), MOST)) == {"degrees": 21}
    assert encode_output(None, MOST) == "null"
    assert encode_output("x" * MOST, MOST) == "x" * MOST


class Hostile:
    def __getattr__(self, name: str) -> Any:
        raise AttributeError("sk-hidden-1234")


def looped() -> list[Any]:
    loop: list[Any] = []
    loop.append(loop)
    return loop


@pytest.mark.parametrize(
    "value", [object(), Hostile(), {1j: 2}, {"a": [object()]}, "\ud800", 2 + 1j]
)
def test_what_json_cannot_say_is_refused_without_its_words(value: Any) -> None:
    with pytest.raises(UnusableOutput) as caught:
        encode_output(value, MOST)
    assert (caught.value.code, str(caught.value)) == (
        "output_not_json",
        "The tool returned what JSON cannot say.",
    )


def test_a_loop_has_no_end_and_so_is_too_large() -> None:
    with pytest.raises(UnusableOutput):
        encode_output(looped(), MOST)


@pytest.mark.alone
@pytest.mark.parametrize(
    "value",
    [
        "x" * 10_000_000,
        {"rows": ["x" * 100] * 100_000},
        [Found(["x" * 100] * 100_000)],
        list(range(2_000_000)),
    ],
)
def test_ten_megabytes_are_refused_before_they_are_encoded(value: Any) -> None:
    began = perf_counter()
    with pytest.raises(UnusableOutput) as caught:
        encode_output(value, 65_536)
    lasted_s = perf_counter() - began
    assert caught.value.code == "output_too_large"
    assert "65536" in str(caught.value)
    assert lasted_s < 0.05  # encoding the last one takes several times as long
