"""An exception as text for the log: of bounded length, in bounded time.

Owns what is shown of it: its last frames, its first words, some of its causes and of a
group's members. All of it can be without bound, for the code of others raises what it
likes (ten megabytes that were no JSON, a thousand failed tasks), and while one session's
failure is written down all others wait. Must not know who failed.
"""

from __future__ import annotations

import reprlib
import traceback
from collections import deque
from collections.abc import Iterator
from types import TracebackType

from structlog.typing import ExcInfo

from rtproxy.model.weight import weigh

FRAMES = 12
CAUSES = 4
MEMBERS = 4
LONGEST_LINE = 2_000
LONGEST = 8_000

_CAUSE = "The above exception was the direct cause of the following exception:"
_CONTEXT = "During handling of the above exception, another exception occurred:"


def bounded_traceback(exc_info: ExcInfo) -> str:
    """The traceback as Python writes it, as far as there is room."""
    lines: list[str] = []
    room = LONGEST
    for line in _lines(exc_info[1], ""):
        cut = _cut(line, min(room, LONGEST_LINE))
        lines.append(cut)
        room -= len(cut) + 1
        if room <= 0:
            lines.append("…")
            break
    return "\n".join(lines)


def _lines(error: BaseException, indent: str) -> Iterator[str]:
    """What led to it first, if that fits: it itself always comes before members of a group."""
    for one, link in reversed(list(_chain(error))):
        yield from (f"{indent}{line}" for line in _alone(one))
        if isinstance(one, BaseExceptionGroup):
            yield from _members(one, indent + "  | ")
        if link:
            yield from (indent, f"{indent}{link}", indent)


def _chain(error: BaseException) -> Iterator[tuple[BaseException, str]]:
    """An exception and what led to it, each with the words that lead to the one before."""
    link = ""
    for _ in range(CAUSES):
        yield error, link
        if error.__cause__ is not None:
            error, link = error.__cause__, _CAUSE
        elif error.__context__ is not None and not error.__suppress_context__:
            error, link = error.__context__, _CONTEXT
        else:
            return


def _members(group: BaseExceptionGroup[BaseException], indent: str) -> Iterator[str]:
    members = group.exceptions
    for member in members[:MEMBERS]:
        yield from _lines(member, indent)
    if len(members) > MEMBERS:
        yield f"{indent}… and {len(members) - MEMBERS} more"


def _alone(error: BaseException) -> Iterator[str]:
    if error.__traceback__ is not None:
        yield "Traceback (most recent call last):"
        for frame in _frames(error.__traceback__):
            yield from frame.rstrip("\n").splitlines()
    yield _said(error)
    notes = getattr(error, "__notes__", ())
    yield from (str(note) for note in notes[:MEMBERS] if isinstance(note, str))


def _frames(trace: TracebackType) -> list[str]:
    last = deque(traceback.walk_tb(trace), maxlen=FRAMES)
    return traceback.StackSummary.extract(iter(last)).format()


def _said(error: BaseException) -> str:
    kind = type(error)
    place = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    name, said = f"{place}{kind.__qualname__}", _words(error)
    return f"{name}: {said}" if said else name


def _words(error: BaseException) -> str:
    """What it says; in short where it was made of so much that to say it would take long."""
    try:
        if isinstance(error, BaseExceptionGroup) or weigh(error.args, LONGEST) <= LONGEST:
            return str(error)
        first = error.args[0]
        return first[:LONGEST] if isinstance(first, str) else reprlib.repr(error.args)
    except Exception as unspeakable:  # noqa: BLE001 - its own methods may raise anything
        return f"<it cannot be shown: {type(unspeakable).__name__}>"


def _cut(line: str, most: int) -> str:
    """Cut between words, so that no half of a secret is left that nobody knows again."""
    if len(line) <= most:
        return line
    return f"{line[:most].rpartition(' ')[0]} …"
