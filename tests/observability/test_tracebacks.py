"""Whatever was raised, its traceback is short, and shows what one looks for first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rtproxy.observability.tracebacks import LONGEST, MEMBERS, bounded_traceback


def shown(failing: Callable[[], Any]) -> str:
    try:
        failing()
    except BaseException as error:  # noqa: BLE001 - to show any
        return bounded_traceback((type(error), error, error.__traceback__))
    raise AssertionError("it did not fail")


def plain() -> None:
    raise ValueError("no such order")


def test_an_ordinary_one_is_as_python_writes_it() -> None:
    first, *frames, last = shown(plain).splitlines()
    assert first == "Traceback (most recent call last):"
    assert any(__file__ in line and "in plain" in line for line in frames)
    assert '    raise ValueError("no such order")' in frames
    assert last == "ValueError: no such order"


def with_cause() -> None:
    try:
        plain()
    except ValueError as error:
        raise KeyError("five") from error


def in_its_course() -> None:
    try:
        plain()
    except ValueError:
        raise KeyError("five")  # noqa: B904 - what it is about


def instead() -> None:
    try:
        plain()
    except ValueError:
        raise KeyError("five") from None


@pytest.mark.parametrize(
    ("failing", "link"),
    [(with_cause, "the direct cause of"), (in_its_course, "During handling of"), (instead, None)],
)
def test_what_led_to_it_comes_first(failing: Callable[[], Any], link: str | None) -> None:
    text = shown(failing)
    assert text.endswith("KeyError: 'five'")
    assert ("ValueError: no such order" in text) == (link is not None)
    assert link is None or text.index("no such order") < text.index(link) < text.index("'five'")


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError


class Counted(list[int]):
    """Who writes it down is found out."""

    def __repr__(self) -> str:
        raise AssertionError


def raising(error: BaseException) -> Callable[[], Any]:
    def failing() -> None:
        raise error

    return failing


def deep(levels: int = 100_000) -> int:
    return deep(levels - 1) + 1


def chained(levels: int = 200) -> None:
    try:
        chained(levels - 1) if levels else plain()
    except ValueError as error:
        raise ValueError(levels) from error


def grouped() -> BaseExceptionGroup[BaseException]:
    inner = ExceptionGroup("inner", [ValueError(number) for number in range(1_000)])
    return ExceptionGroup("outer", [inner] * 1_000)


@pytest.mark.parametrize(
    ("failing", "last"),
    [
        (raising(RuntimeError("x" * 10_000_000)), "RuntimeError:"),
        (raising(RuntimeError("many words " * 1_000_000)), "RuntimeError: many words"),
        (raising(KeyError(tuple(range(200_000)))), "KeyError:"),
        (raising(KeyError("key", Counted([1] * 200_000))), "KeyError:"),
        (raising(Unspeakable()), "Unspeakable: <it cannot be shown: RuntimeError>"),
        (deep, "RecursionError: maximum recursion depth"),
        (chained, "ValueError: 200"),
        (raising(grouped()), "ExceptionGroup: outer (1000 sub-exceptions)"),
    ],
)
def test_whatever_it_is_made_of_it_is_short(failing: Callable[[], Any], last: str) -> None:
    text = shown(failing)
    assert len(text) < LONGEST + 10
    assert last in text


def test_of_a_group_some_are_shown_and_the_others_counted() -> None:
    many = [ValueError(f"number {number}") for number in range(10)]
    text = shown(raising(ExceptionGroup("all", many)))
    assert text.count("  | ValueError: number") == MEMBERS
    assert text.endswith("  | … and 6 more")


def test_notes_are_shown() -> None:
    error = ValueError("no")
    error.add_note("while packing")
    assert shown(raising(error)).endswith("ValueError: no\nwhile packing")


def test_no_half_of_a_word_is_left() -> None:
    """Of a secret, which the redaction would then not know again."""
    text = shown(raising(ValueError("word " * 399 + "s3cret-value-0123456789")))
    assert "word" in text
    assert "s3cr" not in text
