"""The GIL, kept or released, beside one thread that is always busy with Python.

The same copy of memory is called through ctypes in both ways: `PyDLL` keeps the GIL,
`CDLL` lets it go and must wait for it afterwards. Copies of two sizes stand for a
chunk (some 2 µs) and for bulk work (milliseconds). A long call that keeps the GIL
makes the other threads wait: so a second thread measures how late it wakes.
"""

from __future__ import annotations

import argparse
import ctypes
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from rich.console import Console
from rich.table import Table

from benches.chunks import sound
from rtproxy import AudioFormat, AudioPath, Encoding

CHUNK_BYTES = 32_768
BULK_BYTES = 64 * 1024 * 1024
WAYS = {"kept": ctypes.PyDLL(None).memcpy, "released": ctypes.CDLL(None).memcpy}
SWITCH_S = {"5 ms (CPython's)": 0.005, "0.1 ms (rtproxy's)": 0.0001}


def copier(way: str, size_bytes: int) -> Callable[[], object]:
    """A copy of that size, kept or released."""
    source, target = bytes(size_bytes), ctypes.create_string_buffer(size_bytes)
    function = WAYS[way]
    function.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
    function.restype = ctypes.c_void_p
    return lambda: function(target, source, size_bytes)


@contextmanager
def beside(work: Callable[[], object]) -> Iterator[None]:
    """Another thread does that again and again while the block runs."""
    over = threading.Event()

    def run() -> None:
        while not over.is_set():
            work()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def busy() -> None:
    """Python that never waits."""
    for _ in range(1000):
        pass


def call_us(work: Callable[[], object], seconds: float) -> list[float]:
    """How long single calls take, one after the other."""
    found = []
    end = time.perf_counter() + seconds
    while (start := time.perf_counter()) < end:
        work()
        found.append((time.perf_counter() - start) * 1e6)
    return found


def late_us(seconds: float) -> list[float]:
    """How much later than asked this thread goes on after sleeping 1 ms."""
    found = []
    end = time.perf_counter() + seconds
    while (start := time.perf_counter()) < end:
        time.sleep(0.001)
        found.append((time.perf_counter() - start - 0.001) * 1e6)
    return found


def told(values: list[float]) -> list[str]:
    """Median, 99th and 99.9th percentile."""
    return [f"{value:,.1f}" for value in np.percentile(values, [50, 99, 99.9])]


def bulk() -> Callable[[], object]:
    """Twenty seconds of audio through a path, which lets the GIL go by itself."""
    source = AudioFormat(Encoding.F32, 48_000, 2)
    path = AudioPath(source, AudioFormat(Encoding.PCM16, 24_000))
    audio = np.tile(sound.chunk(48_000, 2), (500, 1))
    return lambda: path.process(audio)


def main(arguments: list[str]) -> int:
    """Print what it costs; judges nothing."""
    parser = argparse.ArgumentParser(prog="python -m benches gil", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="half a second each")
    parser.add_argument("--check", action="store_true", help="has no effect here")
    seconds = 0.5 if parser.parse_args(arguments).quick else 3.0
    table = Table(
        "µs", "switch interval", "GIL", "p50", "p99", "p99.9", title="beside a busy thread"
    )
    before = sys.getswitchinterval()
    try:
        for name, interval_s in SWITCH_S.items():
            sys.setswitchinterval(interval_s)
            for row in rows(seconds):
                table.add_row(row[0], name, *row[1:])
    finally:
        sys.setswitchinterval(before)
    Console(width=110).print(table)
    return 0


def rows(seconds: float) -> Iterator[list[str]]:
    """The short call that keeps or releases; the wake that waits for a long call."""
    for way in WAYS:
        short = copier(way, CHUNK_BYTES)
        with beside(busy):
            yield ["a call of 2 µs takes", way, *told(call_us(short, seconds))]
    for way in WAYS:
        with beside(copier(way, BULK_BYTES)):
            yield ["a wake beside calls of ms is late by", way, *told(late_us(seconds))]
    with beside(bulk()):
        late = told(late_us(seconds))
    yield ["a wake beside AudioPath on 20 s of audio", "released", *late]
