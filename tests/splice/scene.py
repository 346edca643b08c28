"""A language for transcripts: what each far end says and hears, what Python is told.

Owns the set-up of a splice with a client and an upstream, the time, and the short
words in which tests speak of messages: "audio 40" is 40 ms of audio, "ping" and
"close 1000" are control frames, anything else is a text message's `type`. Must not
know which core plays.
"""

from __future__ import annotations

import base64
import json
from itertools import count
from types import ModuleType
from typing import Any

from tests.splice.wsclient import Heard, Opcode, Peer

SEED = bytes(range(32))
LIMIT = 1_048_576
FRAMES_PER_MS = 24
DELTA = "response.output_audio.delta"
ANSWER_WORDS = '{"type":"say","item":$item_id,"of":$response_id,"text":"$text"}'
INPUT_WORDS = '{"type":"heard","item":$item_id,"text":"$text"}'
_LISTS: dict[str, Any] = {
    "relay": ["relayed"],
    "pass_on": ["passed on"],
    "renamed": {"old name": "new name"},
    "ignore": ["ignored"],
}
UPSTREAM_KINDS: dict[str, Any] = {
    "audio": {DELTA: "delta"},
    "answer_words": {"words": ("delta", ANSWER_WORDS)},
    "input_words": {"input words": ("delta", INPUT_WORDS)},
    **_LISTS,
}
CLIENT_KINDS: dict[str, Any] = {
    "audio": {"audio_input": "audio"},
    "reports": {"played": "mark.name"},
    **_LISTS,
}
TO_CLIENT = '{"type":"audio_chunk","audio":"$audio"}'
TO_UPSTREAM = '{"type":"input_audio_buffer.append","event_id":"rt_$number","audio":"$audio"}'


def sound(ms: int, first: int = 0) -> bytes:
    """Audio that can be told apart: sample number `first + i` has its number as value."""
    samples = range(first, first + ms * FRAMES_PER_MS)
    return b"".join((one % 65_536).to_bytes(2, "little") for one in samples)


def encode(audio: bytes) -> str:
    return base64.b64encode(audio).decode()


def message(type_name: str, **fields: Any) -> bytes:
    return json.dumps({"type": type_name, **fields}, separators=(",", ":")).encode()


def delta(
    audio: int | bytes, response: str = "r1", item: str = "i1", content_index: int = 0
) -> bytes:
    """Audio from the upstream; a number means milliseconds."""
    data = sound(audio) if isinstance(audio, int) else audio
    ids = {"response_id": response, "item_id": item, "content_index": content_index}
    return message(DELTA, **ids, delta=encode(data))


def written(text: str, response: str | None = "r1", **fields: Any) -> bytes:
    """A piece of an answer's text, or of the client's where it names no response."""
    if response is None:
        return message("input words", item_id="i1", delta=text, **fields)
    return message("words", response_id=response, item_id="i1", delta=text, **fields)


def spoken(audio: int | bytes) -> bytes:
    """Audio from the client; a number means milliseconds."""
    data = sound(audio) if isinstance(audio, int) else audio
    return message("audio_input", audio=encode(data))


def played(item: str, ms: int) -> bytes:
    """The client's report of what it has played of an item."""
    return message("played", mark={"name": f"{item}:{ms}"})


def audio_in(payload: bytes) -> bytes | None:
    """The audio that a message carries, if it is one of those that tests know."""
    try:
        value = json.loads(payload)
        text = value.get("audio", value.get("delta")) if isinstance(value, dict) else None
        return base64.b64decode(text, validate=True) if isinstance(text, str) else None
    except ValueError:  # neither JSON nor base64
        return None


def brief(payload: bytes) -> str:
    """A message in a word or two."""
    audio = audio_in(payload)
    if audio is not None:
        return f"audio {len(audio) / 2 / FRAMES_PER_MS:g}"
    try:
        return str(json.loads(payload)["type"])
    except (ValueError, KeyError, TypeError):
        return repr(payload)


