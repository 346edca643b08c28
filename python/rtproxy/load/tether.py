"""`python -m rtproxy.load.tether COMMAND …`: rtproxy, for as long as its starter lives.

Owns the watch on stdin, whose other end the starter holds: it ends when the starter
does, however that came about, and then the program is told to terminate. Must not
know what the program is asked to do.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading

_PROGRAM = "rtproxy"


def tether(descriptor: int) -> None:
    """Send ourselves SIGTERM when nobody holds the other end of `descriptor` any more."""
    threading.Thread(target=_await_end, args=(descriptor,), daemon=True).start()


def _await_end(descriptor: int) -> None:
    while os.read(descriptor, 512):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    tether(sys.stdin.fileno())
    runpy.run_module(_PROGRAM, run_name="__main__")
