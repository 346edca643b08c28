"""How many sessions an address and a user may have, and how much a user may ask for.

Owns who is in, by address and by user, and each user's requests (contract, "Who may
connect"). A loopback address may have as many sessions as the server; of a user that
is not known nothing is counted. Time comes in with every call. Must not know how
anybody is told, nor what a request is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address

from rtproxy.resilience.rate_limit import TokenBucket

# Users who have left are remembered until they could ask for everything again; looking
# for those is put off until there are as many as this, then as twice the remembered.
_FIRST_SWEEP = 64

_WAY_OUT = "; close a session before you open another."


@dataclass(frozen=True, slots=True)
class Allowances:
    """How much each may have."""

    user_sessions: int = 3
    address_sessions: int = 100
    requests_per_minute: int = 100


@dataclass(frozen=True, slots=True)
class Rejected:
    """One session too many, in words for whom it concerns."""

    message: str


@dataclass(slots=True)
class _User:
    """One user: the sessions that are live, and what may still be asked for."""

    bucket: TokenBucket
    sessions: int = 0


class Visit:
    """One session's place, or why there is none (`rejected`).

    It has a user once `name` was told of one.
    """

    def __init__(self, admission: Admission, rejected: Rejected | None) -> None:
        """Begin without a user."""
        self._admission = admission
        self.rejected = rejected
        self.user: str | None = None

    def name(self, user: str, now: float) -> Rejected | None:
        """This session is that user's, from now on; or why it cannot be. Once for each."""
        rejected = self._admission.count_in(user, now)
        if rejected is None:
            self.user = user
        return rejected

    def request(self, now: float) -> float:
        """Its user asks for something: 0.0 if that may be, else the seconds until it may."""
        return 0.0 if self.user is None else self._admission.take(self.user, now)


class Admission:
    """All that are in."""

    def __init__(self, allowances: Allowances) -> None:
        """Begin with nobody."""
        self.allowances = allowances
        self._addresses: Counter[str] = Counter()
        self._users: dict[str, _User] = {}
        self._sweep_at = _FIRST_SWEEP

    @contextmanager
    def visiting(self, address: str) -> Iterator[Visit]:
        """Count a session in while the block runs, unless it is rejected."""
        visit = Visit(self, self._refusal_of(address))
        counted = visit.rejected is None
        self._addresses[address] += counted
        try:
            yield visit
        finally:
            self._addresses[address] -= counted
            if not self._addresses[address]:
                del self._addresses[address]
            if visit.user is not None:
                self._users[visit.user].sessions -= 1

    def _refusal_of(self, address: str) -> Rejected | None:
        most = self.allowances.address_sessions
        if self._addresses[address] < most or _is_loopback(address):
            return None
        return Rejected(f"One address may have no more than {most} sessions at a time{_WAY_OUT}")

    def count_in(self, user: str, now: float) -> Rejected | None:
        """One more session of the user, or why not."""
        known = self._users.get(user) or self._remember(user, now)
        most = self.allowances.user_sessions
        if known.sessions >= most:
            return Rejected(f"One user may have no more than {most} sessions at a time{_WAY_OUT}")
        known.sessions += 1
        return None

    def take(self, user: str, now: float) -> float:
        """One request of the user: 0.0 if it may be, else the seconds until it may."""
        return self._users[user].bucket.take(now)

    def _remember(self, user: str, now: float) -> _User:
        if len(self._users) >= self._sweep_at:
            self._sweep(now)
        known = self._users[user] = _User(TokenBucket(self.allowances.requests_per_minute, now))
        return known

    def _sweep(self, now: float) -> None:
        self._users = {
            name: user
            for name, user in self._users.items()
            if user.sessions or not user.bucket.is_full(now)
        }
        self._sweep_at = max(_FIRST_SWEEP, 2 * len(self._users))


def _is_loopback(address: str) -> bool:
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False  # a socket that has no address of the network
    mapped = getattr(parsed, "ipv4_mapped", None)
    return parsed.is_loopback or (mapped is not None and bool(mapped.is_loopback))
