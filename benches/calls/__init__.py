"""What single calls cost at their worst, and what a stream costs to open."""

from benches.calls.report import main

__all__ = ["main"]
