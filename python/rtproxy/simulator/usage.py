"""Tokens: what a response used, and what is left of the rate limit.

Owns the arithmetic, which only has to be plausible: input audio is a token per
100 ms, output audio one per 50 ms, text one per four characters. Must not know
how responses come about.
"""

from __future__ import annotations

from collections.abc import Iterable

from rtproxy.simulator.commands import Json
from rtproxy.simulator.items import Item

INPUT_AUDIO_MS = 100
OUTPUT_AUDIO_MS = 50
_CHARACTERS = 4


def text_tokens(text: str) -> int:
    """Tokens of a text, at least one unless it is empty."""
    return -(-len(text) // _CHARACTERS)


def item_tokens(item: Item, audio_token_ms: int) -> tuple[int, int]:
    """(text tokens, audio tokens) of an item."""
    fields = [str(value) for value in item.fields.values()]
    texts = [part.text or part.transcript or "" for part in item.parts]
    audio = sum(-(-part.audio_ms // audio_token_ms) for part in item.parts)
    return sum(text_tokens(text) for text in fields + texts), audio


def usage(context: Iterable[Item], instructions: str, output: Iterable[Item]) -> Json:
    """The `usage` of a response that has read `context` and made `output`."""
    read = [item_tokens(item, INPUT_AUDIO_MS) for item in context]
    made = [item_tokens(item, OUTPUT_AUDIO_MS) for item in output]
    text_in = text_tokens(instructions) + sum(text for text, _ in read)
    audio_in = sum(audio for _, audio in read)
    text_out, audio_out = sum(text for text, _ in made), sum(audio for _, audio in made)
    kinds = {"text_tokens": 0, "audio_tokens": 0, "image_tokens": 0}
    return {
        "total_tokens": text_in + audio_in + text_out + audio_out,
        "input_tokens": text_in + audio_in,
        "output_tokens": text_out + audio_out,
        "input_token_details": {
            "text_tokens": text_in,
            "audio_tokens": audio_in,
            "image_tokens": 0,
            "cached_tokens": 0,
            "cached_tokens_details": kinds,
        },
        "output_token_details": {"text_tokens": text_out, "audio_tokens": audio_out},
    }


class TokenBudget:
    """Tokens per minute, refilled steadily; spending more than there is leaves none."""

    def __init__(self, limit: int, now: float) -> None:
        self._limit = limit
        self._left = float(limit)
        self._at = now

    def spend(self, tokens: int, now: float) -> None:
        """Take what a response used."""
        self._refill(now)
        self._left = max(0.0, self._left - tokens)

    def exhaust(self, now: float) -> None:
        """Leave nothing."""
        self._refill(now)
        self._left = 0.0

    def report(self, now: float) -> list[Json]:
        """The `rate_limits` of the wire: live frames hold one entry named `tokens`."""
        self._refill(now)
        missing = self._limit - self._left
        return [
            {
                "name": "tokens",
                "limit": self._limit,
                "remaining": int(self._left),
                "reset_seconds": round(missing * 60 / self._limit, 3),
            }
        ]

    def _refill(self, now: float) -> None:
        self._left = min(self._limit, self._left + (now - self._at) * self._limit / 60)
        self._at = now
