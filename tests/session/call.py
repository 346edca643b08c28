"""A whole call without sockets: the session's core between a client and the simulator's.

Owns time, the way of events between the two cores, and a lane that knows milliseconds
only. Must not know what is tested. What the client is told is kept with its order; what
the upstream refuses is kept, too.
"""

from __future__ import annotations

import base64
import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from rtproxy.dialects import realtime
from rtproxy.model import events as ev
from rtproxy.session import commands as cmd
from rtproxy.session.session import Session
from rtproxy.simulator.commands import Send
from rtproxy.simulator.conversation import Conversation
from rtproxy.simulator.ids import Ids
from rtproxy.simulator.input_buffer import InputBuffer
from rtproxy.simulator.settings import Settings

TICK_S = 0.02
LEAD_MS = 400.0
BYTES_PER_MS = 48
LISTENING = {"transcription": {"model": "whisper-1"}}


@dataclass
class Piece:
    """Audio in the lane."""

    response_id: str
    item_id: str
    content_index: int
    left_ms: float


@dataclass
class Lane:
    """What waits for its time, in order: pieces and marks."""

    waits: deque[Piece | cmd.PlaceMark | cmd.TellWhenPlayed] = field(default_factory=deque)
    parts: dict[tuple[str, str, int], list[float]] = field(default_factory=dict)  # heard, received
    shut: set[str] = field(default_factory=set)

    def receive(self, piece: Piece) -> None:
        if piece.response_id in self.shut:
            return
        key = (piece.response_id, piece.item_id, piece.content_index)
        self.parts.setdefault(key, [0.0, 0.0])[1] += piece.left_ms
        self.waits.append(piece)

    def play(self, ms: float) -> None:
        """Time passes, up to the next mark."""
        while ms > 0 and self.waits and isinstance(piece := self.waits[0], Piece):
            played = min(ms, piece.left_ms)
            piece.left_ms -= played
            ms -= played
            self.parts[piece.response_id, piece.item_id, piece.content_index][0] += played
            if piece.left_ms <= 0:
                self.waits.popleft()

    def drop(self, response_id: str) -> tuple[ev.HeardPart, ...]:
        """Only its marks stay."""
        self.shut.add(response_id)
        self.waits = deque(
            one
            for one in self.waits
            if not (isinstance(one, Piece) and one.response_id == response_id)
        )
        return tuple(
            ev.HeardPart(item_id=item, content_index=index, heard_ms=heard, received_ms=received)
            for (response, item, index), (heard, received) in self.parts.items()
            if response == response_id
        )

    def playing(self) -> str | None:
        return next((one.item_id for one in self.waits if isinstance(one, Piece)), None)

    def sent_ms(self, item_id: str) -> float | None:
        found = [counts for (_, item, _), counts in self.parts.items() if item == item_id]
        if not found:
            return None
        return sum(min(received, heard + LEAD_MS) for heard, received in found)


