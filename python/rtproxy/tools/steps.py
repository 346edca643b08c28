"""How long a coroutine keeps the loop to itself, step by step.

Owns the measuring. Must not know what is measured, nor what follows.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from time import perf_counter
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Watched(Generic[T]):
    """Awaits something, and calls `held` with each step's seconds that were too many.

    A step is what runs between two moments at which other tasks may. What runs in tasks
    of its own is not seen.
    """

    def __init__(
        self, awaited: Awaitable[T], longest_s: float, held: Callable[[float], None]
    ) -> None:
        """Take what is to be awaited."""
        self._steps = awaited.__await__()
        self._longest_s = longest_s
        self._held = held

    def __await__(self) -> Generator[Any, Any, T]:
        """Pass everything through, both ways."""
        answer: Any = None
        thrown: BaseException | None = None
        while True:
            began = perf_counter()
            try:
                asked = self._steps.send(answer) if thrown is None else self._throw(thrown)
            except StopIteration as done:
                result: T = done.value
                return result
            finally:
                lasted_s = perf_counter() - began
                if lasted_s > self._longest_s:
                    self._held(lasted_s)
            answer, thrown = None, None
            try:
                answer = yield asked
            except BaseException as error:  # noqa: BLE001 - whatever it is, it is for who is awaited
                thrown = error

    def _throw(self, error: BaseException) -> Any:
        return self._steps.throw(error)
