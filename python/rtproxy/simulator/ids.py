"""Ids, padding and choices, all from one seed.

Owns every bit of chance in the simulator, so that a seed makes a conversation
repeatable. Must not know what is being named.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from string import ascii_letters, digits
from typing import TypeVar

_ALPHABET = (digits + ascii_letters).encode()
_LETTERS = bytes(_ALPHABET[byte % len(_ALPHABET)] for byte in range(256))
_LENGTH = {"call": 16}  # captured live; all other kinds have 21
_PADDED = 16  # obfuscation makes delta and pad a multiple of this many characters long

T = TypeVar("T")


class Ids:
    """A stream of names and choices that depends on nothing but `seed`."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed[:64]
        self._drawn = 0

    def new(self, kind: str) -> str:
        """An id as the upstream makes them: `item_` and 21 letters or digits."""
        return f"{kind}_{self._letters(_LENGTH.get(kind, 21))}"

    def pad(self, text: str) -> str:
        """The `obfuscation` for a delta: 1 to 16 characters that hide its length."""
        return self._letters(_PADDED - len(text) % _PADDED)

    def choose(self, options: Sequence[T]) -> T:
        """One of the options, all equally likely."""
        return options[int.from_bytes(self._draw(8)) % len(options)]

    def _letters(self, count: int) -> str:
        return self._draw(count).translate(_LETTERS).decode()

    def _draw(self, count: int) -> bytes:
        self._drawn += 1
        return blake2b(self._drawn.to_bytes(8), key=self._seed, digest_size=count).digest()
