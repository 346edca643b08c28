"""The head of a usual WebSocket handshake: read by one expression, written as one text.

Every session begins with two handshakes, and full grammar for each costs more than
all else that is done with them. So this owns the narrow form that clients and servers
write in practice: whole, lines of CR LF, nothing folded, nothing about a body. It
refuses nobody: whatever is written otherwise is no usual head (None), and h11 judges.
What is read here, h11 would read alike; a test holds the two together. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

Headers = Sequence[tuple[str, str]]

# RFC 9112 sections 3 and 5, RFC 9110 section 5.6.2. Possessive, so that no bytes can
# make the expression try twice.
_LINES = rb"((?:[!#$%&'*+\-.^_`|~0-9A-Za-z]++:[\t -~\x80-\xff]*+\r\n)++)"
_HEADERS = re.compile(_LINES)
_REQUEST = re.compile(rb"GET (/[!-~]*+) HTTP/1\.1\r\n" + _LINES + rb"\r\n")
_SWITCHING = re.compile(rb"HTTP/1\.1 101 ([\t -~]*+)\r\n" + _LINES + rb"\r\n")
_TARGET = re.compile(r"[!-~]+")
_ABOUT_A_BODY = frozenset({"content-length", "transfer-encoding", "expect"})


@dataclass(frozen=True, slots=True)
class UsualHead:
    """A head whose `subject` is the target, or the reason; header names in lower case.

    `leftover` is what came behind it.
    """

    subject: str
    headers: tuple[tuple[str, str], ...]
    leftover: bytes


def read_upgrade(data: bytes) -> UsualHead | None:
    """A GET of HTTP/1.1 that wants another protocol and has no body."""
    head = _read(_REQUEST, data)
    if head is None:
        return None
    names = [name for name, _ in head.headers]
    return head if names.count("host") == 1 and "upgrade" in names else None


def read_switching(data: bytes) -> UsualHead | None:
    """A 101 response of HTTP/1.1."""
    return _read(_SWITCHING, data)


def write_upgrade(target: str, headers: Headers) -> bytes:
    """A GET request; ValueError for a target or header that cannot be sent."""
    if not _TARGET.fullmatch(target):
        raise ValueError(f"{target!r} cannot be the target of a request")
    return _write(f"GET {target} HTTP/1.1", headers)


def write_switching(headers: Headers) -> bytes:
    """A 101 response; ValueError for a header that cannot be sent."""
    return _write("HTTP/1.1 101 Switching Protocols", headers)


def _read(expression: re.Pattern[bytes], data: bytes) -> UsualHead | None:
    found = expression.match(data)
    if found is None:
        return None
    lines = found[2].decode("latin-1").split("\r\n")[:-1]
    parted = [line.partition(":") for line in lines]
    headers = tuple((name.lower(), value.strip(" \t")) for name, _, value in parted)
    if not _ABOUT_A_BODY.isdisjoint(name for name, _ in headers):
        return None
    return UsualHead(found[1].decode("ascii"), headers, data[found.end() :])


def _write(first: str, headers: Headers) -> bytes:
    text = "".join(f"{name}: {value}\r\n" for name, value in headers)
    lines = text.encode("latin-1")
    # As many lines as headers: none of them can have brought a line of its own.
    if not _HEADERS.fullmatch(lines) or lines.count(b"\r\n") != len(headers):
        raise ValueError("a header cannot be sent: its name or value has forbidden characters")
    return b"%s\r\n%s\r\n" % (first.encode("ascii"), lines)
