"""Where the log leaves the process, and what becomes of it where nobody takes it.

Owns the rule that writing the log never waits. The loop writes it, so a pipe that
nobody empties (`rtproxy serve 2>&1 | less`), a terminal held by Ctrl-S or a full
disk would hold every conversation; lines are left out instead, and counted. Must
not know what a line says.
"""

from __future__ import annotations

import logging
import os
import select
import sys
from contextlib import suppress
from typing import TextIO

# A pipe that says that it can be written takes PIPE_BUF. A terminal promises
# nothing, but Linux gives its queue room by 256 bytes, line ends counted as two.
_TERMINAL_BYTES = 128


def outlet_to(stream: TextIO) -> logging.Handler:
    """What writes into the stream, without waiting where the system can say beforehand."""
    if sys.platform != "win32":
        with suppress(OSError, ValueError):  # not a file of the system, or a closed one
            return Outlet(stream.fileno())
    return logging.StreamHandler(stream)


class Outlet(logging.Handler):
    """Lines into a descriptor as it takes them; whole ones, or none."""

    def __init__(self, descriptor: int) -> None:
        """Of the descriptor, nothing is changed: other processes may share it."""
        super().__init__()
        self._descriptor = descriptor
        self._piece_bytes = _TERMINAL_BYTES if os.isatty(descriptor) else select.PIPE_BUF
        self._readiness = select.poll()
        self._readiness.register(descriptor, select.POLLOUT)
        self._begun = b""
        self._left_out = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record's line, or leave it out and say so before the next one."""
        if not self._finish():
            self._left_out += 1
            return
        if self._left_out:
            self._begin(self._note(record))
            self._left_out = 0
            if not self._finish():
                self._left_out = 1
                return
        self._begin(record)
        self._finish()

    def _begin(self, record: logging.LogRecord) -> None:
        try:
            self._begun = f"{self.format(record)}\n".encode(errors="backslashreplace")
        except Exception:  # noqa: BLE001 - told on stderr; a wrong call of the log ends no session
            self.handleError(record)

    def _note(self, record: logging.LogRecord) -> logging.LogRecord:
        said = f"lines left out here, for nobody took them: {self._left_out}"
        return logging.LogRecord(__name__, logging.WARNING, record.pathname, 0, said, None, None)

    def _finish(self) -> bool:
        """Write what was begun, as far as it is taken; returns whether nothing is left."""
        while self._begun and self._has_room():
            try:
                taken = os.write(self._descriptor, self._begun[: self._piece_bytes])
            except OSError:
                return False
            self._begun = self._begun[taken:]
        return not self._begun

    def _has_room(self) -> bool:
        return any(said & select.POLLOUT for _, said in self._readiness.poll(0))
