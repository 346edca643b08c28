"""How long a session lasts: while somebody does something, and until the upstream ends it.

Owns both deadlines. Time comes in with every call, in seconds of a clock that never
jumps; the upstream's end, which is told in the world's time, is read against it once.
Must not know what ends, nor who waits for a deadline.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from rtproxy.model import events as ev
from rtproxy.model.close import CloseCode, CloseReason
from rtproxy.session.commands import Command, ToClient

INACTIVE_S = 600.0
EXPIRING_S = 60.0

# The upstream ends every session after an hour; what lies beyond a day is somebody's
# clock that is wrong.
_FURTHEST_S = 86_400.0

# Somebody says or does something. Audio is not among it (silence is audio), nor is what a
# frontend says by itself: pings, and reports of what it plays.
SIGNS_OF_LIFE: frozenset[type[ev.Event]] = frozenset(
    {
        ev.Introduced,
        ev.StartAsked,
        ev.InputCommit,
        ev.InputClear,
        ev.ItemCreate,
        ev.ResponseCreate,
        ev.AskAside,
        ev.Interrupt,
        ev.SessionUpdate,
        ev.ToolAnswered,
        ev.ToolRan,
        ev.ToolProgressed,
        ev.ApprovalGiven,
        ev.KeyPressed,
        ev.SpeechStarted,
        ev.SpeechStopped,
        ev.ResponseCreated,
        ev.ResponseDone,
        ev.MarkReached,
        ev.SessionUpdated,
    }
)


@dataclass(frozen=True, slots=True)
class Patience:
    """`inactive_s`: how long nobody may do anything; `expiring_s`: how soon an end is told."""

    inactive_s: float = INACTIVE_S
    expiring_s: float = EXPIRING_S


class Lifetime:
    """The deadlines of one session."""

    def __init__(self, patience: Patience) -> None:
        """Wait for nothing until there is a sign of life."""
        self.patience = patience
        self._inactive_at = inf
        self._expires_at = inf
        self._told = False
        self._epoch_s: float | None = None  # the world's time at our clock's zero

    @property
    def deadline(self) -> float:
        """When `passed` is to be asked."""
        told_at = inf if self._told else self._expires_at - self.patience.expiring_s
        return min(self._inactive_at, told_at)

    def note(self, event: ev.Event, now: float) -> None:
        """Something has been said, by whomever."""
        if type(event) in SIGNS_OF_LIFE:
            self._inactive_at = now + self.patience.inactive_s

    def read_clock(self, unix_s: float, now: float) -> None:
        """What time it is in the world."""
        self._epoch_s = unix_s - now

    def note_expiry(self, expires_at: object, now: float) -> None:
        """What a session object says of its end (`expires_at`), if anything that can be."""
        if not isinstance(expires_at, int | float) or self._epoch_s is None:
            return
        at = expires_at - self._epoch_s
        if now < at < now + _FURTHEST_S and at != self._expires_at:
            self._expires_at, self._told = at, False

    def passed(self, now: float, *, busy: bool) -> tuple[list[Command], CloseReason | None]:
        """What the client is told now, and how the session ends, if it does.

        `busy`: an answer plays, or a tool runs, which is something that is done.
        """
        told: list[Command] = []
        if not self._told and now >= self._expires_at - self.patience.expiring_s:
            self._told = True
            in_ms = max(0, round((self._expires_at - now) * 1000))
            told.append(ToClient(ev.SessionExpiring(in_ms=in_ms)))
        if busy:
            self._inactive_at = max(self._inactive_at, now + self.patience.inactive_s)
        if now < self._inactive_at:
            return told, None
        return [*told, self._farewell()], CloseReason(CloseCode.INACTIVE, "inactive for too long")

    def _farewell(self) -> Command:
        words = (
            f"Nobody has spoken, written or been answered for {self.patience.inactive_s:g} s, so "
            "this session ends; connect again to go on."
        )
        return ToClient(ev.ErrorTold(error=ev.Failure(code="inactive", message=words), fatal=True))
