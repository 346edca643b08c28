"""What a client may write into a session, a response and an item.

Owns the fields and their ranges (protocol reference, sections 1 and 2). Must not
know what they do.
"""

from __future__ import annotations

from rtproxy.model.voices import VOICES
from rtproxy.simulator import errors
from rtproxy.simulator.schema import (
    Check,
    Shape,
    Tagged,
    anything,
    array,
    boolean,
    choice,
    integer,
    mapping,
    nullable,
    number,
    string_or,
    text,
)


def _modalities(value: object, path: str) -> None:
    array(choice("text", "audio"))(value, path)
    if value not in (["text"], ["audio"]):
        raise errors.invalid_value(
            path,
            f"Invalid modalities: {value}. Supported combinations are: ['text'] and ['audio'].",
        )


def _metadata(value: object, path: str) -> None:
    given = mapping(value, path)
    if len(given) > 16:
        raise errors.invalid_value(path, f"Invalid '{path}': at most 16 keys, got {len(given)}.")
    for key, inner in given.items():
        if len(key) > 64 or len(text(inner, f"{path}.{key}")) > 512:
            message = f"Invalid '{path}': keys have at most 64 characters, values 512."
            raise errors.invalid_value(path, message)


AUDIO_FORMAT = Tagged(
    "type",
    {
        "audio/pcm": Shape({"type": text, "rate": integer(24_000, 24_000)}),
        "audio/pcmu": Shape({"type": text}),
        "audio/pcma": Shape({"type": text}),
    },
)

TURN_DETECTION = Tagged(
    "type",
    {
        "server_vad": Shape(
            {
                "type": text,
                "threshold": number(0, 1),
                "prefix_padding_ms": integer(0, 5_000),
                "silence_duration_ms": integer(0, 10_000),
                "idle_timeout_ms": nullable(integer(5_000, 30_000)),
                "create_response": boolean,
                "interrupt_response": boolean,
            }
        ),
        "semantic_vad": Shape(
            {
                "type": text,
                "eagerness": choice("low", "medium", "high", "auto"),
                "create_response": boolean,
                "interrupt_response": boolean,
            }
        ),
    },
)

TRANSCRIPTION = Shape(
    {
        "model": text,
        "language": nullable(text),
        "prompt": nullable(text),
        "delay": choice("minimal", "low", "medium", "high", "xhigh"),
        "keywords": array(text),
        "languages": array(text),
    }
)

NOISE_REDUCTION = Shape(
    {"type": choice("near_field", "far_field"), "strength": anything}, required=("type",)
)

VOICE = string_or(Shape({"id": text}, required=("id",)), *VOICES)

_FUNCTION = {"type": text, "name": text, "description": nullable(text), "parameters": mapping}
_MCP = (
    "server_label",
    "server_url",
    "connector_id",
    "tunnel_id",
    "authorization",
    "headers",
    "allowed_tools",
    "require_approval",
    "server_description",
    "allowed_callers",
    "defer_loading",
)
TOOL = Tagged(
    "type",
    {
        "function": Shape(_FUNCTION, required=("name",)),
        "mcp": Shape({"type": text, **dict.fromkeys(_MCP, anything)}, required=("server_label",)),
    },
)
TOOL_CHOICE = string_or(
    Tagged(
        "type",
        {
            "function": Shape({"type": text, "name": text}, required=("name",)),
            "mcp": Shape(
                {"type": text, "server_label": text, "name": nullable(text)},
                required=("server_label",),
            ),
        },
    ),
    "auto",
    "none",
    "required",
)

MAX_OUTPUT_TOKENS = string_or(integer(1, 4_096), "inf")
TRACING = nullable(
    string_or(Shape({"workflow_name": text, "group_id": text, "metadata": mapping}), "auto")
)
TRUNCATION = string_or(
    Shape(
        {
            "type": choice("retention_ratio"),
            "retention_ratio": number(0, 1),
            "token_limits": Shape({"post_instructions": integer(0, 1_000_000)}),
        },
        required=("type", "retention_ratio"),
    ),
    "auto",
    "disabled",
)
PROMPT = nullable(
    Shape({"id": text, "version": nullable(text), "variables": nullable(mapping)}, ("id",))
)
REASONING = Shape({"effort": choice("minimal", "low", "medium", "high", "xhigh")})

_SHARED: dict[str, Check] = {
    "output_modalities": _modalities,
    "instructions": text,
    "tools": array(TOOL),
    "tool_choice": TOOL_CHOICE,
    "max_output_tokens": MAX_OUTPUT_TOKENS,
    "prompt": PROMPT,
    "reasoning": REASONING,
    "parallel_tool_calls": boolean,
}

