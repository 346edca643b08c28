"""Rooms as the configuration says them.

Owns the way from the configuration to the rooms of the process and their door. Must not
know what happens in a room.
"""

from __future__ import annotations

from dataclasses import replace

import trio

from rtproxy.config import Config
from rtproxy.credentials.judge import Credentials
from rtproxy.dialects.broadcast import BROADCAST
from rtproxy.legs.leg import LegsOptions, OpenLegs
from rtproxy.model.languages import NAMES
from rtproxy.personas.casting import Casting
from rtproxy.rooms.terms import RoomTerms, Translator
from rtproxy.runtime.dialing import Dialler
from rtproxy.runtime.process import Process
from rtproxy.runtime.room_door import RoomDoor
from rtproxy.runtime.room_line import LineTerms
from rtproxy.runtime.rooms import Rooms, RoomSettings

# A line that was lost may be told all that the room remembers at once: that, in base64,
# has to fit into what waits for it, and twice as much, for it may be told it twice.
_BYTES_PER_MS_IN_BASE64 = 64
_SHORTEST_MS = 10  # of what is said in one message

# What the kernel holds for a member cannot be left out any more, however late it is read:
# the kernel takes twice as much as it is told, a quarter of a minute of captions.
_SEND_BUFFER_BYTES = 16 * 1024


def room_door_of(
    config: Config,
    nursery: trio.Nursery,
    process: Process,
    dialler: Dialler,
    open_legs: OpenLegs,
    options: LegsOptions,
    casting: Casting,
    credentials: Credentials,
) -> RoomDoor:
    """What takes upgrades under the rooms' path; rooms run in `nursery`."""
    limits, rooms = config.limits, config.rooms
    waiting_bytes = max(limits.waiting_bytes, 2 * limits.ring_ms * _BYTES_PER_MS_IN_BASE64)
    lines = LineTerms(
        # The room says when a line is tried again; here each upstream is tried once.
        dialler=replace(
            dialler, backoff=replace(dialler.backoff, retries=len(dialler.upstreams) - 1)
        ),
        open_legs=open_legs,
        options=replace(
            options,
            lead_ms=None,
            waiting_bytes=waiting_bytes,
            waiting_messages=max(limits.waiting_messages, limits.ring_ms // _SHORTEST_MS),
        ),
        message_bytes=limits.upstream_message_bytes,
        first_event_s=limits.first_event_s,
        translation_model=rooms.translation_model,
        process=process,
    )

    def settings() -> RoomSettings:
        """Of a room that begins now: its interpreters are the persona's newest version."""
        brief = casting.brief(BROADCAST.name).without_tools()  # nobody is there to run them
        terms = RoomTerms(
            translator=Translator(rooms.translator),
            transcription_model=rooms.transcription_model,
            interpreter=brief.session,
            history=rooms.history,
            linger_s=rooms.linger_s,
            listeners=rooms.listeners,
            speakers=rooms.speakers,
            languages_at_once=rooms.languages_at_once,
            ring_ms=limits.ring_ms,
        )
        return RoomSettings(terms, replace(lines, interpreter_model=brief.model))

    return RoomDoor(
        rooms=Rooms(
            nursery,
            process,
            most=rooms.rooms,
            settings=settings,
            encode=BROADCAST.encode,
            ping_every_s=limits.ping_every_s,
            pong_within_s=limits.pong_within_s,
        ),
        credentials=credentials,
        process=process,
        open_legs=open_legs,
        options=replace(options, send_buffer_bytes=_SEND_BUFFER_BYTES),
        message_bytes=limits.client_message_bytes,
        languages=rooms.languages or tuple(NAMES),
        input_rate_hz=config.dialect.broadcast.input_rate_hz,
        # Upstream's word about what was said comes later than that: so it is still kept.
        ahead_ms=min(limits.burst_ms, limits.ring_ms / 2),
    )
