"""What a session is to be, before there is one.

Owns that value alone. Must not know who decides it.
"""

from __future__ import annotations

from dataclasses import dataclass

from rtproxy.model.event import Json
from rtproxy.model.session_config import merge_session


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

    def bound_to(self, session: Json | None, *, own: Json | None = None) -> Brief:
        """The same with what a token's session (partial, GA) says otherwise.

        `own` is what the client itself has asked for, which it may.
        """
        if session is None:
            return self
        fields = {key: value for key, value in session.items() if key not in {"type", "model"}}
        whole = merge_session(merge_session(self.session, fields), own or {})
        return Brief(whole, self.opening, session.get("model") or self.model)
