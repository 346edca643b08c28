"""What a tool has returned, as the model is given it.

Owns the encoding and its bound. Must not know which tool it was.
"""

from __future__ import annotations

import msgspec

from rtproxy.model.weight import weigh


class UnusableOutput(Exception):
    """What a tool returned cannot be given to the model; `code` says why in a word."""

    def __init__(self, code: str, message: str) -> None:
        """Keep both."""
        super().__init__(message)
        self.code = code


def sayable(text: str) -> str:
    """The text without what no message can have: halves of characters, as in names of files."""
    return text.encode(errors="replace").decode()


def encode_output(value: object, most_bytes: int) -> str:
    """Text as it is, anything else as JSON.

    Raises UnusableOutput for what is larger than `most_bytes`, and for what JSON cannot
    say.
    """
    if weigh(value, most_bytes) > most_bytes:
        raise _too_large(most_bytes)
    try:
        raw = value.encode() if isinstance(value, str) else msgspec.json.encode(value)
        if len(raw) > most_bytes:
            raise _too_large(most_bytes)
        return raw.decode()
    # A type that JSON has no word for, a number or a text beyond it, a loop, or whatever
    # the value's own methods raise while they are asked.
    except (TypeError, ValueError, RecursionError, OverflowError, AttributeError) as error:
        message = "The tool returned what JSON cannot say."
        raise UnusableOutput("output_not_json", message) from error


def _too_large(most_bytes: int) -> UnusableOutput:
    message = f"The tool returned more than {most_bytes} bytes, which is the most; ask it for less."
    return UnusableOutput("output_too_large", message)
