"""`rtproxy talk --room`: the command's part that speaks into a room.

Owns what is said at the end, and the exit status.
"""

from __future__ import annotations

import sys
from urllib.parse import urlsplit

from rtproxy.cli.failure import FAILED, INTERRUPTED
from rtproxy.cli.room.captions import Captions
from rtproxy.cli.room.display import choose_screen
from rtproxy.cli.room.podium import Appearance, speak
from rtproxy.cli.room.speech import Speech
from rtproxy.cli.talk.run import run
from rtproxy.cli.words import say


def speak_in_room(room: str, language: str | None, appearance: Appearance) -> int:
    """Say it; the exit status."""
    spoken = appearance.spoken
    host = urlsplit(appearance.url).netloc
    say(f"speaking {spoken.name} ({spoken.duration_ms / 1000:.1f} s) into {room} at {host}")
    speech = Speech(spoken.duration_ms, spoken.speech_ms)
    with choose_screen(room, Captions(language)) as screen:
        completed = run(appearance.url, speak, appearance, speech, screen)
    for line in speech.summary():
        say(line)
    if not completed:
        return INTERRUPTED
    if speech.failure:
        print(f"rtproxy: it ended early: {speech.failure}", file=sys.stderr)
        return FAILED
    return 0
