"""The model's tables: how messages are sorted, how audio is wrapped.

Owns reading one message (slowly, with the json module) and writing one chunk.
Must not know legs, lanes or time.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

MAX_DEPTH = 64
_READ = ("type", "event_id", "response_id", "item_id", "content_index")


@dataclass(frozen=True)
class Format:
    """Bytes to time, exactly."""

    encoding: str = "pcm16"
    rate_hz: int = 24_000
    channels: int = 1

    @property
    def frame_bytes(self) -> int:
        return {"pcm16": 2, "f32": 4}.get(self.encoding, 1) * self.channels

    def seconds(self, data: bytes) -> Fraction:
        return Fraction(len(data) // self.frame_bytes, self.rate_hz)


@dataclass(eq=False)
class Chunk:
    """One piece of audio on its way: the message it came in, and what was in it."""

    raw: bytes
    binary: bool
    data: bytes
    seconds: Fraction
    type_name: str = ""
    tokens: dict[str, bytes] = field(default_factory=dict)
    response: str | None = None
    item: str | None = None
    content_index: int = 0
    begin_ms: Fraction = Fraction(0)  # where it begins in its item
    counted: bool = True  # false: payload not understood, forwarded all the same


class UnsureError(Exception):
    """The message is not one that the scanner can vouch for."""


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise UnsureError
    return dict(pairs)


def _no_constant(_name: str) -> Any:
    raise UnsureError


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    return 0


def scan(raw: bytes, type_key: str = "type") -> dict[str, Any]:
    """The message as a dict; UnsureError where it is not a plain, shallow JSON object."""
    try:
        value = json.loads(
            raw.decode(), object_pairs_hook=_no_duplicates, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        raise UnsureError from None
    if not isinstance(value, dict) or _depth(value) > MAX_DEPTH:
        raise UnsureError
    name = value.get(type_key)
    if b'"%s"' % type_key.encode() not in raw or b'"%s"' % str(name).encode() not in raw:
        raise UnsureError  # written with escapes, or not a string
    return value


def strict_base64(text: str) -> bytes | None:
    """The bytes, or None if it is not padded, canonical, standard base64."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None


@dataclass(frozen=True)
class Sorted:
    """What a message is to its direction.

    "hold", "relay", "pass on", "ignore", "audio" with its chunk, "report" with an item
    and how much of it was played, or "words" and "renamed" with what is told, and of
    which response that is.
    """

    kind: str
    chunk: Chunk | None = None
    told: bytes = b""
    response: str | None = None
    played: tuple[str, Fraction] = ("", Fraction(0))


HOLD = Sorted("hold")


class Kinds:
    """The same arguments as the extension's Kinds."""

    def __init__(
        self,
        *,
        audio: Mapping[str, str] = {},
        reports: Mapping[str, str] = {},
        only: Mapping[str, str] = {},
        answer_words: Mapping[str, tuple[str, str]] = {},
        input_words: Mapping[str, tuple[str, str]] = {},
        secrets: Sequence[bytes] = (),
        relay: Sequence[str] = (),
        pass_on: Sequence[str] = (),
        renamed: Mapping[str, str] = {},
        ignore: Sequence[str] = (),
        default: str = "hold",
        hold: Sequence[str] = (),
        binary: str = "hold",
        check_base64: bool = True,
        type_key: str | None = None,
    ) -> None:
        self.only, self.type_key = dict(only), type_key or "type"
        self.audio, self.binary, self.check_base64 = dict(audio), binary, check_base64
        self.reports = dict(reports)
        self.answer_words, self.input_words = dict(answer_words), dict(input_words)
        self.renamed = dict(renamed)
        self.secrets, self.default = tuple(secrets), default.replace("_", " ")
        lists = {"relay": relay, "pass on": pass_on, "ignore": ignore, "hold": hold}
        self.listed = {name: kind for kind, names in lists.items() for name in names}

    def sort(self, raw: bytes, *, binary: bool, audio_format: Format) -> Sorted:
        if binary:
            if self.binary != "audio":
                return HOLD
            return Sorted("audio", Chunk(raw, True, raw, audio_format.seconds(raw)))
        try:
            message = scan(raw, self.type_key)
        except UnsureError:
            return HOLD
        kind = message.get(self.type_key)
        if kind in self.audio:
            return self._audio(raw, message, audio_format)
        if kind in self.reports:
            return self._report(raw, message, self.reports[kind])
        if kind in self.answer_words:
            return self._words(raw, message, *self.answer_words[kind], of_answer=True)
        if kind in self.input_words:
            return self._words(raw, message, *self.input_words[kind], of_answer=False)
        if kind in self.renamed:
            said = _renamed(raw, message, self.renamed[kind])
            return Sorted("renamed", told=said, response=message.get("response_id"))
        return Sorted(self.listed.get(kind, self.default))

    def _words(
        self, raw: bytes, message: dict[str, Any], path: str, template: str, *, of_answer: bool
    ) -> Sorted:
        text, item, response = (message.get(key) for key in (path, "item_id", "response_id"))
        needed = (text, item, response) if of_answer else (text, item)
        if not all(isinstance(one, str) for one in needed) or not _is_plain(raw, message, path):
            return HOLD
        told = template.replace("$item_id", f'"{item}"').replace("$response_id", f'"{response}"')
        try:
            written = told.replace("$text", json.dumps(text, ensure_ascii=False)[1:-1]).encode()
        except UnicodeEncodeError:  # half a pair of UTF-16
            return HOLD
        if any(secret and secret in written for secret in self.secrets):
            return HOLD
        return Sorted("words", told=written, response=response if of_answer else None)

    def _report(self, raw: bytes, message: dict[str, Any], path: str) -> Sorted:
        name = _at(message, path)
        read = (
            re.fullmatch(r"(.+):([0-9]{1,9})", name, re.DOTALL) if isinstance(name, str) else None
        )
        said = {path: text for path, text in self.only.items() if _lies(message, path)}
        denied = any(_at(message, path) != text for path, text in said.items())
        texts = [name, *said.values()]
        if read is None or denied or any(f'"{text}"'.encode() not in raw for text in texts):
            return HOLD
        return Sorted("report", played=(read[1], Fraction(int(read[2]), 1000)))

    def _audio(self, raw: bytes, message: dict[str, Any], audio_format: Format) -> Sorted:
        type_name = message[self.type_key]
        said = {path: _at(message, path) for path in self.only}
        if said != self.only or any(text.encode() not in raw for text in self.only.values()):
            return HOLD
        payload = _at(message, self.audio[type_name])
        if not isinstance(payload, str) or (payload.encode() not in raw):
            return HOLD
        data = strict_base64(payload)
        if data is not None and len(data) % audio_format.frame_bytes:
            data = None  # not whole samples
        if data is None and self.check_base64:
            return HOLD
        known = data if data is not None else b""
        chunk = Chunk(raw, False, known, audio_format.seconds(known), type_name=type_name)
        chunk.counted = data is not None
        chunk.tokens = {key: _token(message[key]) for key in _READ if key in message}
        chunk.response, chunk.item = message.get("response_id"), message.get("item_id")
        chunk.content_index = message.get("content_index", 0)
        return Sorted("audio", chunk)


