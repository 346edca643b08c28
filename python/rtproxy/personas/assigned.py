"""Which tools of the proxy's own a session has: what its persona names, or the usual ones.

Owns the way from names to what the upstream is told. Must not know what a tool does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rtproxy.model.event import Json
from rtproxy.model.session_config import copied


@dataclass(frozen=True, slots=True)
class Assigned:
    """The tools that may be named.

    Attributes:
        declared: each as a session declares it (GA), by name.
        usual: the names of those that a session has whose persona names none.
    """

    declared: Mapping[str, Json] = field(default_factory=dict)
    usual: tuple[str, ...] = ()

    def unknown(self, tools: Iterable[object]) -> str | None:
        """The first name that there is not, in a sentence; None where all are known."""
        for tool in tools:
            if isinstance(tool, str) and tool not in self.declared:
                known = ", ".join(sorted(self.declared)) or "none (see [tools])"
                return f"names the tool '{tool[:64]}'; the proxy has: {known}"
        return None

    def resolved(self, session: Json) -> tuple[Json, frozenset[str]]:
        """The session with each name's tool in its place, and which these are.

        Where `tools` is missing, the usual ones stand there.
        """
        wanted = session.get("tools")
        if wanted is None:
            wanted = list(self.usual)
        ours = frozenset(tool for tool in wanted if isinstance(tool, str))
        if not ours:
            return session, ours
        others = [tool for tool in wanted if not isinstance(tool, str)]
        tools = [*(copied(self.declared[name]) for name in dict.fromkeys(_names(wanted))), *others]
        return {**session, "tools": tools}, ours


def _names(tools: Iterable[object]) -> list[str]:
    return [tool for tool in tools if isinstance(tool, str)]