class End:
    """One leg: its far end on one hand, Python's deliveries of it on the other."""

    def __init__(self, scene: Scene, side: str) -> None:
        self._scene = scene
        self.side = getattr(scene.core.Side, side.upper())
        self.peer = Peer(masks=side == "client")
        self.leg: int = scene.splice.open_leg(self.side, max_message_bytes=LIMIT)
        self.heard: list[Heard] = []
        self.messages: list[Any] = []  # as delivered to Python
        self.open_hold = 0
        self.open_marks: list[int] = []

    # The far end
    def says(self, *messages: bytes) -> None:
        assert messages, "nothing at all would be the end of the stream"
        self.feed(b"".join(map(self.peer.text, messages)))

    def feed(self, data: bytes) -> None:
        self._scene.splice.feed(self.leg, data, self._scene.now)

    def hangs_up(self) -> None:
        self.feed(b"")

    def hears(self, max_bytes: int = 65_536) -> list[str]:
        """All that can be pulled now."""
        data = b""
        while piece := self._scene.splice.pull(self.leg, self._scene.now, max_bytes):
            assert len(piece) <= max_bytes
            data += piece
        return self.reads_bytes(data)

    def pulls(self, max_bytes: int) -> list[str]:
        """One pull of so many bytes."""
        data = self._scene.splice.pull(self.leg, self._scene.now, max_bytes)
        assert len(data) <= max_bytes
        return self.reads_bytes(data)

    def reads_bytes(self, data: bytes) -> list[str]:
        new = self.peer.read(data)
        self.heard += new
        return [self._brief(one) for one in new]

    @staticmethod
    def _brief(one: Heard) -> str:
        if one.opcode is Opcode.CLOSE:
            return f"close {one.code}"
        if one.opcode is Opcode.BINARY:
            return f"binary {len(one.payload)}"
        return brief(one.payload) if one.opcode is Opcode.TEXT else one.opcode.name.lower()

    @property
    def heard_audio(self) -> bytes:
        """All audio that the far end has heard so far, put together."""
        texts = (one.payload for one in self.heard if one.opcode is Opcode.TEXT)
        return b"".join(audio_in(text) or b"" for text in texts)

    # Python
    def delivers(self) -> list[str]:
        told = []
        while (one := self._scene.splice.receive(self.leg)) is not None:
            told.append(self._told(one))
        return told

    def _told(self, one: Any) -> str:
        self.messages.append(one)
        kinds = self._scene.core.MessageKind
        if one.kind == kinds.CLOSED:
            return f"closed {one.code}"
        if one.kind == kinds.MARK:
            self.open_marks.append(one.hold)
            return f"mark {one.raw.decode()}"
        if one.kind == kinds.COPY:
            return f"copy {brief(one.raw)}"
        self.open_hold = one.hold
        return f"hold {brief(one.raw)}"

    def release(self) -> None:
        self._scene.splice.release(self.leg, self.open_hold, self._scene.now)

    def release_mark(self) -> None:
        self._scene.splice.release(self.leg, self.open_marks.pop(0), self._scene.now)

    def wants_read(self) -> bool:
        return bool(self._scene.splice.wants_read(self.leg, self._scene.now))


class Scene:
    """A splice with both sides attached, and the time in milliseconds."""

    def __init__(self, core: ModuleType, **settings: int | None) -> None:
        self.core: Any = core
        self.splice = self.core.Splice(seed=SEED, **settings)
        self.ms = 0
        self.client = End(self, "client")
        self.upstream = End(self, "upstream")
        self.attach(self.client)
        self.attach(self.upstream)

    @property
    def now(self) -> float:
        return self.ms / 1000

    def wait(self, ms: int) -> None:
        """Time goes by; the driver wakes at the end of it, and on the way where asked."""
        end = self.ms + ms
        for _ in count():
            deadline = self.splice.next_deadline()
            if deadline is None or deadline * 1000 >= end:
                break
            self.ms = max(self.ms + 1, round(deadline * 1000))
            self.splice.turn(self.now)
        self.ms = max(self.ms, end)
        self.splice.turn(self.now)

    def newcomer(self, side: str) -> End:
        """Another leg of that side, not yet attached."""
        return End(self, side)

    def attach(self, end: End, *, wrap: Any = None, **kinds: Any) -> None:
        client = end.side == self.core.Side.CLIENT
        shape = self.core.Wrap.template(TO_CLIENT if client else TO_UPSTREAM)
        tables = kinds or (CLIENT_KINDS if client else UPSTREAM_KINDS)
        table = self.core.Kinds(**tables)
        self.splice.attach(end.leg, kinds=table, wrap=wrap or shape, now=self.now)
        self.splice.turn(self.now)

    def detach(self, end: End) -> None:
        self.splice.detach(end.side, self.now)

    def to_client(self, type_name: str, response: str | None = None) -> None:
        """Python sends a message to the client."""
        side = self.core.Side.CLIENT
        self.splice.send(side, message(type_name), self.now, response_id=response)

    def to_upstream(self, type_name: str) -> None:
        self.splice.send(self.core.Side.UPSTREAM, message(type_name), self.now)

    def mark(self, token: str, response: str = "r1") -> None:
        """Python places a mark; the lane moves at the next turn."""
        self.splice.mark(response, token.encode(), self.now)
        self.splice.turn(self.now)

    def when_played(self, type_name: str, response: str = "r1", *, starts: bool = False) -> None:
        """Python has the lane say something; the lane moves at the next turn."""
        self.splice.say_when_played(response, [message(type_name)], self.now, starts=starts)
        self.splice.turn(self.now)

    def drop(self, response: str = "r1") -> list[tuple[str, int, float, float]]:
        cut: list[tuple[str, int, float, float]] = self.splice.drop(response, self.now)
        self.splice.turn(self.now)
        return cut
