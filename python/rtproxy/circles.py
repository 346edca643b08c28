"""How seldom Python looks for circles in memory.

Owns the settings of its collector for a process that must not stand still. Must not know
what the process does.

What nobody holds any more is freed at once, unless it goes round: then only a collection
finds it. A full one looks at all that lives, and everybody waits: 35 to 130 ms with a
thousand sessions (`docs/performance.md`), at each quarter that comes on top. So a session
leaves no circle behind (`tests/runtime/test_circles.py`; those of the simulator do, small
ones), and full collections are rare. What dies young, as the circles of an HTTP request
do, is found by the short ones, which look at what is new.
"""

from __future__ import annotations

import gc

# Collections of the middle age between two full ones: some 5,000 sessions that come.
FULL_AFTER = 100


def search_seldom() -> None:
    """From here on; what lives now is not looked at again, so call it after setting up."""
    gc.collect()
    gc.freeze()
    youngest, middle, _ = gc.get_threshold()
    gc.set_threshold(youngest, middle, FULL_AFTER)
