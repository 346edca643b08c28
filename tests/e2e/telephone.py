"""A telephone as Twilio connects it: what it says, plays and hands back.

Owns one stream of one call, on a `Peer`. It plays what it is sent in real time, hands a
mark back when all before it was played, and all of them when it is told to clear.
"""

from __future__ import annotations

import base64
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import trio

from rtproxy._audio_core import AudioPath
from rtproxy.model.audio_format import PCM16_24K, AudioFormat, Encoding

from .peer import WAIT_S, Closed, Headers, Peer

PATH = "/twilio/media-stream"
SID = "MZ00000000000000000000000000000001"
CALL = "CA00000000000000000000000000000001"
ULAW = AudioFormat(Encoding.G711_ULAW, 8_000)
BYTES_PER_MS = 8
CHUNK_MS = 20


def mulaw(pcm: bytes) -> bytes:
    """PCM16 24 kHz as a telephone says it."""
    path = AudioPath(PCM16_24K, ULAW)
    return path.process(pcm) + path.flush()


def chunks(audio: bytes) -> Iterator[bytes]:
    """20 ms at a time."""
    size = CHUNK_MS * BYTES_PER_MS
    for start in range(0, len(audio), size):
        yield audio[start : start + size]


class Telephone:
    """One call; `sent` and `told` are all messages of either side, in order."""

    def __init__(self, peer: Peer) -> None:
        """Nothing is said yet; use `call`."""
        self.peer = peer
        self.told: list[dict[str, Any]] = []
        self.played: list[str] = []  # names of marks, as their time came
        self.cleared: list[str] = []  # names that a clear brought back
        self.closed: Closed | None = None
        self._news = trio.Event()
        self._line: deque[tuple[float, str]] = deque()  # when each mark's time comes
        self._plays_until = 0.0
        self._number = 0

    @classmethod
    async def call(
        cls,
        nursery: trio.Nursery,
        port: int,
        *,
        headers: Headers = (),
        parameters: dict[str, str] | None = None,
    ) -> Telephone:
        """Dial, and have the stream started."""
        peer = await Peer.connect(nursery, port, PATH, headers=headers)
        phone = cls(peer)
        await phone.say({"event": "connected", "protocol": "Call", "version": "1.0.0"})
        start = {
            "accountSid": "AC1",
            "streamSid": SID,
            "callSid": CALL,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": parameters or {},
        }
        await phone.say({"event": "start", "start": start})
        nursery.start_soon(phone._listen)
        nursery.start_soon(phone._play)
        return phone

    async def say(self, message: dict[str, Any]) -> None:
        """Any message, numbered as Twilio numbers them."""
        self._number += 1
        rest = {} if message["event"] == "connected" else {"streamSid": SID}
        await self.peer.send({"sequenceNumber": str(self._number), **rest, **message})

    async def speak(self, audio: bytes, *, pace: float = 0.0) -> None:
        """Mu-law, 20 ms at a time; `pace` is seconds per second of audio."""
        for number, chunk in enumerate(chunks(audio)):
            payload = base64.b64encode(chunk).decode()
            media = {"track": "inbound", "chunk": str(number), "payload": payload}
            media["timestamp"] = str(number * CHUNK_MS)
            await self.say({"event": "media", "media": media})
            if pace:
                await trio.sleep(CHUNK_MS / 1000 * pace)

    async def press(self, keys: str) -> None:
        """Keys, one after the other."""
        for digit in keys:
            await self.say({"event": "dtmf", "dtmf": {"track": "inbound_track", "digit": digit}})

    async def until(self, name: str, count: int = 1, wait_s: float = WAIT_S) -> None:
        """Until so many messages of this name have come in all."""
        await self.becomes(
            lambda: [each["event"] for each in self.told].count(name) >= count, wait_s
        )

    async def until_quiet(self, wait_s: float = WAIT_S) -> None:
        """Until the proxy has sent its own mark behind an answer, and all has been played."""
        await self.becomes(lambda: not self._line and self._was_answered, wait_s)

    @property
    def _was_answered(self) -> bool:
        return any(name.startswith("rtproxy ") for name in self.played)

    async def becomes(self, condition: Callable[[], bool], wait_s: float = WAIT_S) -> None:
        """Until something that comes or is played makes this true."""
        with trio.fail_after(wait_s):
            while not condition():
                await self._news.wait()

    async def hung_up(self, wait_s: float = WAIT_S) -> Closed:
        """How the proxy ended it."""
        await self.becomes(lambda: self.closed is not None, wait_s)
        assert self.closed is not None
        return self.closed

    @property
    def heard(self) -> bytes:
        """All audio that came."""
        media = [each["media"]["payload"] for each in self.told if each["event"] == "media"]
        return b"".join(base64.b64decode(payload, validate=True) for payload in media)

    async def _listen(self) -> None:
        try:
            while True:
                self._take(await self.peer.receive(wait_s=600))
                self._tell()
        except Closed as closed:
            self.closed = closed
            self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = trio.Event()

    def _take(self, message: dict[str, Any]) -> None:
        assert message["streamSid"] == SID
        self.told.append(message)
        now = trio.current_time()
        match message["event"]:
            case "media":
                length_s = len(base64.b64decode(message["media"]["payload"])) / 8_000
                self._plays_until = max(now, self._plays_until) + length_s
            case "mark":
                self._line.append((self._plays_until, message["mark"]["name"]))
            case "clear":
                self.cleared += [name for _, name in self._line]
                self._line = deque((now, name) for _, name in self._line)
                self._plays_until = now

    async def _play(self) -> None:
        while self.closed is None:
            while self._line and self._line[0][0] <= trio.current_time():
                name = self._line.popleft()[1]
                if name not in self.cleared:
                    self.played.append(name)
                await self.say({"event": "mark", "mark": {"name": name}})
                self._tell()
            await trio.sleep(0.005)
