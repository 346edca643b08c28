"""Ogg (RFC 3533) around packets of Opus (RFC 7845), as much as files of others need.

Owns pages and their checksums; must not know what is in a packet. One stream, a page
for each packet.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

_HEADER = struct.Struct("<4sBBqIIIB")
_FIRST, _LAST = 0x02, 0x04
_SERIAL = 1
PRE_SKIP_48K = 312  # 6.5 ms, in the 48 kHz in which Ogg counts
_PACKET_48K = 960


def wrap(packets: list[bytes]) -> bytes:
    """A file of packets of 20 ms, mono; a player leaves the look-ahead out."""
    head = struct.pack("<8sBBHIhB", b"OpusHead", 1, 1, PRE_SKIP_48K, 24_000, 0, 0)
    tags = struct.pack("<8sI4sI", b"OpusTags", 4, b"test", 0)
    pages = [_page(head, 0, 0, _FIRST), _page(tags, 1, 0, 0)]
    for number, packet in enumerate(packets, start=1):
        flags = _LAST if number == len(packets) else 0
        pages.append(_page(packet, number + 1, number * _PACKET_48K, flags))
    return b"".join(pages)


def unwrap(file: bytes) -> list[bytes]:
    """The packets of a file, without its two headers."""
    return list(_packets(file))[2:]


def _page(packet: bytes, number: int, position: int, flags: int) -> bytes:
    lacing = b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255])
    head = [b"OggS", 0, flags, position, _SERIAL, number]
    page = _HEADER.pack(*head, 0, len(lacing)) + lacing + packet
    return _HEADER.pack(*head, _checksum(page), len(lacing)) + lacing + packet


def _checksum(page: bytes) -> int:
    """CRC-32 of polynomial 04C11DB7, not reflected, from zero (RFC 3533, 6)."""
    sum_ = 0
    for byte in page:
        sum_ ^= byte << 24
        for _ in range(8):
            sum_ = (sum_ << 1 ^ (0x04C1_1DB7 if sum_ & 0x8000_0000 else 0)) & 0xFFFF_FFFF
    return sum_


def _packets(file: bytes) -> Iterator[bytes]:
    start, packet = 0, b""
    while start < len(file):
        *_, segments = _HEADER.unpack_from(file, start)
        start += _HEADER.size
        lacing = file[start : start + segments]
        start += segments
        for size in lacing:
            packet += file[start : start + size]
            start += size
            if size < 255:
                yield packet
                packet = b""
