"""Which responses are under way, and what is due of them when.

Owns the one active response of the conversation, those out of band beside it,
cancellation and rate limits. Must not know where a response's answer comes from
or what its events look like.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from rtproxy.simulator import errors
from rtproxy.simulator.commands import Json, Strike
from rtproxy.simulator.items import Item
from rtproxy.simulator.options import ResponseOptions
from rtproxy.simulator.plan import (
    Act,
    AudioDelta,
    CloseItem,
    Delta,
    Finish,
    OpenItem,
    RunTool,
    Step,
    plan,
)
from rtproxy.simulator.response import Response
from rtproxy.simulator.stage import Stage
from rtproxy.simulator.usage import TokenBudget
from rtproxy.simulator.voices.voice import Answer, Cut, Failed, Struck, Told

_LIMITS_AFTER_S = 0.04  # captured: rate_limits.updated comes 40 ms after response.done
_NO_TOKENS = Failed(
    "rate_limit_exceeded",
    "Rate limit reached: no tokens are left for this minute. Try again when they are back.",
    "rate_limit_error",
)

OnDone = Callable[[Response, float], None]


class Responses:
    """All responses of one conversation; `on_done` hears of each that ends in it."""

    def __init__(self, stage: Stage, on_done: OnDone, now: float) -> None:
        self._stage = stage
        self._budget = TokenBudget(stage.settings.rate_limit_tokens, now)
        self._on_done = on_done
        self._under_way: dict[str, Response] = {}
        self._cancelling: dict[str, str] = {}  # response id: reason
        self._starved = 0

    @property
    def active(self) -> Response | None:
        """The response that writes to the conversation now."""
        return next((one for one in self._under_way.values() if one.in_conversation), None)

    @property
    def any_under_way(self) -> bool:
        """Whether any response is being generated, out-of-band ones included."""
        return bool(self._under_way)

    def check_free(self) -> None:
        """Refusal where the conversation has an active response."""
        if self.active is not None:
            raise errors.already_active(self.active.id)

    def begin(self, options: ResponseOptions, context: Sequence[Item]) -> Response:
        """Create a response that nothing is planned for yet."""
        response = Response(self._stage, options, context)
        self._under_way[response.id] = response
        return response

    def answer(
        self, options: ResponseOptions, context: Sequence[Item], answer: Answer, now: float
    ) -> None:
        """Create a response and plan its answer."""
        response = self.begin(options, context)
        if self._starved:
            self._starved -= 1
            self._budget.exhaust(now)
            answer = [_NO_TOKENS]
        steps = plan(answer, self._stage.settings, options.audio_format, options.max_tokens)
        self._follow(response, steps, 0, now)

    def cancel(self, response_id: str | None, now: float) -> None:
        """The client cancels one, or the active one; Refusal where there is none."""
        active = self.active
        one = self._under_way.get(response_id) if response_id else active
        if one is None:
            raise errors.nothing_to_cancel()
        self._cancel(one, "client_cancelled", now)

    def interrupt(self, now: float) -> None:
        """Somebody speaks into the active response, if there is one."""
        if self.active is not None:
            self._cancel(self.active, "turn_detected", now)

    def settle(self, now: float) -> None:
        """A response that is being cancelled ends at once: the next one is due."""
        if self.active is not None and self.active.id in self._cancelling:
            self._stop(self.active, now)

    def starve(self, count: int) -> None:
        """The next `count` answers fail for want of tokens."""
        self._starved += count

    def _cancel(self, response: Response, reason: str, now: float) -> None:
        """Cancellation is not instant: what is due meanwhile still goes out."""
        if response.id in self._cancelling:
            return
        self._cancelling[response.id] = reason
        due = now + self._stage.settings.cancel_lag_ms / 1000
        self._stage.agenda.at(due, partial(self._stop, response), response.id)

    def _stop(self, response: Response, now: float) -> None:
        self._stage.agenda.cancel(response.id)
        details = {"type": "cancelled", "reason": self._cancelling[response.id]}
        self._end(response, "cancelled", details, now)

    def _follow(self, response: Response, steps: Sequence[Step], place: int, began: float) -> None:
        step = steps[place]

        def take(now: float) -> None:
            self._perform(response, step.act, now)
            if not response.done:
                self._follow(response, steps, place + 1, began)

        self._stage.agenda.at(began + step.at_s, take, response.id)

    def _perform(self, response: Response, act: Act, now: float) -> None:
        match act:
            case OpenItem():
                response.open_item(act)
            case Delta(text):
                response.delta(text)
            case AudioDelta(audio):
                response.audio_delta(audio, now)
            case RunTool():
                response.run_tool()
            case CloseItem():
                response.close_item()
            case Told(refusal):
                self._stage.outbox.refuse(refusal)
            case Struck(fault):
                self._stage.outbox.command(Strike(fault))
            case Finish(ending):
                self._stage.agenda.cancel(response.id)
                self._end(response, *_ending(ending), now)

    def _end(self, response: Response, status: str, details: Json | None, now: float) -> None:
        response.finish(status, details)
        del self._under_way[response.id]
        self._cancelling.pop(response.id, None)
        self._budget.spend(response.tokens, now)
        self._stage.agenda.at(now + _LIMITS_AFTER_S, self._report_limits)
        if response.in_conversation:
            self._on_done(response, now)

    def _report_limits(self, now: float) -> None:
        self._stage.outbox.emit("rate_limits.updated", rate_limits=self._budget.report(now))


def _ending(ending: Cut | Failed | None) -> tuple[str, Json | None]:
    """Status and status_details of a response that nobody cancelled."""
    match ending:
        case None:
            return "completed", None
        case Cut(reason):
            return "incomplete", {"type": "incomplete", "reason": reason}
        case Failed(code, message, kind):
            error = {"type": kind, "code": code, "message": message}
            return "failed", {"type": "failed", "error": error}
