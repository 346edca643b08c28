"""What all parts of one conversation share.

Owns nothing but the set of them, so that each part is given one thing and not
five. Must not grow anything that decides.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from rtproxy.simulator.agenda import Agenda
from rtproxy.simulator.ids import Ids
from rtproxy.simulator.items import Items
from rtproxy.simulator.outbox import Outbox
from rtproxy.simulator.settings import Settings
from rtproxy.simulator.voices.voice import CalledMcp


@dataclass(frozen=True, slots=True)
class Stage:
    """One conversation's settings and ids, its items, what leaves it, what is due, what waits."""

    settings: Settings
    ids: Ids
    outbox: Outbox
    items: Items = field(default_factory=Items)
    agenda: Agenda = field(default_factory=Agenda)
    approvals: dict[str, CalledMcp] = field(default_factory=dict)  # asked for, by item id
