"""The comparison: handshakes and messages of 40 ms of audio, in turns.

Owns the timing, the table and the verdict: a message may cost what was promised,
encrypted or decrypted, the way from Python into the core and back included (the
reactor does not even go that way). The fastest of many short runs counts, for the
machine's other work can only add.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from statistics import median

import trio
from rich.console import Console
from rich.table import Table

from benches.chunks.timing import collector_off
from benches.tls.ends import Credentials, End, Kind, kinds, shake_hands
from benches.tls.relayed import relayed_us

BAR_US = 4.0  # a message: what was promised
MESSAGE = bytes(range(256)) * 10 + bytes(140)  # 2.7 kB: 40 ms of PCM16 at 24 kHz in base64, in JSON
ROUNDS, QUICK_ROUNDS = 200, 40
RUN = 100  # messages of one run
TRIPS = 300  # messages of one run through Trio


def handshake_us(kind: Kind) -> tuple[float, float]:
    """One handshake, the client's side and the server's."""
    client, server = shake_hands(kind.client(), kind.server())
    return client * 1e6, server * 1e6


def message_us(sender: End, receiver: End) -> tuple[float, float]:
    """A message encrypted, and decrypted."""
    start = time.perf_counter()
    sealed = [sender.seal(MESSAGE) for _ in range(RUN)]
    between = time.perf_counter()
    opened = [receiver.open(each) for each in sealed]
    end = time.perf_counter()
    if opened[-1] != MESSAGE:
        raise ValueError("a message was changed on its way")
    return (between - start) / RUN * 1e6, (end - between) / RUN * 1e6


async def trip_us(kind: Kind) -> float:
    """A message from one task's end to another's, both of this process."""
    async with kind.joined() as (near, far):
        receive = getattr(far, "read", None) or far.receive_some
        start = time.process_time()
        for _ in range(TRIPS):
            await near.send_all(MESSAGE)
            left = len(MESSAGE)
            while left:
                left -= len(await receive())
        return (time.process_time() - start) / TRIPS * 1e6


def measured(credentials: Credentials, rounds: int) -> dict[str, tuple[float, float]]:
    """By row: the fastest of ours and of the peer's, microseconds."""
    pair = kinds(credentials)
    ends = [(kind.client(), kind.server()) for kind in pair]
    for client, server in ends:
        shake_hands(client, server)
    found: dict[str, list[list[float]]] = {}

    def note(which: int, **rows: float) -> None:
        for row, us in rows.items():
            found.setdefault(row, [[], []])[which].append(us)

    with collector_off():
        for _ in range(rounds):
            for which, kind in enumerate(pair):
                client_us, server_us = handshake_us(kind)
                sealed_us, opened_us = message_us(*ends[which])
                note(which, client=client_us, server=server_us)
                note(which, sealed=sealed_us, opened=opened_us)
        for _ in range(max(3, rounds // 20)):
            for which, kind in enumerate(pair):
                note(which, trip=trio.run(trip_us, kind))
    best: dict[str, Callable[[list[float]], float]] = {"trip": median}
    return {
        row: (best.get(row, min)(ours), best.get(row, min)(theirs))
        for row, (ours, theirs) in found.items()
    }


ROWS = {
    "client": "handshake, the client's side (certificates verified)",
    "server": "handshake, the server's side",
    "sealed": "a message of 2.7 kB encrypted",
    "opened": "a message of 2.7 kB decrypted",
    "trip": "the same from task to task over loopback, both ends (median)",
}


def main(arguments: list[str]) -> int:
    """Print the table; 1 where a message costs more than was promised."""
    parser = argparse.ArgumentParser(prog="python -m benches tls")
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--check", action="store_true", help="has no effect: it always judges")
    options = parser.parse_args(arguments)
    rounds = QUICK_ROUNDS if options.quick else ROUNDS
    credentials, console = Credentials(), Console()
    found = measured(credentials, rounds)
    table = Table("TLS 1.3, µs", "rustls", "OpenSSL", "ratio", caption=f"bar: {BAR_US:g} µs")
    for row, name in ROWS.items():
        ours, theirs = found[row]
        table.add_row(name, f"{ours:.1f}", f"{theirs:.1f}", f"{theirs / ours:.2f}")
    console.print(table)
    return int(
        max(found["sealed"][0], found["opened"][0], _in_reactor(console, credentials, rounds))
        > BAR_US
    )


def _in_reactor(console: Console, credentials: Credentials, rounds: int) -> float:
    """What TLS adds to a message in the reactor; 0 where there is no reactor."""
    if sys.platform != "linux":
        return 0.0
    with collector_off():
        by_tls, plain = (min(times) for times in relayed_us(credentials, rounds))
    console.print(
        f"a message through the reactor: {plain:.1f} µs in turns, {by_tls:.1f} µs with the "
        f"upstream by TLS: {by_tls - plain:.1f} µs on top ({by_tls / plain - 1:.0%})"
    )
    return by_tls - plain
