"""How clean converted audio is: ours beside soxr and libsamplerate, as a table and in pictures."""

from __future__ import annotations

import importlib


def main(arguments: list[str]) -> int:
    """Measure all and print the table; the peers are imported only here, not for the tests."""
    code: int = importlib.import_module("benches.quality.report").main(arguments)
    return code
