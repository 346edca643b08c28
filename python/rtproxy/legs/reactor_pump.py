"""The one task behind which the sockets of all sessions lie.

Owns the reactor and its turns: it waits for the reactor's one descriptor, lets it
work, and tells the legs concerned. What came on a leg that somebody serves is answered
between two turns, by the pump's own task: the event loop has its turn only when there
is something in it for a task. Must not know what a leg does about its news.

    run                             in the server's nursery
      _work (shielded)              until `run` was cancelled and no session is left
        _turn                       turns of the reactor, and answers to what they bring
        _answer_calls               answers to what was done by other tasks
      sleep_forever

Why shielded: sessions that are cancelled with the server say goodbye on their legs,
and for that somebody must still read and write. Their goodbyes are bounded, so this
is, too.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Any, Protocol

import trio

from rtproxy import _audio_core
from rtproxy.legs.bustle import Bustle
from rtproxy.legs.due import Due, Served
from rtproxy.legs.turnstile import Turnstile


class Told(Protocol):
    """Who is told what has happened to a leg; it must not wait."""

    def look(self) -> None:
        """There may be something to receive."""

    def leave(self) -> None:
        """The socket is closed; told once."""

    def break_off(self, error: Exception) -> None:
        """A bug around it: its session ends with 1011."""


class ReactorPump:
    """Runs a reactor; made inside `trio.run`."""

    def __init__(self) -> None:
        """Open the reactor; OSError where the process has no descriptor left."""
        self.reactor = _audio_core.Reactor(now=trio.current_time())
        self.turnstile = Turnstile()
        self._bustle = Bustle(trio.lowlevel.current_clock())
        self._sessions: set[int] = set()
        self._idle = trio.Event()
        self._idle.set()
        self._turning = trio.CancelScope(shield=True)
        self._due = Due(perf_counter)  # work is work, whatever clock the sessions live by
        self._goes_on = False  # turn follows turn, and what is due is answered in between
        self._answering = False
        self._called = trio.Event()

    @property
    def stats(self) -> _audio_core.ReactorStats:
        """What the reactor has done since the start."""
        return self.reactor.stats

    def open_session(self, splice: _audio_core.Splice) -> int:
        """Take a session in; its sockets are served until it is closed."""
        if self._turning.cancel_called:
            raise RuntimeError("the reactor has stopped: its server is over")
        session = self.reactor.open_session(splice)
        if not self._sessions:
            self._idle = trio.Event()
        self._sessions.add(session)
        return session

    def close_session(self, session: int) -> None:
        """Let a session go; sockets that it still has are closed by force. Idempotent."""
        self.reactor.close_session(session)
        self._sessions.discard(session)
        if not self._sessions:
            self._idle.set()

    def tell(self, news: Iterable[tuple[Any, bool]]) -> None:
        """A session's splice was touched, and this has become of it: tell whom it concerns."""
        with self._bustle.ours:
            tell(news)

    def tell_all(
        self, members: Sequence[int], payload: bytes, within: tuple[int, int] | None
    ) -> list[int]:
        """Tell each of these members, unless more than `within` waits for it.

        Returns the places of those who are passed over.
        """
        with self._bustle.ours:
            now = trio.current_time()
            passed_over, news = self.reactor.tell_all(members, payload, now, within=within)
            tell(news)
        return passed_over

    @contextmanager
    def watching(self, sock: socket.socket) -> Iterator[None]:
        """Inside, no turn keeps the task that waits for this socket to be readable."""
        descriptor = sock.fileno()
        self.reactor.watch(descriptor)
        try:
            with self._bustle.hearing():
                yield
        finally:
            self.reactor.unwatch(descriptor)

    def call(self, leg: Served) -> None:
        """There may be something for this leg to answer."""
        self._due.call(leg)
        if not self._answering and not self._goes_on:
            self._called.set()

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled; then until the last session has said goodbye."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._work)
            task_status.started()
            try:
                await trio.sleep_forever()
            finally:
                with trio.CancelScope(shield=True):
                    await self._idle.wait()
                self._turning.cancel()

    async def _work(self) -> None:
        with self._turning, self._bustle:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._answer_calls)
                await self._turn()

    async def _turn(self) -> None:
        descriptor = self.reactor.fileno()
        while True:
            if self._goes_on:  # the others have their turn in between
                await trio.lowlevel.checkpoint()
            else:
                await trio.lowlevel.wait_readable(descriptor)
            self._goes_on = self._take_turns()

    def _take_turns(self) -> bool:
        """Turn after turn, until others should have theirs; whether there is more to do."""
        now = trio.current_time()
        until = now + self._bustle.spare_s(now)
        while True:
            linger_ms = int((until - now) * 1000)
            news, more = self.reactor.turn(now, linger_ms=linger_ms)
            self._answering = True  # and will: nobody need be woken for it
            if news:
                self.tell(news)
            self._answer_due()
            now = trio.current_time()
            if self._due:
                return True
            if more or not news or now >= until or self._bustle.has_woken:
                return more

    async def _answer_calls(self) -> None:
        while True:
            await self._called.wait()
            self._called = trio.Event()
            while self._due and not self._goes_on:
                self._answer_due()
                await trio.lowlevel.checkpoint()

    def _answer_due(self) -> None:
        self._answering = True
        self._due.answer()
        self._answering = False


def tell(news: Iterable[tuple[Any, bool]]) -> None:
    """Tell each leg (a `Told`); what goes wrong with one must not reach the others."""
    leg: Told
    for leg, gone in news:
        try:
            if gone:
                leg.leave()
            else:
                leg.look()
        except Exception as error:  # noqa: BLE001 - a bug around one leg ends that session alone
            leg.break_off(error)
