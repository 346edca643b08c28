"""Busy neighbours: processes that keep the machine's cores at work while something is measured.

Owns their lives: they end with the block that wanted them, and by themselves should
that block never get to end them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

LONGEST_S = 600.0
LOOP = """
import sys, time
end = time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    pass
"""


@contextmanager
def neighbours(count: int | None = None) -> Iterator[None]:
    """Run `count` loops, by default one for each core that we may use."""
    command = [sys.executable, "-c", LOOP, str(LONGEST_S)]
    with ExitStack() as stack:
        for _ in range(len(os.sched_getaffinity(0)) if count is None else count):
            loop = stack.enter_context(subprocess.Popen(command))
            stack.callback(loop.kill)
        yield
