"""A session's configuration as people write it, read into the upstream's GA session.

Owns the names: GA's own, those of beta, and the flat ones of the small dialects and
of persona files; each leads to one place of the GA object. Must not know what a
field may be (`session_fields`), nor who asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rtproxy.model.event import Json
from rtproxy.model.field_rules import Choice, FieldError, Place, Rule
from rtproxy.model.session_fields import INPUT, OUTPUT, SESSION

__all__ = [
    "FLAT_NAMES",
    "FieldError",
    "SessionConfig",
    "copied",
    "merge_session",
    "read_session_config",
]

Path = tuple[str, ...]

_IN, _OUT = ("audio", "input"), ("audio", "output")

# By which names a field may be written at the top, and where it lies in the GA object.
FLAT_NAMES: dict[str, Path] = {
    **{name: (name,) for name in SESSION},
    "voice": (*_OUT, "voice"),
    "speed": (*_OUT, "speed"),
    "turn_detection": (*_IN, "turn_detection"),
    "transcription": (*_IN, "transcription"),
    "noise_reduction": (*_IN, "noise_reduction"),
    "modalities": ("output_modalities",),
    "max_response_output_tokens": ("max_output_tokens",),
    "input_audio_format": (*_IN, "format"),
    "output_audio_format": (*_OUT, "format"),
    "input_audio_transcription": (*_IN, "transcription"),
    "input_audio_noise_reduction": (*_IN, "noise_reduction"),
}

_RULES: dict[Path, Rule] = {
    **{(name,): rule for name, rule in SESSION.items()},
    **{(*_IN, name): rule for name, rule in INPUT.items()},
    **{(*_OUT, name): rule for name, rule in OUTPUT.items()},
}

_TYPE = Choice(("realtime",))
_SET_BY_UPSTREAM = frozenset({"id", "object", "expires_at", "client_secret"})
_TOP = (*FLAT_NAMES, "audio", "type")


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """A partial GA session object without `type`, and what was not taken as written.

    `dropped` has a sentence for each field that is left out, or used otherwise.
    """

    session: Json
    dropped: tuple[str, ...] = ()


def read_session_config(
    fields: Mapping[str, Any], *, where: str = "session", tools: Rule = SESSION["tools"]
) -> SessionConfig:
    """Read the fields of a session, by whichever names.

    `where` stands before each path in refusals. A field may be written once, under one
    of its names; `tools` says what may stand in that field. Raises FieldError for the first
    that cannot be used.
    """
    rules = {**_RULES, ("tools",): tools}
    at = Place(where)
    session: Json = {}
    written: dict[Path, str] = {}
    for name, value in fields.items():
        for path, inner, place in _leaves(name, value, at):
            other = written.setdefault(path, place.path)
            if other != place.path:
                message = (
                    f"{place.path} is written twice, the other time as {other}; leave one out."
                )
                raise FieldError(place.path, message)
            _put(session, path, rules[path].read(inner, place))
    return SessionConfig(session, tuple(at.notes))


def _leaves(name: str, value: Any, at: Place) -> list[tuple[Path, Any, Place]]:
    """The fields that a name of the top stands for: none, itself, or what is in `audio`."""
    place = at.inside(name)
    if name in FLAT_NAMES:
        return [(FLAT_NAMES[name], value, place)]
    match name:
        case "audio":
            return _audio_leaves(value, place)
        case "type":
            _TYPE.read(value, place)
        case "temperature":
            at.notes.append(
                f"{place.path} is left out: the upstream takes no temperature any more."
            )
        case _ if name in _SET_BY_UPSTREAM:
            at.notes.append(f"{place.path} is left out: the upstream sets it itself.")
        case _:
            raise at.unknown(name, _TOP)
    return []


def _audio_leaves(audio: Any, at: Place) -> list[tuple[Path, Any, Place]]:
    found: list[tuple[Path, Any, Place]] = []
    for side, inside in _object(audio, at, ("input", "output")).items():
        place = at.inside(side)
        known = INPUT if side == "input" else OUTPUT
        for name, value in _object(inside, place, known).items():
            found.append((("audio", side, name), value, place.inside(name)))
    return found


def _object(value: Any, at: Place, known: Mapping[str, Any] | Path) -> Json:
    if not isinstance(value, dict):
        raise at.wrong(value, f"an object ({', '.join(known)})")
    for key in value:
        if key not in known:
            raise at.unknown(str(key), known)
    return value


def _put(session: Json, path: Path, value: Any) -> None:
    *outer, last = path
    inside = session
    for key in outer:
        inside = inside.setdefault(key, {})
    inside[last] = value


def copied(value: Any) -> Any:
    """A copy of JSON, all the way down; ten times as fast as one that asks what it copies."""
    if isinstance(value, dict):
        return {key: copied(inner) for key, inner in value.items()}
    return [copied(inner) for inner in value] if isinstance(value, list) else value


def merge_session(base: Json, change: Json) -> Json:
    """`base` with what `change` says otherwise, as the upstream merges an update.

    Both are (partial) GA sessions. What `change` does not name stays; a turn detection of
    the same type keeps the fields that are not named, one of another type keeps none.
    """
    merged = {**base, **change}
    for key in ("audio", "input", "output"):
        if isinstance(base.get(key), dict) and isinstance(change.get(key), dict):
            merged[key] = merge_session(base[key], change[key])
    before, after = base.get("turn_detection"), change.get("turn_detection")
    if before and after and before.get("type") == after.get("type"):
        merged["turn_detection"] = {**before, **after}
    return merged
