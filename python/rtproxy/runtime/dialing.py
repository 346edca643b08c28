"""Reaching an upstream: which one, how often, and until it has said something.

Owns the order of the tries and the waits between them. Must not know what is
said once the upstream has answered, nor whose session it is.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import trio

from rtproxy.legs.connector import dial
from rtproxy.legs.transport import Connection
from rtproxy.model.errors import DialFailed
from rtproxy.resilience.backoff import Backoff
from rtproxy.upstreams.upstream import Upstream


@dataclass(frozen=True, slots=True)
class Dialler:
    """Dials for one session start: the first try and `backoff.retries` more in all."""

    upstreams: Sequence[Upstream]
    dial_s: float
    backoff: Backoff

    @property
    def secrets(self) -> tuple[bytes, ...]:
        """The keys in use, so that they can be kept out of what is said."""
        return tuple(secret.encode() for each in self.upstreams for secret in each.secrets)

    async def dial(
        self, asked: Mapping[str, str], on_retry: Callable[[int, DialFailed], None]
    ) -> Connection:
        """A connection whose handshake is done.

        `asked` is what the client wishes; `on_retry` learns of each further try, from
        1, and of what went wrong before. The upstreams take turns.

        Raises DialFailed when no try is left, or at once if trying again cannot help
        or would harm.
        """
        tries = 0
        while True:
            upstream = self.upstreams[tries % len(self.upstreams)]
            target = upstream.target(asked)
            try:
                return await dial(
                    target.url, headers=target.headers, ca=target.ca, dial_s=self.dial_s
                )
            except DialFailed as failed:
                tries += 1
                delay_s = self.backoff.delay_s(tries, random.random())  # noqa: S311 - jitter only
                if failed.final or failed.exhausted or delay_s is None:
                    raise
                on_retry(tries, failed)
                await trio.sleep(max(delay_s, failed.retry_after_s or 0.0))
