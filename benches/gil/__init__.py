"""What it costs to let the GIL go for a short call, and to keep it for a long one."""

from benches.gil.report import main

__all__ = ["main"]
