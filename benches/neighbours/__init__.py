"""What bad neighbours cost a session that behaves: see `report.py`."""

from benches.neighbours.report import main

__all__ = ["main"]
