"""The gauges read this very process."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time

import pytest

from rtproxy.load.gauges import allow_descriptors, cores, cpu_s, read_process
from rtproxy.model.errors import ConfigError


def test_the_clock_of_a_process_counts_its_work():
    before, began = cpu_s(os.getpid()), time.process_time()
    while time.process_time() - began < 0.05:
        pass
    assert cpu_s(os.getpid()) - before == pytest.approx(time.process_time() - began, rel=0.1)


def test_memory_is_what_the_process_holds():
    reading = read_process(os.getpid())
    assert reading is not None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    assert most / 10 < reading.memory_bytes <= most * 1.1


def test_a_process_that_is_gone_has_no_reading():
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert read_process(gone.pid) is None


def test_there_is_a_core():
    assert cores() >= 1


def test_more_sockets_than_the_system_allows_are_refused(monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda _what: (256, 1_024))
    with pytest.raises(ConfigError, match="use 462 at most"):
        allow_descriptors(463)


def test_the_limit_is_raised_where_it_may_be(monkeypatch):
    asked = []
    monkeypatch.setattr(resource, "getrlimit", lambda _what: (256, 1_024))
    monkeypatch.setattr(resource, "setrlimit", lambda _what, limits: asked.append(limits))
    allow_descriptors(400)
    assert asked == [(900, 1_024)]
