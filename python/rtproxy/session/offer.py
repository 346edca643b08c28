"""Which tools a session has: those that the proxy runs, and the client's beside them.

Owns the names of both. Must not know what a tool does, nor who calls one.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rtproxy.model import events as ev


class Offer:
    """The tools of one session; `ours` are the names of those that run in the proxy."""

    def __init__(self, ours: frozenset[str] = frozenset()) -> None:
        """Begin with what is not agreed yet."""
        self.ours = ours
        self._declared: list[str] | None = None  # None: nobody has said
        self.servers: tuple[str, ...] = ()

    def take_terms(self, session: ev.Json) -> None:
        """What the session as it now is says of tools; nothing, where it names none."""
        tools = session.get("tools")
        if isinstance(tools, list):
            self._declared = [name for tool in tools if (name := _name(tool))]
            self.servers = tuple(label for tool in tools if (label := _label(tool)))

    def has(self, name: str) -> bool:
        """Whether somebody has said what this tool is; where nobody said any, all are."""
        return self._declared is None or name in self._declared

    @property
    def names(self) -> list[str]:
        """All that there are."""
        return sorted({*(self._declared or ()), *self.ours})

    def beside(
        self, event: ev.SessionUpdate, whole: ev.Json
    ) -> ev.SessionUpdate | ev.Misunderstood:
        """A client's change, with the proxy's tools beside those that it names.

        `whole` is the session as it was asked for. A tool of the client's must not take
        the name of one of the proxy's: it would get calls that are none of its business.
        """
        named = event.session.get("tools")
        if not self.ours or not isinstance(named, list):
            return event
        for index, tool in enumerate(named):
            if _name(tool) in self.ours:
                return self._taken(f"tools[{index}].name", _name(tool), event.event_id)
        tools = [*self._declared_in(whole), *named]
        return msgspec.structs.replace(event, session={**event.session, "tools": tools})

    def _declared_in(self, whole: ev.Json) -> Iterator[ev.Json]:
        return (tool for tool in whole.get("tools", ()) if _name(tool) in self.ours)

    def _taken(self, param: str, name: str | None, event_id: str | None) -> ev.Misunderstood:
        message = (
            f"session_update: {param} is '{name}', which the proxy runs itself; choose another. "
            f"Taken are: {', '.join(sorted(self.ours))}."
        )
        return ev.Misunderstood(
            code="invalid_field", message=message, param=param, event_id=event_id
        )


def _name(tool: object) -> str | None:
    """Of a function; None for any other tool."""
    return tool.get("name") if isinstance(tool, dict) and tool.get("type") == "function" else None


def _label(tool: object) -> str | None:
    return tool.get("server_label") if isinstance(tool, dict) else None
