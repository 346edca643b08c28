"""How long a word takes from the upstream to the last of a thousand who read along.

Two processes: `rtproxy serve` alone on one core; on the other a hall (`hall.py`), which
is the room's upstream, its speaker and all its listeners, and so reads one clock.
"""

from benches.rooms.report import main

__all__ = ["main"]
