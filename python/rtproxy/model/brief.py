"""What a session is to be, before there is one.

Owns that value alone. Must not know who decides it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from rtproxy.model.event import Json
from rtproxy.model.session_config import merge_session


@dataclass(frozen=True, slots=True)
class Brief:
    """What one session begins with.

    Attributes:
        session: the whole GA session to ask the upstream for, without its model.
        opening: the response to ask for before the client has spoken, if any.
        model: the model to dial, where it is not the upstream's own.
        tools: the names of those of its tools that the proxy runs.
    """

    session: Json
    opening: Json | None = None
    model: str | None = None
    tools: frozenset[str] = frozenset()

    def bound_to(self, session: Json | None, *, own: Json | None = None) -> Brief:
        """The same with what a token's session (partial, GA) says otherwise.

        `own` is what the client itself has asked for, which it may.
        """
        if session is None:
            return self
        fields = {key: value for key, value in session.items() if key not in {"type", "model"}}
        whole = merge_session(merge_session(self.session, fields), own or {})
        ours = frozenset[str]() if "tools" in fields else self.tools
        return Brief(whole, self.opening, session.get("model") or self.model, ours)

    def without_tools(self) -> Brief:
        """The same for a session whose calls do not pass here: nobody would run those tools."""
        if not self.tools:
            return self
        others = [tool for tool in self.session["tools"] if tool.get("name") not in self.tools]
        return replace(self, session={**self.session, "tools": others}, tools=frozenset())