def _at(message: dict[str, Any], path: str) -> Any:
    """What lies at a key, or at two joined by a dot."""
    found: Any = message
    for key in path.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _lies(message: dict[str, Any], path: str) -> bool:
    """Whether anything does, be it null."""
    outer, _, inner = path.partition(".")
    if not inner:
        return outer in message
    return isinstance(message.get(outer), dict) and inner in message[outer]


def _renamed(raw: bytes, message: dict[str, Any], new: str) -> bytes:
    """The message with another type at the top, wherever else the old one stands."""
    wanted = {**message, "type": new}
    for found in re.finditer(re.escape(b'"%s"' % message["type"].encode()), raw):
        said = raw[: found.start()] + b'"%s"' % new.encode() + raw[found.end() :]
        if json.loads(said) == wanted:
            return said
    raise AssertionError(raw)


def _is_plain(raw: bytes, message: dict[str, Any], path: str) -> bool:
    """Whether a parser would be content with the rest, and finds no escapes there."""
    event_id, index = message.get("event_id"), message.get("content_index", 0)
    rest = re.sub(rb'"%s"\s*:\s*"(\\.|[^"\\])*"' % path.encode(), b"", raw)
    is_small = type(index) is int and 0 <= index < 10**9
    return is_small and (event_id is None or isinstance(event_id, str)) and b"\\" not in rest


def _token(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Wrap:
    """The same four forms as the extension's Wrap."""

    form: str
    first: str = ""
    second: str | None = None

    @staticmethod
    def verbatim() -> Wrap:
        return Wrap("verbatim")

    @staticmethod
    def renamed(type_name: str) -> Wrap:
        return Wrap("renamed", type_name)

    @staticmethod
    def template(first: str, second: str | None = None) -> Wrap:
        return Wrap("template", first, second)

    @staticmethod
    def binary() -> Wrap:
        return Wrap("binary")

    def messages(self, chunk: Chunk, number: int) -> list[tuple[bool, bytes]]:
        """(binary, payload) of the one or two messages that carry the chunk."""
        if self.form == "verbatim":
            return [(chunk.binary, chunk.raw)]
        if self.form == "renamed":
            old = b'"type":"%s"' % chunk.type_name.encode()
            return [(False, chunk.raw.replace(old, b'"type":"%s"' % self.first.encode(), 1))]
        if self.form == "binary":
            return [(True, chunk.data)]
        forms = [self.first] if self.second is None else [self.first, self.second]
        return [(False, self._fill(form, chunk, number)) for form in forms]

    @staticmethod
    def _fill(form: str, chunk: Chunk, number: int) -> bytes:
        end_ms = chunk.begin_ms + 1000 * chunk.seconds
        text = form.encode()
        for slot in ("response_id", "item_id", "content_index"):
            text = text.replace(b"$" + slot.encode(), chunk.tokens.get(slot, b"null"))
        item = chunk.tokens.get("item_id", b"null")
        text = text.replace(b"$item", item[1:-1] if item.startswith(b'"') else b"")
        text = text.replace(b"$number", b"%d" % number).replace(b"$ms", b"%d" % end_ms)
        return text.replace(b"$audio", base64.b64encode(chunk.data))