_INPUT = Shape(
    {
        "format": AUDIO_FORMAT,
        "transcription": nullable(TRANSCRIPTION),
        "noise_reduction": nullable(NOISE_REDUCTION),
        "turn_detection": nullable(TURN_DETECTION),
    }
)
_INCLUDE = nullable(array(choice("item.input_audio_transcription.logprobs")))
_REALTIME = Shape(
    {
        **_SHARED,
        "type": text,
        "model": text,
        "audio": Shape(
            {
                "input": _INPUT,
                "output": Shape(
                    {"format": AUDIO_FORMAT, "voice": VOICE, "speed": number(0.25, 1.5)}
                ),
            }
        ),
        "tracing": TRACING,
        "truncation": TRUNCATION,
        "include": _INCLUDE,
    }
)
_TRANSCRIPTION = Shape({"type": text, "audio": Shape({"input": _INPUT}), "include": _INCLUDE})
SESSION = Tagged("type", {"realtime": _REALTIME, "transcription": _TRANSCRIPTION})

_STATUS = choice("completed", "incomplete", "in_progress")
_OWN = {"id": text, "object": choice("realtime.item"), "type": text, "status": _STATUS}
_TEXT_PART = Shape({"type": text, "text": text}, required=("text",))
_USER_PART = Tagged(
    "type",
    {
        "input_text": _TEXT_PART,
        "input_audio": Shape(
            {"type": text, "audio": text, "transcript": nullable(text)}, required=("audio",)
        ),
        "input_image": Shape(
            {"type": text, "image_url": text, "detail": choice("auto", "low", "high")},
            required=("image_url",),
        ),
    },
)
# Audio of the assistant cannot be given back to the upstream: it asks for text instead.
_SPOKEN_PART = Shape({"type": text, "text": text, "audio": text, "transcript": text}, ("text",))


def _message(part: Check) -> Shape:
    fields = {**_OWN, "role": text, "content": array(part)}
    return Shape(fields, required=("content",))


_MESSAGE = Tagged(
    "role",
    {
        "user": _message(_USER_PART),
        "system": _message(Tagged("type", {"input_text": _TEXT_PART})),
        "assistant": _message(
            Tagged("type", {"output_text": _TEXT_PART, "output_audio": _SPOKEN_PART})
        ),
    },
)
_CALL = {**_OWN, "name": text, "call_id": text, "arguments": text}
_ITEMS: dict[str, Check] = {
    "message": _MESSAGE,
    "function_call": Shape(_CALL, required=("name", "arguments")),
    "function_call_output": Shape(
        {**_OWN, "call_id": text, "output": text}, required=("call_id", "output")
    ),
    "mcp_approval_response": Shape(
        {**_OWN, "approval_request_id": text, "approve": boolean, "reason": nullable(text)},
        required=("approval_request_id", "approve"),
    ),
    # Other items of MCP are kept as they are: the simulator runs no MCP servers.
    "mcp_approval_request": mapping,
    "mcp_list_tools": mapping,
    "mcp_call": mapping,
}
ITEM = Tagged("type", _ITEMS)
_REFERENCE = Shape({"type": text, "id": text}, required=("id",))

RESPONSE = Shape(
    {
        **_SHARED,
        "conversation": choice("auto", "none"),
        "metadata": nullable(_metadata),
        "input": array(Tagged("type", {**_ITEMS, "item_reference": _REFERENCE})),
        "audio": Shape({"output": Shape({"format": AUDIO_FORMAT, "voice": VOICE})}),
    }
)


def _event(required: tuple[str, ...] = (), **fields: Check) -> Shape:
    return Shape({"type": text, "event_id": text, **fields}, required=required)


CLIENT_EVENTS: dict[str, Shape] = {
    "session.update": _event(("session",), session=SESSION),
    "input_audio_buffer.append": _event(("audio",), audio=text),
    "input_audio_buffer.commit": _event(),
    "input_audio_buffer.clear": _event(),
    "conversation.item.create": _event(("item",), item=ITEM, previous_item_id=nullable(text)),
    "conversation.item.retrieve": _event(("item_id",), item_id=text),
    "conversation.item.truncate": _event(
        ("item_id", "content_index", "audio_end_ms"),
        item_id=text,
        content_index=integer(0, 1_000),
        audio_end_ms=integer(0, 2**31),
    ),
    "conversation.item.delete": _event(("item_id",), item_id=text),
    "response.create": _event(response=RESPONSE),
    "response.cancel": _event(response_id=nullable(text)),
    "output_audio_buffer.clear": _event(),
}
