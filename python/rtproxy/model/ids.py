"""Ids of the proxy's own things.

Owns their shape. Must not draw dice itself: the random bytes are an argument.
"""

from __future__ import annotations

_ALPHABET = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no look-alikes on the phone
_LETTERS = 8 * _ALPHABET  # of every byte, its lowest five bits


def new_id(prefix: str, dice: bytes) -> str:
    """`prefix_` and one letter of base 32 for each byte of dice (16 give 80 bits)."""
    return f"{prefix}_{dice.translate(_LETTERS).decode()}"
