"""All that a session has to do with tools: whose they are, who calls them, what then.

Owns the joining of the parts: the offer, the calls, MCP, and the answer that follows when
all outputs are there. Must not know how a tool is run.
"""

from __future__ import annotations

from rtproxy.model import events as ev
from rtproxy.session import telling
from rtproxy.session.agreement import Agreement
from rtproxy.session.commands import Command
from rtproxy.session.mcp import Mcp
from rtproxy.session.offer import Offer
from rtproxy.session.tool_calls import Step, ToolCalls
from rtproxy.session.turns import Turns


class Tools:
    """The tools of one session; `names` are of those that the proxy runs."""

    def __init__(self, names: frozenset[str], turns: Turns) -> None:
        """Begin with no call."""
        self.offer = Offer(names)
        self._turns = turns
        self._calls = ToolCalls(self.offer)
        self.mcp = Mcp(self.offer)

    @property
    def running(self) -> bool:
        """Whether one of the proxy's runs just now."""
        return self._calls.running

    def update(self, event: ev.SessionUpdate, agreement: Agreement) -> list[Command]:
        """The client wants to change something; its tools come beside the proxy's."""
        update = self.offer.beside(event, agreement.config)
        if isinstance(update, ev.Misunderstood):
            return telling.misunderstood(update)
        return agreement.update(update)

    def called(self, event: ev.CallMade) -> list[Command]:
        """The model calls a tool; outside the conversation it calls nobody."""
        return [] if self._turns.excludes(event.response_id) else self._calls.called(event)

    def response_over(self, response: ev.Json) -> list[Command]:
        """A response of the conversation is done: what it asks for, and what follows."""
        return [*self._gone_on(self._calls.response_over(response)), *self.mcp.over(response)]

    def answered(self, event: ev.ToolAnswered) -> list[Command]:
        """The client has run one."""
        return self._gone_on(self._calls.answered(event))

    def progressed(self, event: ev.ToolProgressed) -> list[Command]:
        """One of the proxy's says how far it is."""
        return self._gone_on(self._calls.progressed(event))

    def ran(self, event: ev.ToolRan) -> list[Command]:
        """One of the proxy's has come to an end."""
        return self._gone_on(self._calls.ran(event))

    def _gone_on(self, step: Step) -> list[Command]:
        """All outputs are there: have them answered, unless who speaks is answered anyway."""
        commands, complete = step
        if not complete or self._turns.answer_is_due:
            return commands
        return commands + self._turns.request(ev.ResponseCreate())
