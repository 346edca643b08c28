"""The fields of a GA session: what each may be.

Owns names, types and ranges (protocol reference, section 2; ranges without a
source there are the widest that the upstream is known to take). Must not know by
which other names people write them: that is `session_config`.
"""

from __future__ import annotations

from typing import Any

from rtproxy.model.event import Json
from rtproxy.model.field_rules import (
    Anything,
    Choice,
    Flag,
    Kinds,
    Listed,
    Number,
    Object,
    Open,
    OrNull,
    Place,
    Rule,
    Short,
    Text,
    Word,
)
from rtproxy.model.voices import VOICES, is_custom, known_voice

NONE = "none"
_NAME = Text(1)


class _Modalities:
    """One modality at a time; who asks for both gets audio, which brings its text along."""

    may_be = '["audio"] or ["text"]'

    def read(self, value: object, at: Place) -> list[str]:
        if value in (["text"], ["audio"]):
            return list(value)
        if isinstance(value, list) and sorted(map(str, value)) == ["audio", "text"]:
            at.notes.append(
                f"{at.path} asks for audio and text, and the upstream gives one of them at a "
                "time: it is audio now, which brings its transcript along."
            )
            return ["audio"]
        raise at.wrong(value, self.may_be)


# By the names that they had in beta.
BETA_FORMATS: dict[str, Json] = {
    "pcm16": {"type": "audio/pcm", "rate": 24_000},
    "g711_ulaw": {"type": "audio/pcmu"},
    "g711_alaw": {"type": "audio/pcma"},
}
_WHOLE_FORMATS = {whole["type"]: whole for whole in BETA_FORMATS.values()}


class _Format:
    """A format of GA, or the name that it had in beta."""

    may_be = '"pcm16", "g711_ulaw" or "g711_alaw" (as GA: audio/pcm at 24000 Hz, audio/pcmu, …)'
    _rule = Kinds(
        {
            "audio/pcm": Object({"rate": Number(24_000, 24_000, whole=True)}),
            "audio/pcmu": Object({}),
            "audio/pcma": Object({}),
        }
    )

    def read(self, value: object, at: Place) -> dict[str, Any]:
        if isinstance(value, str):
            whole = BETA_FORMATS.get(value) or _WHOLE_FORMATS.get(value)
            if whole is None:
                raise at.wrong(value, self.may_be)
            return {**whole}
        kind = self._rule.read(value, at)["type"]
        return {**_WHOLE_FORMATS[kind]}


class _Voice:
    """A voice of the upstream's, one that it had, or the id of the user's own."""

    _named = ", ".join(f'"{voice}"' for voice in VOICES)
    may_be = f'one of {_named}, or the id of a voice of your own: "voice_…" or {{id}}'
    _own = Object({"id": _NAME}, required=("id",))

    def read(self, value: object, at: Place) -> str | dict[str, Any]:
        if isinstance(value, dict):
            return self._own.read(value, at)
        voice = known_voice(value) if isinstance(value, str) else None
        if voice is None:
            raise at.wrong(value, self.may_be)
        if is_custom(voice):
            return {"id": voice}
        if voice != str(value).strip().lower():
            at.notes.append(
                f"{at.path} is {value!r}, which the upstream does not have: it is {voice!r} now."
            )
        return voice


_ANSWERS = {"create_response": Flag(), "interrupt_response": Flag()}
TURN_DETECTION = OrNull(
    Short(
        "type",
        Kinds(
            {
                "server_vad": Object(
                    {
                        "threshold": Number(0, 1),
                        "prefix_padding_ms": Number(0, 5_000, whole=True),
                        "silence_duration_ms": Number(0, 10_000, whole=True),
                        "idle_timeout_ms": OrNull(Number(5_000, 30_000, whole=True)),
                        **_ANSWERS,
                    }
                ),
                "semantic_vad": Object(
                    {"eagerness": Choice(("low", "medium", "high", "auto")), **_ANSWERS}
                ),
            }
        ),
    ),
    NONE,
)

_EFFORTS = ("minimal", "low", "medium", "high", "xhigh")
TRANSCRIPTION = OrNull(
    Short(
        "model",
        Object(
            {
                "model": _NAME,
                "language": OrNull(_NAME),
                "prompt": OrNull(Text()),
                "delay": Choice(_EFFORTS),
                "keywords": Listed(_NAME),
                "languages": Listed(_NAME),
            }
        ),
    ),
    NONE,
)

