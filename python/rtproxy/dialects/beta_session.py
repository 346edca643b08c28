"""Sessions, and what is asked of one answer: from the beta shape to GA, and back.

Owns how the value of a field is written in each (protocol reference, sections 1.3 and
2); where GA has it, `FLAT_NAMES` knows. Must not know events, nor judge values: what
the table does not know passes as it is, so that the upstream answers for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rtproxy.model.event import Json
from rtproxy.model.session_config import FLAT_NAMES
from rtproxy.model.session_fields import BETA_FORMATS

_NAMES_OF_FORMATS = {ga["type"]: beta for beta, ga in BETA_FORMATS.items()}
# What came with GA: a client of the beta shape would not know what it is told.
_GA_ONLY = ("type", "truncation", "prompt", "reasoning", "parallel_tool_calls")
# What GA has no place for.
_BETA_ONLY = {
    "temperature": "the upstream takes no temperature any more",
    "client_secret": "secrets are made over HTTP",
}

_Convert = Callable[[Any], Any]


def _unchanged(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class _Field:
    """One field: its name in the beta shape, and where GA has it."""

    beta: str
    ga: tuple[str, ...]
    to_ga: _Convert
    to_beta: _Convert


def _format_to_ga(value: Any) -> Any:
    return BETA_FORMATS.get(value, value) if isinstance(value, str) else value


def _format_to_beta(value: Any) -> Any:
    named = value.get("type") if isinstance(value, dict) else value
    return _NAMES_OF_FORMATS.get(named, named) if isinstance(named, str) else value


def _modalities_to_ga(value: Any) -> Any:
    """GA has one at a time; audio brings its transcript. What is neither is refused there."""
    return ["audio"] if value in (["audio", "text"], ["text", "audio"]) else value


def _modalities_to_beta(value: Any) -> Any:
    return ["audio", "text"] if value == ["audio"] else value


def _voice_to_beta(value: Any) -> Any:
    return value.get("id", value) if isinstance(value, dict) else value


def _detection_to_beta(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: inner for key, inner in value.items() if key != "idle_timeout_ms"}


def _tool_choice_to_ga(value: Any) -> Any:
    """A function by name: GA writes the name beside the type."""
    function = value.get("function") if isinstance(value, dict) else None
    if not isinstance(function, dict) or "name" in value:
        return value
    return {"type": "function", "name": function.get("name")}


def _tool_choice_to_beta(value: Any) -> Any:
    if not isinstance(value, dict) or value.get("type") != "function":
        return value
    return {"type": "function", "function": {"name": value.get("name")}}


def _field(beta: str, to_ga: _Convert = _unchanged, to_beta: _Convert = _unchanged) -> _Field:
    return _Field(beta, FLAT_NAMES[beta], to_ga, to_beta)


_MODALITIES = _field("modalities", _modalities_to_ga, _modalities_to_beta)
_VOICE = _field("voice", to_beta=_voice_to_beta)
_OUTPUT_FORMAT = _field("output_audio_format", _format_to_ga, _format_to_beta)
_TOOL_CHOICE = _field("tool_choice", _tool_choice_to_ga, _tool_choice_to_beta)
_MOST_TOKENS = _field("max_response_output_tokens")

_SESSION = (
    _MODALITIES,
    _VOICE,
    _field("speed"),
    _field("input_audio_format", _format_to_ga, _format_to_beta),
    _OUTPUT_FORMAT,
    _field("input_audio_transcription"),
    _field("input_audio_noise_reduction"),
    _field("turn_detection", to_beta=_detection_to_beta),
    _TOOL_CHOICE,
    _MOST_TOKENS,
)
_RESPONSE_ASKED = (_MODALITIES, _VOICE, _OUTPUT_FORMAT, _TOOL_CHOICE, _MOST_TOKENS)
# Once there is a response, both shapes call its limit the same.
_RESPONSE_TOLD = (_MODALITIES, _VOICE, _OUTPUT_FORMAT)

_MOVED = [each for each in _SESSION if each.ga != (each.beta,)]
_SAYS_BETA = frozenset(each.beta for each in _MOVED) | {"temperature"}
_SAYS_GA = frozenset(each.ga[0] for each in _MOVED) | {"type"}


def names_beta(session: Mapping[str, Any]) -> bool:
    """Whether a client that writes this speaks the beta shape.

    It does where it uses a name that only that shape has, and none that only GA has:
    in a session of GA such a name is a mistake, for the upstream to tell.
    """
    return not _SAYS_BETA.isdisjoint(session) and _SAYS_GA.isdisjoint(session)


def session_to_ga(session: Mapping[str, Any]) -> tuple[Json, tuple[str, ...]]:
    """A session that a client asks for; and sentences for what GA has no place for."""
    ga = {"type": "realtime", **_to_ga(session, _SESSION)}
    left = (name for name in _BETA_ONLY if name in session)
    return ga, tuple(f"session.{name} is left out: {_BETA_ONLY[name]}." for name in left)


def transcription_to_ga(session: Mapping[str, Any]) -> tuple[Json, tuple[str, ...]]:
    """The same of a session that only transcribes; it has no output, whatever it names."""
    asked = {name: value for name, value in session.items() if name != "modalities"}
    ga, dropped = session_to_ga(asked)
    return {**ga, "type": "transcription"}, dropped


def session_to_beta(session: Mapping[str, Any]) -> Json:
    """A session as the upstream tells it."""
    return _to_beta(session, _SESSION)


def response_to_ga(response: Mapping[str, Any]) -> Json:
    """What a client asks of one answer (its `input` is items, not fields)."""
    return _to_ga(response, _RESPONSE_ASKED)


def response_to_beta(response: Mapping[str, Any]) -> Json:
    """An answer as the upstream tells it (its `output` is items, not fields)."""
    return _to_beta(response, _RESPONSE_TOLD)


def param_to_beta(param: str) -> str:
    """Where an error points, as the client wrote it: `session.audio.output.voice`."""
    of, _, path = param.partition(".")
    if of not in ("session", "response"):
        return param
    for field in _MOVED:
        place = ".".join(field.ga)
        if path == place or path.startswith((f"{place}.", f"{place}[")):
            return f"{of}.{field.beta}{path.removeprefix(place)}"
    return param


def _to_ga(asked: Mapping[str, Any], fields: tuple[_Field, ...]) -> Json:
    moved = {field.beta for field in fields}.union(_BETA_ONLY)
    ga = {name: value for name, value in asked.items() if name not in moved}
    for field in fields:
        if field.beta in asked:
            _put(ga, field.ga, field.to_ga(asked[field.beta]))
    return ga


def _to_beta(told: Mapping[str, Any], fields: tuple[_Field, ...]) -> Json:
    moved = {field.ga[0] for field in fields}.union(_GA_ONLY)
    beta = {name: value for name, value in told.items() if name not in moved}
    for field in fields:
        inside, value = _find(told, field.ga)
        if inside:
            beta[field.beta] = field.to_beta(value)
    return beta


def _put(target: Json, path: tuple[str, ...], value: Any) -> None:
    """Write into copies: what a client sent beside it is not ours to change."""
    for key in path[:-1]:
        inner = target.get(key)
        target[key] = dict(inner) if isinstance(inner, dict) else {}
        target = target[key]
    target[path[-1]] = value


def _find(source: Mapping[str, Any], path: tuple[str, ...]) -> tuple[bool, Any]:
    found: Any = source
    for key in path:
        if not isinstance(found, dict) or key not in found:
            return False, None
        found = found[key]
    return True, found
