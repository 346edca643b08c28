"""Words that several commands need.

Owns how a line is said, how a command is named to the person who should type it,
and where a proxy is unless somebody says otherwise.
"""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

DEFAULT_URL = "ws://127.0.0.1:8000"


def say(line: str) -> bool:
    """Print a line at once; where that cannot be, work on in silence.

    That the reader has gone (`| head`) is no news, a full disk is told once.
    Returns whether somebody reads.
    """
    try:
        print(line, flush=True)
    except OSError as error:
        if not isinstance(error, BrokenPipeError):
            with suppress(OSError):
                reason = f"stdout cannot be written ({error.strerror})"
                print(f"rtproxy: {reason}; what it would say is left out", file=sys.stderr)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        return False
    return True


def this_command(arguments: str) -> str:
    """The command line that runs rtproxy with these arguments, as it works right here.

    Where `rtproxy` is not on the PATH (it was started by make or by its full
    name), the program is named as it was started.
    """
    program = Path(sys.argv[0])
    if program.parts[-2:] == ("rtproxy", "__main__.py"):
        return f"python -m rtproxy {arguments}"
    found = shutil.which("rtproxy")
    if program.name != "rtproxy" or (found and Path(found).samefile(program)):
        return f"rtproxy {arguments}"
    try:
        shown = os.path.relpath(program)
    except ValueError:  # another drive
        shown = str(program)
    return f"{shown if len(shown) < len(str(program)) else program} {arguments}"
