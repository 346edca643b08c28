"""How a command ends when it cannot do what it was asked.

Owns the form of that: what happened, what to do about it, and the exit status.
Must not know the commands.
"""

from __future__ import annotations

import sys
from typing import NoReturn

import typer

FAILED = 1  # it was tried and did not work
MISUSED = 2  # what was asked for cannot be done
INTERRUPTED = 130  # the person stopped it; as shells count it: 128 + SIGINT


def fail(message: str, status: int = FAILED) -> NoReturn:
    """Say on stderr what happened and end the command."""
    print(f"rtproxy: {message}", file=sys.stderr)
    raise typer.Exit(status)