NOISE_REDUCTION = OrNull(
    Short(
        "type",
        Object(
            {"type": Choice(("near_field", "far_field")), "strength": Anything()},
            required=("type",),
        ),
    ),
    NONE,
)

_REACHED_BY = ("server_url", "connector_id", "tunnel_id")


class _McpTool(Object):
    """A server of tools; the upstream has to know where it is."""

    def read(self, value: object, at: Place) -> dict[str, Any]:
        read = Object.read(self, value, at)
        if not any(name in read for name in _REACHED_BY):
            raise at.wrong(value, f"a tool with one of {', '.join(_REACHED_BY)}")
        return read


TOOLS = Listed(
    Kinds(
        {
            "function": Object(
                {"name": _NAME, "description": OrNull(Text()), "parameters": Open()},
                required=("name",),
            ),
            "mcp": _McpTool(
                {
                    "server_label": _NAME,
                    **dict.fromkeys(_REACHED_BY, _NAME),
                    "authorization": Text(),
                    "headers": OrNull(Open(Text())),
                    "allowed_tools": Anything(),
                    "require_approval": Anything(),
                    "server_description": Text(),
                    "allowed_callers": Anything(),
                    "defer_loading": Flag(),
                },
                required=("server_label",),
            ),
        }
    )
)


class _NamedTool:
    """One that runs in the proxy, by its name; or one that the session declares."""

    _declared = TOOLS.of
    may_be = f"the name of a tool that runs in the proxy, or {_declared.may_be}"

    def read(self, value: object, at: Place) -> Any:
        return value if isinstance(value, str) and value else self._declared.read(value, at)


# What who runs the proxy may write: clients know nothing of the proxy's own.
TOOLS_BY_NAME = Listed(_NamedTool())


class _ToolChoice:
    """Which tools may be called; a function may be named as in beta."""

    _rule = Word(
        ("auto", "none", "required"),
        Kinds(
            {
                "function": Object({"name": _NAME}, required=("name",)),
                "mcp": Object({"server_label": _NAME, "name": OrNull(_NAME)}, ("server_label",)),
            }
        ),
    )
    may_be = _rule.may_be

    def read(self, value: object, at: Place) -> Any:
        if isinstance(value, dict) and isinstance(value.get("function"), dict):
            rest = {key: inner for key, inner in value.items() if key != "function"}
            value = {**rest, **value["function"]}
        return self._rule.read(value, at)


TRACING = OrNull(
    Word(("auto",), Object({"workflow_name": Text(), "group_id": Text(), "metadata": Open()})),
    NONE,
)
TRUNCATION = Word(
    ("auto", "disabled"),
    Object(
        {
            "type": Choice(("retention_ratio",)),
            "retention_ratio": Number(0, 1),
            "token_limits": Object({"post_instructions": Number(0, 1_000_000, whole=True)}),
        },
        required=("type", "retention_ratio"),
    ),
)
PROMPT = OrNull(
    Short(
        "id",
        Object({"id": _NAME, "version": OrNull(Text()), "variables": OrNull(Open())}, ("id",)),
    ),
    NONE,
)

INPUT: dict[str, Rule] = {
    "format": _Format(),
    "transcription": TRANSCRIPTION,
    "noise_reduction": NOISE_REDUCTION,
    "turn_detection": TURN_DETECTION,
}
OUTPUT: dict[str, Rule] = {"format": _Format(), "voice": _Voice(), "speed": Number(0.25, 1.5)}

# The fields of the object itself; those of audio lie deeper.
SESSION: dict[str, Rule] = {
    "model": _NAME,
    "output_modalities": _Modalities(),
    "instructions": Text(),
    "tools": TOOLS,
    "tool_choice": _ToolChoice(),
    "max_output_tokens": Word(("inf",), Number(1, 4_096, whole=True)),
    "tracing": TRACING,
    "truncation": TRUNCATION,
    "prompt": PROMPT,
    "reasoning": Short("effort", Object({"effort": Choice(_EFFORTS)})),
    "parallel_tool_calls": Flag(),
    "include": OrNull(Listed(Choice(("item.input_audio_transcription.logprobs",)))),
}
