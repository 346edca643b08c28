"""What members are told whom the upstream leaves without words for good.

Owns these words, and who has to go: who came to read what nobody writes. Must not know
why the upstream refuses.
"""

from __future__ import annotations

from rtproxy.model import events as ev
from rtproxy.model.close import CloseCode, CloseReason, Origin
from rtproxy.model.languages import name_of
from rtproxy.rooms.commands import Command, Dismiss, Note, Tell
from rtproxy.rooms.line import Line, LineKind
from rtproxy.rooms.members import Members


def unserved(line: Line, why: str, members: Members) -> list[Command]:
    """The upstream will not have this line."""
    note = Note("line_refused", "error", {"line": str(line), "text": why})
    if line.kind is LineKind.TRANSCRIBER:
        failure = _failure("transcription_refused", f"What is said cannot be written down: {why}")
        return [note, *_sent_away(members.all, failure)]
    words = f"What is said cannot be translated into {name_of(line.language)}: {why}"
    failure = _failure("translation_refused", words)
    speakers = members.speaking(line.language)
    told = [Tell(member, ev.ErrorTold(error=failure)) for member in speakers]
    return [note, *told, *_sent_away(members.listening(line.language), failure)]


def turned_away(member: str, language: str | None) -> list[Command]:
    """One who came after that."""
    what = f"in {name_of(language)} " if language else ""
    words = f"This room cannot be read {what}just now: the upstream refuses it"
    return _sent_away([member], _failure("translation_refused", words))


def _failure(code: str, words: str) -> ev.Failure:
    mended = "connecting again does not help until who runs this server has mended it."
    return ev.Failure(type="server_error", code=code, message=f"{words.rstrip('.')}; {mended}")


def _sent_away(members: list[str], failure: ev.Failure) -> list[Command]:
    reason = CloseReason(CloseCode.UPSTREAM_REFUSED, failure.message, Origin.PEER)
    commands: list[Command] = []
    for member in members:
        told = Tell(member, ev.ErrorTold(error=failure, fatal=True))
        commands += [told, Dismiss(member, reason)]
    return commands
