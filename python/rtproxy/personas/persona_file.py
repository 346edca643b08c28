"""One persona file, read: TOML, with instructions inline or in a Markdown file beside it.

Owns the keys of a persona file and the refusal that names file, line and key. Must not
know which files there are.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rtproxy.model.errors import ConfigError
from rtproxy.model.event import Json
from rtproxy.model.field_rules import FieldError, Place, Text
from rtproxy.model.session_config import merge_session, read_session_config
from rtproxy.model.session_fields import TOOLS_BY_NAME
from rtproxy.model.traits import read_traits
from rtproxy.personas.assigned import Assigned
from rtproxy.personas.persona import Persona
from rtproxy.personas.toml_lines import line_of

MAX_FILE_BYTES = 262_144

KEYS = (
    "name",
    "description",
    "instructions",
    "instructions_file",
    "voice",
    "greeting",
    "tools",
    "session",
    "traits",
)
_TEXTS = {"description": Text(), "instructions": Text(1), "greeting": Text(1)}
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_TOP = Place("")


class PersonaError(ConfigError):
    """A persona file that cannot be used.

    `file` and `line` (from 1; None where no line is at fault) say where, `key` which
    key (None: the file itself), `words` what it is and what it may be.
    """

    def __init__(self, file: Path, words: str, *, line: int | None = None, key: str | None = None):
        """Put it into one line."""
        where = f"{file}:{line}" if line else str(file)
        super().__init__(f"{where}: {words}")
        self.file = file
        self.line = line
        self.key = key
        self.words = words


def read_persona(file: Path, tools: Assigned | None = None) -> Persona:
    """The persona that a file describes; PersonaError where it cannot be used.

    `tools` are those that it may name; None: nobody knows, and any may be named.
    """
    text = _text_of(file, file)
    try:
        return _persona(file, _parsed(file, text), tools)
    except FieldError as error:
        raise _located(file, text, error) from error


def faults_of(file: Path, tools: Assigned | None = None) -> Iterator[PersonaError]:
    """Everything that is wrong with a file, a fault at a time; nothing where it can be used."""
    try:
        text = _text_of(file, file)
        tree = _parsed(file, text)
    except PersonaError as error:
        yield error
        return
    while True:
        try:
            _persona(file, tree, tools)
        except FieldError as error:
            yield _located(file, text, error)
            if not _set_aside(tree, error.param):
                return
        else:
            return


def _parsed(file: Path, text: str) -> Json:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"at line (\d+)", str(error))
        bad = int(at[1]) if at else len(text.splitlines())
        raise PersonaError(file, f"this is not TOML: {error}.", line=bad) from error


def _located(file: Path, text: str, error: FieldError) -> PersonaError:
    return PersonaError(file, error.message, line=line_of(text, error.param), key=error.param)


def _set_aside(tree: Json, path: str) -> bool:
    """Take the key out that a fault is about, so that the next one shows; whether it could be."""
    first, *inner = re.split(r"[.\[]", path)
    if first.startswith("instructions"):
        tree.pop("instructions_file", None)
        tree["instructions"] = "Those of the file cannot be read."
        return True
    inside = tree.get(first)
    if inner and isinstance(inside, dict):
        return inside.pop(inner[0], None) is not None
    return tree.pop(first, None) is not None


def _persona(file: Path, tree: Json, tools: Assigned | None) -> Persona:
    for key in tree:
        if key not in KEYS:
            raise _TOP.unknown(key, KEYS)
    texts = {
        key: rule.read(tree[key], _TOP.inside(key)) for key, rule in _TEXTS.items() if key in tree
    }
    session, notes = _session(tree)
    _check_tools(tree, session, tools)
    return Persona(
        name=_name(file, tree),
        description=texts.get("description", ""),
        instructions=_instructions(file, tree, session),
        session=session,
        greeting=texts.get("greeting"),
        traits=read_traits(_table(tree, "traits")),
        notes=notes,
    )


def _name(file: Path, tree: Json) -> str:
    name = tree.get("name", file.stem)
    if isinstance(name, str) and _NAME.fullmatch(name):
        return name
    may_be = "1 to 64 of a–z, 0–9, _ and -, a letter or digit first (without it: the file's name)"
    raise Place("name").wrong(name, may_be)


def _session(tree: Json) -> tuple[Json, tuple[str, ...]]:
    """What the session table says, and the few keys of it that may stand outside."""
    fields = _table(tree, "session")
    for key in ("voice", "tools", "instructions"):
        if key in tree and key in fields:
            words = f"session.{key} is written twice, the other time as {key}; leave one out."
            raise FieldError(f"session.{key}", words)
    inside = read_session_config(fields, tools=TOOLS_BY_NAME)
    short: Json = {key: tree[key] for key in ("voice", "tools") if key in tree}
    outside = read_session_config(short, where="", tools=TOOLS_BY_NAME)
    session = merge_session(outside.session, inside.session)
    return session, (*outside.dropped, *inside.dropped)


def _check_tools(tree: Json, session: Json, tools: Assigned | None) -> None:
    wrong = tools.unknown(session.get("tools", ())) if tools is not None else None
    if wrong is not None:
        key = "tools" if "tools" in tree else "session.tools"
        raise FieldError(key, f"{key} {wrong}.")


def _instructions(file: Path, tree: Json, session: Json) -> str:
    """The instructions, wherever they are; taken out of the session."""
    written: str | None = session.pop("instructions", None) or tree.get("instructions")
    named = tree.get("instructions_file")
    if named is not None and written:
        words = "instructions_file and instructions are both written; leave one out."
        raise FieldError("instructions_file", words)
    if named is not None:
        return _markdown(file, named)
    if written:
        return written.strip()
    if session.get("prompt"):
        return ""
    words = (
        "instructions are missing: write instructions, instructions_file (Markdown beside this"
        " file), or session.prompt, the id of a stored prompt."
    )
    raise FieldError("instructions", words)


def _markdown(file: Path, named: object) -> str:
    beside = file.parent
    if not isinstance(named, str) or named != Path(named).name or named in {"", ".", ".."}:
        may_be = "the name of a file in the same folder, without folders in it"
        raise Place("instructions_file").wrong(named, may_be)
    text = _text_of(beside / named, file, key="instructions_file").strip()
    if not text:
        raise FieldError("instructions_file", f"instructions_file {named} is empty; write into it.")
    return text


def _table(tree: Json, key: str) -> Mapping[str, Any]:
    table = tree.get(key, {})
    if not isinstance(table, dict):
        raise Place(key).wrong(table, f"a table: [{key}]")
    return table


def _text_of(path: Path, file: Path, *, key: str | None = None) -> str:
    """The text of a file that is small and regular; the refusal is about `file`."""
    try:
        if not path.is_file():
            return _refuse(file, key, f"{path.name} is no file; write one of that name.")
        with path.open("rb") as opened:
            raw = opened.read(MAX_FILE_BYTES + 1)
        if len(raw) > MAX_FILE_BYTES:
            return _refuse(file, key, f"{path.name} is larger than {MAX_FILE_BYTES} bytes.")
        return raw.decode()
    except OSError as error:
        return _refuse(file, key, f"{path.name} cannot be read: {error.strerror}.")
    except UnicodeDecodeError as error:
        bad = raw[error.start]
        return _refuse(file, key, f"{path.name} is not UTF-8: byte {error.start} is {bad:#04x}.")


def _refuse(file: Path, key: str | None, words: str) -> str:
    if key is None:
        raise PersonaError(file, words)
    raise FieldError(key, f"{key}: {words}")
