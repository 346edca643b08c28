"""What 40 ms of audio cost in the extension, beside the same work in Python and numpy."""

from benches.chunks.report import main

__all__ = ["main"]
