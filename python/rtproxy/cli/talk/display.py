"""Which screen `talk` uses.

Owns the choice. Must not know what either of them shows.
"""

from __future__ import annotations

import sys

from rtproxy.cli.talk.screen import Display, PlainDisplay


def choose_display() -> Display:
    """The live one where stdout is a terminal."""
    if not sys.stdout.isatty():
        return PlainDisplay()
    # rich costs as much to import as all the rest: only where there is something to draw on.
    from rtproxy.cli.talk.live_screen import LiveDisplay

    return LiveDisplay()
