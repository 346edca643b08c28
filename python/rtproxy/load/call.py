"""One conversation under load, seen from the outside.

Owns the contract between the run, which has sockets and the clock, and the
conversation, which has neither. Times are nanoseconds of CLOCK_MONOTONIC.
"""

from __future__ import annotations

from typing import Protocol


class ProtocolBroken(Exception):
    """The proxy said what it must not say; the conversation is over."""


class Call(Protocol):
    """A conversation on an open leg."""

    @property
    def ready(self) -> bool:
        """Whether the proxy has said that it listens."""

    @property
    def settled(self) -> bool:
        """Whether all that was said has been answered."""

    def say(self, now_ns: int) -> bytes | None:
        """The message that is due now: once every 40 ms, as a microphone has it."""

    def receive(self, raw: bytes, at_ns: int) -> None:
        """A message came; raises ProtocolBroken."""

    def stop(self) -> None:
        """Begin nothing new."""

    def end(self, *, broken: bool) -> None:
        """Count what never came; `broken`: because the leg failed."""
