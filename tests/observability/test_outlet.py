"""The log never holds the process that writes it, whoever reads or does not."""

from __future__ import annotations

import io
import json
import logging
import os
import pty
import select
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import structlog

from rtproxy.observability.log import configure_logging
from rtproxy.observability.outlet import Outlet, outlet_to

HUNG_S = 10.0
LINE_BYTES = 300
NOTE = "lines left out here, for nobody took them: "


@contextmanager
def impatient(reading: int) -> Iterator[None]:
    """Whoever waits for a reader is freed after a while, and the test has failed."""
    freed = threading.Event()

    def read() -> None:
        freed.set()
        while os.read(reading, 65536):
            pass

    timer = threading.Timer(HUNG_S, read)
    timer.daemon = True
    timer.start()
    try:
        yield
        assert not freed.is_set(), "writing the log waited for whoever reads it"
    finally:
        timer.cancel()


def all_there(reading: int) -> bytes:
    """What can be read without waiting."""
    got = b""
    while select.select([reading], [], [], 0.05)[0]:
        got += os.read(reading, 65536)
    return got


def a_pipe() -> tuple[int, int]:
    return os.pipe()


def a_terminal() -> tuple[int, int]:
    reading, writing = pty.openpty()
    tty.setraw(reading)
    return reading, writing


@pytest.fixture(params=[a_pipe, a_terminal])
def ends(request) -> Iterator[tuple[int, int]]:
    """Both ends of something that is read: the reading one, the writing one."""
    both = request.param()
    yield both
    for descriptor in both:
        os.close(descriptor)


def log_into(descriptor: int) -> logging.Logger:
    log = logging.Logger("test")
    log.addHandler(Outlet(descriptor))
    return log


def lines_in(written: bytes) -> list[str]:
    assert written.endswith(b"\n")
    return written.decode().splitlines()


def test_a_log_that_nobody_reads_holds_nobody_and_says_later_what_is_missing(ends):
    reading, writing = ends
    log = log_into(writing)
    sent = [f"{number:04d} " + "x" * LINE_BYTES for number in range(1000)]
    with impatient(reading):
        for line in sent:
            log.info(line)
    first = all_there(reading)
    log.info("again")
    *got, last = lines_in(first + all_there(reading))
    assert last == "again"
    assert 10 < len(got) < 1000
    at = 0
    for line in got:  # a terminal may find room again although nobody reads
        if line.startswith(NOTE):
            at += int(line.removeprefix(NOTE))
        else:
            assert line == sent[at]
            at += 1
    assert at == 1000


def test_one_line_that_is_larger_than_a_pipe_comes_whole(ends):
    reading, writing = ends
    log = log_into(writing)
    with impatient(reading):
        log.info("y" * 200_000)
        log.info("left out")
    got = b""
    while not got.endswith(b"and this\n"):
        got += all_there(reading)
        log.info("and this")
    assert lines_in(got)[0] == "y" * 200_000


def test_what_is_read_in_time_is_all_there_in_order(ends):
    reading, writing = ends
    log = log_into(writing)
    got = b""
    for number in range(500):
        log.info("%d: %s", number, "z" * LINE_BYTES)
        if number % 20 == 19:
            got += all_there(reading)
    assert [int(line.split(":")[0]) for line in lines_in(got)] == list(range(500))


def test_a_reader_that_is_gone_does_no_harm():
    reading, writing = os.pipe()
    log = log_into(writing)
    os.close(reading)
    for _ in range(3):
        log.info("is anybody there?")
    os.close(writing)


def test_a_full_disk_does_no_harm():
    with Path("/dev/full").open("wb", buffering=0) as full:
        log = log_into(full.fileno())
        for _ in range(3):
            log.info("no space")


def test_the_note_is_a_line_of_the_log_like_any_other():
    reading, writing = os.pipe()
    root = logging.getLogger()
    before = root.handlers[:]
    with os.fdopen(writing, "w") as stream, impatient(reading):
        try:
            configure_logging("info", "json", stream=stream)
            log = structlog.get_logger("rtproxy.test")
            for number in range(1000):
                log.info("counted", number=number)
            told = all_there(reading)
            log.info("again")
            told += all_there(reading)
        finally:
            root.handlers[:] = before
    os.close(reading)
    events = [json.loads(line) for line in lines_in(told)]
    assert events[-2]["event"].startswith(NOTE)
    assert (events[-2]["level"], events[-1]["event"]) == ("warning", "again")


def test_what_is_no_file_of_the_system_is_written_as_it_is():
    stream = io.StringIO()
    log = logging.Logger("test")
    log.addHandler(outlet_to(stream))
    log.info("kept")
    assert stream.getvalue() == "kept\n"
