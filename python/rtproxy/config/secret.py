"""A value that must not be printed.

Owns the wrapper alone: what is wrapped shows itself only to who asks for it by
name. Must not know what a secret is good for.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A key or token; `repr`, `str` and `format` never show it."""

    value: str

    def __repr__(self) -> str:
        """Say that there is one, not which."""
        return "Secret(…)"

    def reveal(self) -> str:
        """Give the value, for the one place that sends it."""
        return self.value
