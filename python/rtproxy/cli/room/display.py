"""Which screen shows a room.

Owns the choice. Must not know what any of them shows.
"""

from __future__ import annotations

import sys

from rtproxy.cli.room.captions import Captions
from rtproxy.cli.room.screen import JsonScreen, PlainScreen, Screen


def choose_screen(room: str, captions: Captions, *, as_json: bool = False) -> Screen:
    """The live one where stdout is a terminal and nobody asked for JSON."""
    if as_json:
        return JsonScreen(captions)
    if not sys.stdout.isatty():
        return PlainScreen(captions)
    # rich costs as much to import as all the rest: only where there is something to draw on.
    from rtproxy.cli.room.live_screen import LiveScreen

    return LiveScreen(room, captions)
