"""The `twilio` dialect from Twilio's side: a telephone that plays what it is sent.

Owns the messages of a media stream as Twilio sends and reads them, and the buffer of what
has come and is not played yet: a mark is handed back when all before it was played, and
at once when the buffer is cleared. Written apart from `rtproxy.dialects` on purpose, so
that each checks the other. Pure: the time comes in.
"""

from __future__ import annotations

import base64
import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from rtproxy.cli.talk.formats import WireFormats
from rtproxy.cli.talk.frontends import Frontend
from rtproxy.cli.talk.heard import (
    AnswerAudio,
    AnswerOver,
    AnswerStarted,
    Dialogue,
    Heard,
    Message,
    Played,
)
from rtproxy.model.audio_format import AudioFormat, Encoding

LINE = AudioFormat(Encoding.G711_ULAW, 8_000)
PIECE_MS = 20
# An answer is over when nothing of it has come for so long after it was played.
PAUSE_S = 0.8
_STREAM = "MZ00000000000000000000000000000000"
_CALL = "CA00000000000000000000000000000000"


@dataclass(frozen=True, slots=True)
class _Twilio(Frontend):
    def connect(self) -> Dialogue:
        """A telephone that has just been answered."""
        return Telephone()


TWILIO = _Twilio(
    name="twilio",
    path="/twilio/media-stream",
    audio_type="media",
    readings={},
    carries=(LINE,),
)


class Telephone:
    """One call."""

    end_turn: Sequence[Message] = ()
    piece_ms = PIECE_MS

    def __init__(self) -> None:
        """Nobody has said anything."""
        self._said = 0
        self._arrived: list[float | str] = []  # lengths in seconds and names of marks
        self._marks: deque[tuple[float, str]] = deque()  # when each has been reached
        self._plays_until: float | None = None  # while an answer is being played

    @property
    def introduction(self) -> Sequence[Message]:
        """That there is a call."""
        start = {
            "streamSid": _STREAM,
            "callSid": _CALL,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8_000, "channels": 1},
            "customParameters": {},
        }
        connected = {"event": "connected", "protocol": "Call", "version": "1.0.0"}
        return connected, self._message("start", start=start)

    def opening(self, formats: WireFormats) -> Sequence[Message]:
        """Nothing: a call has one format, which need not be asked for."""
        del formats
        return ()

    def audio(self, chunk: bytes, *, binary: bool = False) -> str:
        """A chunk of speech."""
        del binary
        media = {
            "track": "inbound",
            "chunk": str(self._said),
            "timestamp": str(self._said * PIECE_MS),
            "payload": base64.b64encode(chunk).decode("ascii"),
        }
        return json.dumps(self._message("media", media=media), separators=(",", ":"))

    def _message(self, event: str, **fields: Message) -> Message:
        self._said += 1
        number = str(self._said)
        return {"event": event, "sequenceNumber": number, "streamSid": _STREAM, **fields}

    def read(self, raw: str | bytes, *, binary: bool = False) -> Heard | None:
        """What a message means; what is due because of it, `due` tells.

        Raises ValueError where it is not JSON, or its audio is not base64.
        """
        del binary
        if isinstance(raw, bytes):
            raise ValueError(f"a binary frame of {len(raw)} bytes")  # noqa: TRY004 - its value is wrong: the peer's
        message = json.loads(raw)
        match message:
            case {"event": "media", "media": {"payload": str(payload)}}:
                audio = base64.b64decode(payload, validate=True)
                self._arrived.append(LINE.milliseconds(len(audio)) / 1000)
                return AnswerAudio(audio)
            case {"event": "mark", "mark": {"name": str(name)}}:
                self._arrived.append(name)
            case {"event": "clear"}:
                self._clear()
        return None

    def _clear(self) -> None:
        """What has not been played never will be, and all marks are handed back."""
        names = [name for _, name in self._marks]
        names += [each for each in self._arrived if isinstance(each, str)]
        self._arrived.clear()
        self._marks = deque((0.0, name) for name in names)
        self._plays_until = 0.0 if self._plays_until is not None else None

    def due(self, now: float) -> Sequence[Heard | Message]:
        """Marks whose time has come, and where an answer begins and ends."""
        happened: list[Heard | Message] = []
        for arrived in self._arrived:
            happened += self._take(arrived, now)
        self._arrived.clear()
        while self._marks and self._marks[0][0] <= now:
            mark = {"name": self._marks.popleft()[1]}
            happened += [self._message("mark", mark=mark), Played()]
        if self._plays_until is not None and now >= self._plays_until + PAUSE_S:
            self._plays_until = None
            happened.append(AnswerOver())
        return happened

    def _take(self, arrived: float | str, now: float) -> Sequence[Heard]:
        """Audio is played behind what is there already, a mark waits behind it."""
        until = max(now, self._plays_until or now)
        if isinstance(arrived, str):
            self._marks.append((until, arrived))
            return ()
        begins = self._plays_until is None
        self._plays_until = until + arrived
        return (AnswerStarted(),) if begins else ()
