"""What a session is to be, before there is one.

Owns that value alone. Must not know who decides it.
"""

from __future__ import annotations

from dataclasses import dataclass

from rtproxy.model.event import Json


@dataclass(frozen=True, slots=True)
class Brief:
    """What one session begins with.

    Attributes:
        session: the whole GA session to ask the upstream for, without its model.
        opening: the response to ask for before the client has spoken, if any.
        model: the model to dial, where it is not the upstream's own.
    """

    session: Json
    opening: Json | None = None
    model: str | None = None
