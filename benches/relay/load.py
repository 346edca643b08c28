"""The load, as its orders and answers: `rust/relay_load`, both ends of every session.

Owns the process (built when it is wanted, pinned, ended for sure) and what its answers
mean. Must not know which relay is between the ends.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benches.relay.processes import NotCarriedError, RelayError, running

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "target" / "release" / "relay_load"
CHUNKS_HZ = 25.0
OPENED_HZ = 250.0
SLACK_S = 45.0  # beyond what an order takes by itself
US = 1e-3  # in milliseconds


@dataclass(frozen=True, slots=True)
class Latency:
    """One distribution, in milliseconds; NaN of nothing."""

    count: int
    p50_ms: float
    p99_ms: float
    p999_ms: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What was seen while it was measured; `wrongs` since the beginning of the run.

    Pairs are to the upstream and to the client. `cpu_s` is the load's own.
    """

    sessions: int
    seconds: float
    cpu_s: float
    said: tuple[int, int]
    heard: tuple[int, int]
    words: int
    to_upstream: Latency
    to_client: Latency
    late: Latency
    ready: Latency
    wrongs: dict[str, int]
    reason: str

    @property
    def relayed(self) -> int:
        """Audio messages that crossed the relay."""
        return sum(self.heard)

    @property
    def slower(self) -> Latency:
        """The slower of the two ways."""
        return max(self.to_upstream, self.to_client, key=lambda way: way.p99_ms)

    @property
    def p99_ms(self) -> float:
        """Of the slower way."""
        return self.slower.p99_ms

    @property
    def load_core(self) -> float:
        """How much of its core the load has used."""
        return self.cpu_s / self.seconds if self.seconds else 0.0

    @property
    def kept_pace(self) -> bool:
        """Whether as much was said as a session should say in this time.

        Answers pause a third of a second in ten; the rest is how often a window begins
        and ends within 40 ms.
        """
        return sum(self.said) >= 0.93 * 2 * CHUNKS_HZ * self.sessions * self.seconds

    @property
    def mixed_up(self) -> bool:
        """Whether anything came in another order, or otherwise, than it was said."""
        return any(self.wrongs[name] for name in ("missing", "reordered", "changed"))

    def amiss(self) -> str | None:
        """What was lost, reordered, changed or refused, in words."""
        told = ", ".join(f"{count} {name}" for name, count in self.wrongs.items() if count)
        return f"{told} ({self.reason})" if told and self.reason else told or None


def _latency(told: Sequence[int | None]) -> Latency:
    count, *ranks = told
    p50, p99, p999 = (float("nan") if rank is None else rank * US for rank in ranks)
    return Latency(count or 0, p50, p99, p999)


def read(answer: dict[str, Any]) -> Reading:
    """An answer of the load that tells of a measured time."""
    wrongs = ("missing", "reordered", "changed", "unsaid", "failed")
    return Reading(
        sessions=answer["sessions"],
        seconds=answer["seconds"],
        cpu_s=answer["cpu_s"],
        said=tuple(answer["said"]),
        heard=tuple(answer["heard"]),
        words=answer["words"],
        to_upstream=_latency(answer["to_upstream_us"]),
        to_client=_latency(answer["to_client_us"]),
        late=_latency(answer["late_us"]),
        ready=_latency(answer["ready_us"]),
        wrongs={name: answer[name] for name in wrongs},
        reason=answer["reason"],
    )


class Load:
    """Gives orders and waits for what comes of them; RelayError where nothing does."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Speak with a load that has just been started."""
        self._process = process
        self.upstream_port: int = self._answer(SLACK_S)["port"]

    @property
    def pid(self) -> int:
        """Of its process."""
        return self._process.pid

    def call_at(self, port: int, dialect: str, path: str) -> None:
        """Which relay to call from now on; port 0 is its own upstream."""
        self._order(f"relay {port} {dialect} {path}")

    def open(self, sessions: int, hz: float = OPENED_HZ) -> Reading:
        """Call, or send away, until there are so many; NotCarriedError unless all get ready."""
        answer = read(self._order(f"open {sessions} {hz}", sessions / hz))
        if answer.sessions != sessions or answer.wrongs["failed"]:
            raise NotCarriedError(f"{answer.sessions} of {sessions} are ready; {answer.amiss()}")
        return answer

    def speak(self, *, on: bool) -> None:
        """Whether sessions say anything."""
        self._order(f"speak {'on' if on else 'off'}")

    def measure(self, seconds: float) -> Reading:
        """What happens in this time."""
        return read(self._order(f"measure {seconds}", seconds))

    def drain(self, seconds: float) -> int:
        """Say nothing until all has come, at most so long; how much is still missing."""
        lost: int = self._order(f"drain {seconds}", seconds)["lost"]
        return lost

    def set_up(self, seconds: float, at_once: int) -> Reading:
        """Call, be ready, hang up, and again; `sessions` is how often that was done."""
        return read(self._order(f"setups {seconds} {at_once}", seconds))

    def _order(self, words: str, takes_s: float = 0.0) -> dict[str, Any]:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{words}\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise RelayError("the load has ended by itself") from error
        return self._answer(takes_s + SLACK_S)

    def _answer(self, within_s: float) -> dict[str, Any]:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], within_s)
        line = self._process.stdout.readline() if ready else ""
        if not line:
            raise RelayError("the load does not answer" if not ready else "the load has ended")
        answer: dict[str, Any] = json.loads(line)
        return answer


def build() -> None:
    """Compile the load, unless it is there and nothing has changed."""
    command = ["cargo", "build", "--quiet", "--release", "--package", "relay_load"]
    subprocess.run(command, cwd=ROOT, check=True, env={**os.environ, "CARGO_TARGET_DIR": "target"})


@contextmanager
def load_running(core: int, certificate: Sequence[str] = ()) -> Iterator[Load]:
    """A load of its own on a core; its upstream speaks TLS with a chain and a key (PEM)."""
    with running([str(PROGRAM), *certificate], core, stdin=subprocess.PIPE) as process:
        yield Load(process)
