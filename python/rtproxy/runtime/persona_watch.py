"""Picks up personas that were edited, for the sessions that begin from then on.

Owns when to look, and the log lines about what was found. Must not know what a
persona's file has in it.
"""

from __future__ import annotations

import structlog
import trio

from rtproxy.personas.catalog import Catalog, Happened

EVERY_S = 1.0


async def watch_personas(catalog: Catalog, *, every_s: float = EVERY_S) -> None:
    """Tell what of the files is not used as written, then look at them until cancelled.

    A look is a listing and a few calls of stat, some 50 µs on a local disk: too little
    for a thread to be worth its wake.
    """
    log = structlog.get_logger()
    for persona in map(catalog.find, catalog.names):
        for note in persona.notes:
            log.info("session_field_dropped", persona=persona.name, text=note)
    while True:
        await trio.sleep(every_s)
        for change in catalog.refresh():
            write = log.info if change.happened is Happened.LOADED else log.warning
            write(change.happened.value, file=str(change.file), text=change.text)