class Call:
    """One conversation; `tools` are those that the proxy runs.

    `told` is what its client heard (`spoken`: text before its answer begins, too), `asides`
    what the proxy was answered, `refused` what the upstream would not do; `order` are its
    items, as they stand there. `forgotten`: up to where input need not be kept, and up to
    where it had become items by then, or never will (ms).
    """

    def __init__(self, settings: Settings, *tools: str) -> None:
        self.now = 0.0
        self.told: list[ev.Event] = []
        self.spoken: list[ev.Event] = []
        self.asked: list[ev.Event] = []
        self.asides: list[cmd.Aside] = []
        self.order: list[str] = []
        self.refused: list[ev.Failure] = []
        self.forgotten: list[tuple[float, float]] = []
        self.lane = Lane()
        declared = [{"type": "function", "name": name} for name in ("weather", "news", *tools)]
        self.calls: list[cmd.RunTool] = []  # that the proxy is to answer
        config = {"type": "realtime", "tools": declared, "audio": {"input": LISTENING}}
        self.session = Session("sess", config, tools=frozenset(tools))
        self._behind_start: dict[str, list[ev.Event]] = {}
        self._upstream = Conversation(settings, "gpt-realtime", Ids(b"call"), 0, self.now)
        self._hear(self._upstream.tick(self.now))

    def says(self, *events: ev.Event) -> None:
        """The client says something."""
        for event in events:
            self._run(event)

    def speaks(self, pcm: bytes) -> None:
        """The client's audio goes to the upstream, as the other lane has it."""
        audio = base64.b64encode(pcm).decode()
        message = {"type": "input_audio_buffer.append", "audio": audio}
        self._hear(self._upstream.receive(message, self.now))

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        for _ in range(round(seconds / TICK_S)):
            self.now += TICK_S
            if self.session.deadline <= self.now:
                self._run(ev.TimePassed())
            self._hear(self._upstream.tick(self.now))
            self.lane.play(TICK_S * 1000)
            self._reach_marks()

    @property
    def _buffer(self) -> InputBuffer:
        """What was said, as far as the upstream may still make an item of it."""
        return self._upstream._listening._buffer

    @property
    def quiet(self) -> bool:
        """Whether nothing is under way."""
        return self._upstream.next_due() is None and not self.lane.waits

    def _reach_marks(self) -> None:
        while self.lane.waits and not isinstance(place := self.lane.waits[0], Piece):
            self.lane.waits.popleft()
            if isinstance(place, cmd.PlaceMark):
                self._run(ev.MarkReached(token=place.token))
                continue
            self.told.append(place.event)
            if place.starts:
                self.told += self._behind_start.pop(place.response_id, [])

    def _hear(self, commands: Any) -> None:
        for command in commands:
            assert isinstance(command, Send), "the upstream ends nothing here"
            self._heard(command.event)

    def _heard(self, message: dict[str, Any]) -> None:
        if message["type"] == realtime.AUDIO_DELTA:
            ms = len(base64.b64decode(message["delta"])) / BYTES_PER_MS
            place = (message["response_id"], message["item_id"], message["content_index"])
            self.lane.receive(Piece(*place, ms))
            return
        event = realtime.decode_server(json.dumps(message).encode())
        if isinstance(event, ev.ErrorTold):
            self.refused.append(event.error)
        if isinstance(event, ev.ItemAdded):
            after = event.previous_item_id
            place = self.order.index(after) + 1 if after is not None else 0
            self.order.insert(place, event.item["id"])
        if message["type"] not in realtime.UNHEARD:
            self._run(event)

    def _run(self, event: ev.Event) -> None:
        for command in self.session.receive(event, self.now):
            self._perform(command)
        self._reach_marks()

    def _perform(self, command: cmd.Command) -> None:
        match command:
            case cmd.ToClient(event, response_id):
                self.spoken.append(event)
                self._behind_start.get(response_id or "", self.told).append(event)
            case cmd.ToUpstream(event):
                self.asked.append(event)
                message = json.loads(realtime.encode_client(event))
                self._hear(self._upstream.receive(message, self.now))
            case cmd.PlaceMark():
                self.lane.waits.append(command)
            case cmd.TellWhenPlayed(response_id, event, starts):
                self.spoken.append(event)
                self.lane.waits.append(command)
                if starts:
                    self._behind_start[response_id] = []
            case cmd.Drop(response_id):
                heard = self.lane.drop(response_id)
                self._run(ev.Dropped(response_id=response_id, heard=heard))
            case cmd.Finish(response_id):
                self.lane.shut.discard(response_id)
            case cmd.RunTool():
                self.calls.append(command)
            case cmd.FlushInput():
                self._run(ev.InputFlushed(at_ms=self._buffer.end_ms))
            case cmd.ForgetInput(before_ms):
                self.forgotten.append((before_ms, self._buffer.start_ms))
            case cmd.Measure(item_id, played_ms, event_id):
                item = item_id or self.lane.playing()
                sent_ms = self.lane.sent_ms(item) if item else None
                self._run(
                    ev.Measured(
                        event_id=event_id, item_id=item, sent_ms=sent_ms, played_ms=played_ms
                    )
                )
            case cmd.Aside():
                self.asides.append(command)
            case _:
                pass  # conversions and the log are not this call's
