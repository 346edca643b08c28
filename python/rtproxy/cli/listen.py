"""`rtproxy listen`: the captions of a room, in a terminal or for a pipe.

Owns the options and what is said at the end. The parts are in `rtproxy.cli.room`.
"""

from __future__ import annotations

import sys
from typing import Annotated
from urllib.parse import urlsplit

import typer

from rtproxy.cli.failure import FAILED, INTERRUPTED, MISUSED, fail
from rtproxy.cli.room.address import room_address
from rtproxy.cli.room.audience import Attendance, attend
from rtproxy.cli.room.captions import Captions
from rtproxy.cli.room.display import choose_screen
from rtproxy.cli.talk.run import run
from rtproxy.cli.words import DEFAULT_URL


def listen(
    room: Annotated[str, typer.Option(help="Which room.")],
    language: Annotated[
        str | None,
        typer.Option(
            metavar="CODE", help="Which language to read: de, fr, …; by default what is spoken."
        ),
    ] = None,
    url: Annotated[
        str, typer.Option(help="Where the proxy is; a path in it stays before the room's.")
    ] = DEFAULT_URL,
    until_end: Annotated[
        bool, typer.Option("--until-end", help="Leave when the speaker ends.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print each message as it comes, one on a line.")
    ] = False,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Accept any certificate (--tls self-signed).")
    ] = False,
) -> None:
    """Read along in a room: what is spoken there, or its translation, as it is spoken."""
    try:
        address = room_address(url, room, "listener", language)
    except ValueError as error:
        fail(str(error), MISUSED)
    attendance = Attendance(address, verify=not insecure, until_end=until_end)
    with choose_screen(room, Captions(language), as_json=as_json) as screen:
        screen.notice(f"listening to {room} at {urlsplit(url).netloc}")
        completed = run(address, attend, attendance, screen)
    if not completed:
        raise typer.Exit(INTERRUPTED)
    if attendance.failure:
        print(f"rtproxy: it ended early: {attendance.failure}", file=sys.stderr)
        raise typer.Exit(FAILED)
