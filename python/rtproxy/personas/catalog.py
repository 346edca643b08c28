"""All personas there are: those that ship with the proxy, and the user's own over them.

Owns which files make them and keeps, of each, the last version that could be used. Must
not know who uses a persona, nor when to look again: whoever watches calls `refresh`.

A persona of the user's takes the place of a shipped one of the same name. A file that
breaks, goes or takes another name takes nothing away: its last good version serves on
until the process ends, because sessions that name it must not fail for an edit.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum, unique
from pathlib import Path

from rtproxy.personas.assigned import Assigned
from rtproxy.personas.persona import Persona
from rtproxy.personas.persona_file import PersonaError, read_persona
from rtproxy.personas.toml_lines import line_of

SHIPPED = Path(__file__).parent / "shipped"

_Stamp = tuple[tuple[str, int, int, int], ...]


class UnknownPersonaError(KeyError):
    """There is no persona of that name; the message names those that there are."""

    def __str__(self) -> str:
        """The message as it is, where KeyError would quote it."""
        return str(self.args[0])


@unique
class Happened(Enum):
    """What became of a persona's file."""

    LOADED = "persona_loaded"
    BROKEN = "persona_broken"
    GONE = "persona_file_gone"


@dataclass(frozen=True, slots=True)
class Change:
    """Something that a look at the files found: which file, and a sentence about it."""

    happened: Happened
    file: Path
    text: str


@dataclass(slots=True)
class _Kept:
    """The last good version of one file, and what is wrong with it now."""

    persona: Persona | None = None
    fault: str | None = None
    gone: bool = False


class Catalog:
    """The personas of a process, always in their newest good version."""

    def __init__(self, folder: Path | None = None, tools: Assigned | None = None) -> None:
        """Read all files; `folder` is the user's own, which may not be there yet.

        `tools` are those of the proxy's own that a persona may name; None: any.

        Raises PersonaError for the first file that cannot be used.
        """
        self._folders = (SHIPPED,) if folder is None else (SHIPPED, folder)
        self._tools = tools
        self._stamps: dict[Path, _Stamp] = {}
        self._kept: dict[Path, _Kept] = {}
        self._personas: dict[str, Persona] = {}
        for each in self._folders:
            self._stamps[each] = _stamp(each)
            for file in _files(each):
                self._kept[file] = _Kept(self._read(file))
        self._index()

    @property
    def names(self) -> list[str]:
        """The names that there are, sorted."""
        return sorted(self._personas)

    @property
    def origins(self) -> dict[str, Path]:
        """Which file each persona is from."""
        return {persona.name: file for file, persona in self._good() if self._wins(persona)}

    def find(self, name: str) -> Persona:
        """The newest good version; UnknownPersonaError names the ones that there are."""
        persona = self._personas.get(name)
        if persona is None:
            listed = ", ".join(self.names)
            raise UnknownPersonaError(f"there is no persona '{name[:64]}'; there are: {listed}")
        return persona

    def refresh(self) -> list[Change]:
        """Look at the files again, and read those of a folder in which one has changed."""
        changes: list[Change] = []
        for folder in self._folders:
            try:
                stamp = _stamp(folder)
                if stamp != self._stamps[folder]:
                    changes += self._read_again(folder)
                    self._stamps[folder] = stamp
            except OSError:
                continue  # no descriptor to look with: that says nothing of the files
        if changes:
            self._index()
        return changes

    def _read_again(self, folder: Path) -> list[Change]:
        there = _files(folder)
        changes = [change for file in there if (change := self._reread(file))]
        for file, kept in self._kept.items():
            if file.parent == folder and file not in there and not kept.gone:
                kept.gone = True
                text = "the file is gone; what it said is used on until the restart"
                changes.append(Change(Happened.GONE, file, text))
        return changes

    def _reread(self, file: Path) -> Change | None:
        kept = self._kept.setdefault(file, _Kept())
        kept.gone = False
        try:
            persona = self._read(file)
        except PersonaError as error:
            return self._broken(kept, error)
        if persona == kept.persona and kept.fault is None:
            return None
        kept.persona, kept.fault = persona, None
        return Change(Happened.LOADED, file, " ".join((f"{persona.name}.", *persona.notes)))

    def _broken(self, kept: _Kept, error: PersonaError) -> Change | None:
        if kept.fault == str(error):
            return None
        kept.fault = str(error)
        then = "the version before it is used on" if kept.persona else "it is not used"
        return Change(Happened.BROKEN, error.file, f"{error} Until that is mended, {then}.")

    def _read(self, file: Path) -> Persona:
        persona = read_persona(file, self._tools)
        for other, kept in self._kept.items():
            taken = kept.persona is not None and kept.persona.name == persona.name
            if taken and other != file and other.parent == file.parent and not kept.gone:
                words = f'name is "{persona.name}", and so is that of {other.name}; choose another.'
                line = line_of(file.read_text(encoding="utf-8"), "name")
                raise PersonaError(file, words, line=line, key="name")
        return persona

    def _index(self) -> None:
        good = {persona.name: persona for _, persona in self._good()}
        self._personas = {**self._personas, **good}  # a name that was given up serves on, too

    def _good(self) -> list[tuple[Path, Persona]]:
        """The later counts: the user's over the shipped, what is there over what is gone."""
        order = {folder: number for number, folder in enumerate(self._folders)}
        ranked = sorted(
            self._kept.items(), key=lambda one: (order[one[0].parent], not one[1].gone, one[0])
        )
        return [(file, kept.persona) for file, kept in ranked if kept.persona]

    def _wins(self, persona: Persona) -> bool:
        return self._personas.get(persona.name) is persona


def _files(folder: Path) -> list[Path]:
    return [folder / name for name, *_ in _stamp(folder) if name.endswith(".toml")]


def _stamp(folder: Path) -> _Stamp:
    """What changes when a file does that may belong to a persona; nothing without a folder."""
    # By strings: Path takes five times as long for the same calls, and this is done each second.
    try:
        with os.scandir(folder) as entries:
            ours = (entry for entry in entries if entry.name.endswith((".toml", ".md")))
            return tuple(sorted((entry.name, *_version(entry)) for entry in ours))
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return ()


def _version(entry: os.DirEntry[str]) -> tuple[int, int, int]:
    try:
        seen = entry.stat()
    except OSError:
        return 0, 0, 0  # a link to nothing, or it just went: whoever reads it will be told
    return seen.st_mtime_ns, seen.st_size, seen.st_ino
