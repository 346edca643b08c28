"""The Rust core: frames, envelopes, the splice and TLS, without I/O, clock or dice.

But that TLS judges certificates by the machine's date and draws its own keys.

Times (`now`) are seconds on one monotonic clock that the caller chooses; they
must not go back. Durations end in `_ms` and are whole milliseconds unless a
float is shown. Nothing here blocks.
"""

import sys
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Literal, Self, SupportsFloat, final

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Buffer

from rtproxy.model.audio_format import AudioFormat

__all__ = [
    "HAS_OPUS",
    "AudioPath",
    "Counters",
    "FrameDecoder",
    "FrameEncoder",
    "Kinds",
    "Level",
    "Message",
    "MessageKind",
    "OpusDecoder",
    "OpusEncoder",
    "Resampler",
    "Side",
    "Splice",
    "SpliceError",
    "TlsCertificateError",
    "TlsClient",
    "TlsError",
    "TlsServer",
    "TlsSession",
    "TlsUntrustedError",
    "VoiceActivity",
    "Wrap",
    "__version__",
    "check_base64",
    "decode_base64",
    "encode_base64",
    "limit_simd",
    "scan_envelope",
    "simd",
]
if sys.platform == "linux":
    __all__ += ["Reactor", "ReactorStats"]

__version__: str
HAS_OPUS: bool  # whether libopus is built in

class SpliceError(Exception):
    """A panic inside the core, contained at its leg: the session must end with 1011.

    After it every call on that splice but `pull` raises it again.
    """

@final
class Side(Enum):
    """Which end of the session: who dialled us (client), whom we dial (upstream)."""

    CLIENT = ...
    UPSTREAM = ...

@final
class MessageKind(Enum):
    """What a delivery to Python is."""

    HOLD = ...  # the direction stands still until `release(leg, hold)`
    COPY = ...  # already passed on verbatim; read it, answer nothing
    MARK = ...  # the play-out clock reached a mark; the lane stands still until released
    CLOSED = ...  # the leg's last delivery: closed by the peer, or by a violation

@final
class Message:
    """One delivery to Python; immutable."""

    @property
    def kind(self) -> MessageKind: ...
    @property
    def raw(self) -> bytes:
        """The message as it came (HOLD, COPY), or the mark's token (MARK), or b"" (CLOSED)."""
    @property
    def binary(self) -> bool:
        """Whether the frame's opcode was binary."""
    @property
    def hold(self) -> int:
        """What `release` wants back; 0 for COPY and CLOSED."""
    @property
    def code(self) -> int:
        """CLOSED: the close code (1005 if the peer named none, 1006 if it just went); else 0."""
    @property
    def reason(self) -> str:
        """CLOSED: the peer's words, or ours for a violation; else ""."""
    @property
    def violation(self) -> bool:
        """CLOSED: true if we closed because the peer broke a rule or a deadline."""

@final
class Kinds:
    """How a leg's incoming messages are sorted by their top-level `type`.

    Args:
        audio: type -> where its base64 payload lies: a key, or two keys joined by
            a dot for one level of nesting ("data.audio").
        reports: type -> where a name lies, "ITEM:MS", by which a client tells that it has
            played so many milliseconds of an item. It is noted and nobody is woken; from
            the first one on the last report is what was heard of an item, of one without
            any nothing was, and what is reported of a cut one changes nothing. Another
            name, and that of an item that is not known, is a hold.
        only: path -> text. Audio is a message that has these texts at these paths, a
            report one that has no others there; another one of its type is a hold.
        answer_words: type -> (where its words lie, template) for words of an answer.
            They are told in the client's own message, behind the start of their
            response, and nobody else learns of them; those of an excluded response
            are for nobody. Slots: `$text` (what stands between the quotes, written
            with no escapes but those that JSON asks for), `$item_id`, `$response_id`
            (tokens, quotes and all). ValueError for any other `$`.
        input_words: the same for words of the input, which name no response.
        secrets: words with one of these in them are a hold.
        relay: types passed on verbatim in Rust, a copy to Python.
        pass_on: types passed on verbatim of which Python learns nothing.
        renamed: type -> type; the same, but with another top-level `type`. ValueError for
            a new name that needs escapes.
        ignore: types that concern nobody.
        default: "hold", "relay" or "pass_on" for every other type.
        hold: types held although the default is another.
        binary: "hold", or "audio" where a binary frame is raw audio.
        check_base64: refuse audio whose payload is not strict base64 (from a client:
            of whole samples) by making it a hold; false where the other end answers
            for it: it is passed on, if the wrap can, and not counted.
        type_key: the key that this protocol has in place of `type`.

    A message that the scanner is not sure of (escapes in what it reads, duplicate
    keys, anything that is not an object, malformed JSON, depth above 64) is a hold. So
    are words where anything that a parser of them would read is not as it should be
    (ids that are no strings, a content index that is no small number, escapes beside
    the words), and audio with escapes in its payload.
    """

    def __new__(
        cls,
        *,
        audio: Mapping[str, str] = ...,
        reports: Mapping[str, str] = ...,
        only: Mapping[str, str] = ...,
        answer_words: Mapping[str, tuple[str, str]] = ...,
        input_words: Mapping[str, tuple[str, str]] = ...,
        secrets: Sequence[bytes] = (),
        relay: Sequence[str] = (),
        pass_on: Sequence[str] = (),
        renamed: Mapping[str, str] = ...,
        ignore: Sequence[str] = (),
        default: str = "hold",
        hold: Sequence[str] = (),
        binary: str = "hold",
        check_base64: bool = True,
        type_key: str | None = None,
    ) -> Self: ...

@final
class Wrap:
    """How the lane wraps audio for the leg that receives it."""

    @staticmethod
    def verbatim() -> Wrap:
        """The message as it came (only where both sides speak the same shape).

        What did not come in a message (a replay) leaves in the upstream's own shape.
        """
    @staticmethod
    def renamed(type_name: str) -> Wrap:
        """The message as it came with another top-level `type` (the beta shape)."""
    @staticmethod
    def template(first: str, second: str | None = None) -> Wrap:
        """One or two text messages built from templates.

        Slots: `$audio` (base64, without quotes), `$response_id`, `$item_id`,
        `$content_index` (the raw JSON tokens as they came, or `null`), `$item` (the
        item's id without its quotes, to stand inside a string), `$number` (of this
        chunk on its leg, from 1), `$ms` (end of this chunk in its item, whole
        milliseconds). ValueError for any other `$`.
        """
    @staticmethod
    def binary() -> Wrap:
        """The raw audio as a binary frame."""

@final
class Counters:
    """What the splice counted of one item's audio on its way to the client.

    What was received either waits in the splice, or was dropped, or has left.
    """

    @property
    def received_ms(self) -> float: ...
    @property
    def released_ms(self) -> float:
        """Let go by the lane, whether it could be written or not."""
    @property
    def heard_ms(self) -> float:
        """The play-out clock's position; it runs on while nobody is there.

        Of a client that reports it is what was reported.
        """
    @property
    def dropped_ms(self) -> float:
        """Never left: cut, discarded because its time had passed, refused after a cut."""

@final
class Level:
    """Loudness of the last chunk in one direction, full scale = 1.0, and its time.

    `speaking`: whether somebody speaks, and has or has not for `lasted_ms` of audio. All
    of it is measured from the first time on that the level is asked for.
    """

    @property
    def rms(self) -> float: ...
    @property
    def peak(self) -> float: ...
    @property
    def at(self) -> float | None: ...
    @property
    def speaking(self) -> bool: ...
    @property
    def lasted_ms(self) -> float: ...

@final
class Splice:
    """The legs of one session and the lanes between them.

    Lanes and directions go on in `feed`, `release`, `turn`, `attach`, `detach`,
    `resume` and `close` only; never in `send`, `mark` or `drop`, after which
    `next_deadline` says if a `turn` is due. A leg that is unknown or forgotten is
    ignored, but by `attach`, `release` and `resubmit`.

    Args:
        seed: 32 random bytes; masks come from a ChaCha stream of them.
        lead_ms: how far ahead of its time audio may leave for the client; None for
            clients that buffer by protocol: the lane is then a plain FIFO without
            marks or pacing.
        answer_ms: audio waiting in the lane to the client at which the upstream is
            no longer read.
        burst_ms: how far ahead of real time a client's audio may run before the
            client is no longer read.
        ring_ms: how much of the input the replay ring keeps.
        waiting_messages, waiting_bytes: events that may wait for a client that does
            not read; beyond either its leg ends with 1013.
    """

    def __new__(
        cls,
        *,
        seed: bytes,
        lead_ms: int | None = 400,
        answer_ms: int = 300_000,
        burst_ms: int = 120_000,
        ring_ms: int = 60_000,
        waiting_messages: int = 1_000,
        waiting_bytes: int = 1_048_576,
    ) -> Self: ...

    # Legs
    def open_leg(
        self,
        side: Side,
        *,
        max_message_bytes: int,
        stall_ms: int = 10_000,
        message_ms: int = 60_000,
        max_tiny_fragments: int = 4_096,
    ) -> int:
        """Add a leg on which the handshake is done; returns its id (never reused).

        A CLIENT leg receives masked frames and sends plain ones; an UPSTREAM leg
        the other way round. Until it is attached, all its messages are holds.
        """
    def attach(
        self,
        leg: int,
        *,
        kinds: Kinds,
        wrap: Wrap,
        now: float,
        speaks: tuple[str, int, int] = ("pcm16", 24_000, 1),
        hears: tuple[str, int, int] | None = ("pcm16", 24_000, 1),
    ) -> None:
        """Make `leg` its side's leg; one that was attached is detached first.

        ValueError: an unknown leg, an unknown format.

        `kinds` sorts what comes from it, `wrap` shapes the audio that goes to it.
        `speaks` (encoding, rate in Hz, channels) is the audio that comes from it,
        `hears` what it takes: audio of the other side is converted to that, unless
        the wrap passes messages on (`verbatim`, `renamed`). An upstream with `hears`
        None is sent no audio yet, as if there were none. What waits for the leg, and
        the replay ring, are converted where its format changes. A client may have
        ("opus", 24000, 1) for either, where `HAS_OPUS`: a packet in each message,
        those to it with 20 ms each in binary frames, whatever the wrap. What
        waited for an absent client goes to it now, and what one that went by itself
        had not taken; if that was beyond the bound, the leg is closed with 1013.
        Attaching the attached leg again only changes kinds, wrap and format.
        """
    def detach(self, side: Side, now: float) -> None:
        """Leave `side` without a leg.

        The leg itself lives on until `forget`, and what is queued on it stays its own.
        """
    def forget(self, leg: int) -> None:
        """The leg's socket is gone: free what it held (detaches it if attached)."""
    def clear(self) -> None:
        """The session is over: free everything; what is asked afterwards finds no legs.

        Whoever still refers to the splice keeps no audio alive.
        """

    # Bytes
    def feed(self, leg: int, data: bytes | bytearray | memoryview, now: float) -> None:
        """Bytes that arrived on the leg; b"" for end of stream.

        An upstream on whose queue more than twice `burst_ms` of input audio waits
        (replays not counted) is given up when more comes: CLOSED, 1013.
        """
    def pull(self, leg: int, now: float, max_bytes: int = 65_536) -> bytes:
        """The next bytes to write on the leg, b"" if there is nothing now."""
    def wants_read(self, leg: int, now: float) -> bool:
        """False while a bound of the design asks that the leg is not read.

        It may change with any call on either leg, and by `next_deadline` alone.
        """
    def finished(self, leg: int) -> bool:
        """True once the close frame has been pulled and the peer's has come (or never will)."""
    def turn(self, now: float) -> None:
        """Do what the clock asks for: releases, marks, deadlines."""
    def next_deadline(self) -> float | None:
        """When `turn` has something to do without any call before, if ever."""

    # Messages
    def receive(self, leg: int) -> Message | None:
        """The leg's next delivery, if there is one.

        Marks come on the client leg that is attached or, while none is, was last.
        """
    def release(self, leg: int, hold: int, now: float) -> None:
        """The hold (or mark) has been answered; its direction goes on.

        Received, answered once and in order, else ValueError. Send the answers first.
        A hold of a leg that is gone may still be released; a mark is released on the
        leg on which it was received.
        """
    def resubmit(self, leg: int, hold: int, payload: bytes, now: float) -> bool:
        """Sort this canonical form of a held message instead of what came.

        If it is audio by the leg's kinds it goes the lane's way at once: True.
        Otherwise nothing happens: False. The hold must still be released; ValueError
        if it is not open.
        """
    def send(
        self,
        side: Side,
        payload: bytes,
        now: float,
        *,
        binary: bool = False,
        response_id: str | None = None,
    ) -> None:
        """Queue one whole message to whatever leg the side has.

        To the client, with the id of a response whose start is still to be said
        (`say_when_played`), it waits until that is.
        For an absent client it is kept within the bound; for an absent upstream, and
        after our own `close`, it is dropped.
        """
    def send_leg(self, leg: int, payload: bytes, now: float, *, binary: bool = False) -> None:
        """Queue one whole message to exactly this leg (a successor being prepared)."""
    def mark(self, response_id: str, token: bytes, now: float) -> None:
        """Place a mark in the lane to the client, behind all audio received so far.

        Delivered as a MARK with `raw == token` when all audio before it has had
        its time. Without lead there are no marks: ValueError.
        """
    def say_when_played(
        self, response_id: str, payloads: Sequence[bytes], now: float, *, starts: bool = False
    ) -> None:
        """Say these to the client where a mark placed now would come: nobody is asked then.

        `starts`: with this the response starts; text with its id waits, and follows.
        Without lead: ValueError.
        """

    # The lane to the client
    def drop(self, response_id: str, now: float) -> list[tuple[str, int, float, float]]:
        """Cut a response: its audio leaves lane and queue, its id is shut.

        Returns (item_id, content_index, heard_ms, received_ms) for each of its
        items that had any audio, in order. Its marks come at once.
        """
    def finish(self, response_id: str, now: float) -> None:
        """The upstream's `response.done` of it has come: tails flushed, the id no longer shut."""
    def pause(self, now: float) -> None:
        """Stop the lane, until `resume` or until it is full; without lead, nothing."""
    def resume(self, now: float) -> None: ...
    def playback(self, item_id: str, played_ms: float, now: float) -> bool:
        """The client says how much of an item has been heard by `now`.

        Corrects the clock from here on: what was released before the item has been
        heard, what was released after it has not. What was cut stays as it is. False
        if the item is unknown.
        """
    def playing(self, now: float) -> tuple[str, str, int, float] | None:
        """(response_id, item_id, content_index, heard_ms) of what is being heard, if anything."""
    def shape(self, gain: float, pitch: float, now: float) -> None:
        """From the next audio on that the lane lets go: gain 0 to 4, pitch 0.5 to 2.

        The duration is kept. ValueError beyond these. Without effect on a client
        whose wrap passes messages on.
        """
    def exclude(self, response_id: str) -> None:
        """The response is out-of-band: its audio never enters the lane."""
    def counters(self, item_id: str, now: float) -> Counters | None: ...

    # The lane to the upstream
    def end_input(self, now: float) -> float:
        """A commit goes out: conversion tails are flushed before it.

        Returns where it stands in the attached upstream's own input time, in
        milliseconds; 0 without an upstream.
        """
    def discard_input(self) -> None:
        """The input buffer is cleared: conversion tails are forgotten."""
    def input_ms(self) -> float:
        """Audio received from the client so far, by its own format's time."""
    def ring_span(self) -> tuple[float, float]:
        """The milliseconds of input time that the replay ring holds, from and to."""
    def ring_read(self, from_ms: float, to_ms: float) -> bytes:
        """Input audio of that span, clamped to what is held.

        In the format in which it was said, or in PCM16 24 kHz where that is smaller.
        """
    def forget_input(self, before_ms: float) -> None:
        """The ring forgets what came before that, in the upstream's own input time.

        By the latency of a conversion less, and never what is still to come.
        """
    def replay(self, from_ms: float, now: float) -> float:
        """Append the ring from `from_ms` on to the attached upstream again.

        In its format, as one stream with what is said next. Returns the milliseconds
        sent, 0 if there is none to send to. Times that the new upstream reports are
        true after adding `input_offset_ms()`.
        """
    def input_offset_ms(self) -> float:
        """Client input time minus the attached upstream's own input time.

        Without an upstream, as it will be for one that is attached now.
        """

    # Health
    def level(self, side: Side) -> Level:
        """Of the audio that comes from `side`."""
    def ping(self, leg: int, now: float) -> None:
        """Send a ping, unless one is unanswered."""
    def keep_alive(self, leg: int, every_ms: int, within_ms: int, now: float) -> None:
        """Ping each `every_ms` from now on; end the leg when no pong comes `within_ms`.

        Time in which we did not read does not count. The end is CLOSED, 1006, and
        `is_silent`. `next_deadline` knows of it.
        """
    def is_silent(self, leg: int) -> bool:
        """Whether `keep_alive` has ended it: its socket is to be closed by force."""
    def pong_wait_s(self, leg: int, now: float) -> float | None:
        """How long the open ping has waited; None if every ping is answered.

        Time in which we did not read does not count.
        """
    def waiting(self, leg: int) -> tuple[int, int]:
        """(messages, bytes) that wait to be pulled, audio and control frames included.

        Audio counts as it lies there, before it is wrapped. At (0, 0) `pull` has
        nothing to give.
        """
    def close(self, leg: int, code: int, reason: str, now: float) -> None:
        """Cut the audio for this leg and what waits in its lane, then close it.

        The marks of an attached client are delivered at once, in order. Messages that
        stand in the queue still go (the error that explains the close is one), then
        the close frame, nothing after it. Where the peer has gone already nothing
        happens: what waits is for its successor. ValueError for a code that must not be
        sent.
        """
    def panic_for_test(self, leg: int) -> None:
        """Panic inside the leg's work, so that containment can be tried from outside."""

if sys.platform == "linux":
    @final
    class Reactor:
        """The sockets of all sessions behind one descriptor, served without Python.

        Wait for `fileno()` to be readable, then call `turn`. After any call on a
        splice that has sockets here, call `settle` with its session. Sessions and
        members are named by numbers that are never given to another; a name that is
        gone is ignored.

        Args:
            now: the clock of all later calls, as for the splice.
            socket_bytes: what is read of one socket before the next has its turn.
            turn_ms: the time after which a turn begins no further round.

        Raises OSError where the process has no descriptor left.
        """

        def __new__(cls, *, now: float, socket_bytes: int = 65_536, turn_ms: int = 2) -> Self: ...
        def fileno(self) -> int:
            """Readable when a turn has something to do; owned by the reactor."""
        def open_session(self, splice: Splice) -> int:
            """Take a session in, which has no sockets yet; its name."""
        def close_session(self, session: int) -> None:
            """Let a session go; sockets that it still has are closed by force.

            Nothing more is told of it.
            """
        def add(
            self,
            session: int,
            leg: int,
            side: Side,
            fd: int,
            token: object,
            *,
            send_ms: int,
            close_ms: int,
            tls: TlsSession | None = None,
        ) -> int:
            """Own the socket `fd` of a leg of the session's splice; the member's name.

            Give the descriptor up before (`socket.detach()`): from here on it is
            closed, once, whatever happens, also where this raises OSError or, for a
            session that is closed, ValueError. What had been read before is fed to the
            splice by the caller. `tls` is what the bytes pass, its handshake done and its
            plaintext read; it is handed over for good. `send_ms`: how long the socket may
            refuse bytes; `close_ms`: how long an ending may take. Beyond either it is
            reset.
            """
        def watch(self, fd: int) -> None:
            """Linger in no turn beyond the moment when `fd` has something new to read.

            It stays the caller's, who is told nothing: whoever waits for it hears of it
            by their own means. OSError where it cannot be watched.
            """
        def unwatch(self, fd: int) -> None:
            """Watch it no more; OSError where it is not watched, or is closed."""
        def turn(self, now: float, *, linger_ms: int = 0) -> tuple[list[tuple[Any, bool]], bool]:
            """Do all that can be done at once, within `turn_ms`.

            Where enough is coming for that to pay (eight reads, by the last rate), a turn
            without news then waits for more, without the GIL, until there is news,
            something to read on what is watched, a signal, or `linger_ms` have passed
            since it began.

            Returns the news, (token, gone) each: there is something to `receive` that
            was not told before, or (once) the socket is closed. From behind a hold
            something may arrive even then, until the leg is forgotten. And whether
            there is more to do at once: here, and then `fileno()` is readable, too, or
            elsewhere, for there was something to read on what is watched, or a signal.
            """
        def settle(self, session: int, now: float) -> list[tuple[Any, bool]]:
            """After a call on the session's splice: write, set its timer; the news."""
        def tell_all(
            self,
            members: Sequence[int],
            payload: bytes,
            now: float,
            *,
            within: tuple[int, int] | None = None,
        ) -> tuple[list[int], list[tuple[Any, bool]]]:
            """Send one text message to each of these members, and settle their sessions.

            It is framed once, and written at once to every client for whom nothing
            waits; where something does, it is queued, and its bytes lie in memory once.
            Members for whom more than `within` (messages, bytes) waits are passed over;
            one message alone is never too much.

            Returns the places in `members` of those who were passed over, and the news.
            The GIL is let go meanwhile.
            """
        def waiting(self, member: int) -> tuple[int, int]:
            """(messages, bytes) that its leg has still to write.

            What the kernel has taken is not counted; frames that have begun count as one
            message. (0, 0) for a name that is gone.
            """
        def end_within(self, member: int, now: float) -> None:
            """The leg is ending: it has `close_ms` from now, if it had longer."""
        def abort(self, member: int, now: float) -> None:
            """Close the socket by force; `settle` tells that it is gone."""
        @property
        def stats(self) -> ReactorStats:
            """What has been done so far."""

    @final
    class ReactorStats:
        """Sums since the reactor was made."""

        @property
        def turns(self) -> int: ...
        @property
        def busy_s(self) -> float:
            """Time spent in turns, without what they waited."""
        @property
        def waited_s(self) -> float:
            """Time that turns have waited for more."""
        @property
        def longest_s(self) -> float:
            """The longest turn, with what it waited."""
        @property
        def rounds(self) -> int:
            """Rounds in these turns; each visits every socket that is ready once."""
        @property
        def events(self) -> int:
            """Readiness that the kernel has told."""
        @property
        def reads(self) -> int: ...
        @property
        def read_bytes(self) -> int: ...
        @property
        def writes(self) -> int: ...
        @property
        def written_bytes(self) -> int: ...

@final
class FrameDecoder:
    """RFC 6455 frames in, whole messages and control frames out; no extensions.

    The codec below the splice, alone, for tests and for tools.
    """

    def __new__(
        cls, *, masked: bool, max_message_bytes: int, max_tiny_fragments: int = 4_096
    ) -> Self: ...
    def feed(self, data: bytes | bytearray | memoryview) -> list[tuple[str, bytes, int]]:
        """What the bytes complete, as (name, bytes, code).

        ("text", "binary", "ping" or "pong", payload, 0); ("close", reason, code), the
        code 1005 if the frame had none; ("violation", reason, code) with the code to
        close with. Nothing comes after a close or a violation.
        """

@final
class FrameEncoder:
    """Whole messages and control frames into RFC 6455 frames."""

    def __new__(cls, *, seed: bytes | None) -> Self:
        """With a seed of 32 bytes frames are masked (we are the client), without not."""
    def encode(self, opcode: str, payload: bytes, code: int = 0) -> bytes:
        """`opcode`: "text", "binary", "ping", "pong" or "close" (with `code`).

        The payload of a close is its reason, cut to whole characters that fit;
        without a code (0) it is empty. ValueError for what no peer may get.
        """

@final
class Resampler:
    """One channel of audio from one sample rate to another, chunk by chunk.

    Rates are 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000 or 96000 Hz.
    After k samples in, floor(k * output_rate_hz / input_rate_hz) samples have come out
    in sum, from the first chunk on and however the stream is cut; the first of them are
    the silence before its beginning. `quality`: "low_latency" lets a little of what lies
    just above the lower Nyquist frequency fold into what lies just below; "strict" does
    not, at some milliseconds more.

    ValueError for an unknown rate or quality. One stream, one object: RuntimeError where
    two threads are inside at once. The GIL is kept for chunks of less than about 1 ms of
    work, and let go for longer ones.
    """

    def __new__(
        cls,
        input_rate_hz: int,
        output_rate_hz: int,
        *,
        quality: Literal["low_latency", "strict"] = "low_latency",
    ) -> Self: ...
    def process(self, chunk: Buffer) -> NDArray[np.float32]:
        """What the next samples make.

        `chunk` is an array (or any buffer) of native float32, contiguous, of shape
        (samples,) or (samples, 1), full scale ±1; it is read where it lies. What is not a
        number counts as 0. TypeError for another type of item, ValueError for another
        shape, BufferError for gaps in memory; the stream is as before then.
        """
    def flush(self) -> NDArray[np.float32]:
        """The rest of what went in, `latency_ms` of it; the object is as new then."""
    def reset(self) -> None:
        """Forget what went in."""
    @property
    def latency_ms(self) -> float:
        """How much later than in the input anything is in the output; constant."""

@final
class VoiceActivity:
    """Whether somebody speaks in one channel of audio, in frames of 10 ms.

    A frame is loud when it stands 9 dB clear of a floor that follows the noise, and
    above -55 dBFS. 30 ms of loud frames begin speech, 300 ms of others end it. However
    a stream is cut, it says the same. Rates are those of `Resampler`; ValueError for
    another.
    """

    def __new__(cls, rate_hz: int) -> Self: ...
    def process(self, chunk: Buffer) -> bool:
        """Hear the next samples; whether somebody speaks at their end.

        `chunk` is an array as `Resampler.process` takes it, with the same errors.
        """
    def reset(self) -> None:
        """Be as new."""
    @property
    def speaking(self) -> bool:
        """Whether somebody speaks."""
    @property
    def since(self) -> int:
        """The sample at which that began; 0 before the first change.

        Where the first loud frame of the speech begins, or where its last one ends.
        """

@final
class OpusEncoder:
    """Samples (24 kHz mono PCM16) to packets of 20 ms, as the splice makes them.

    About 40 kbit/s, no FEC, no DTX. A decoder gives back what went in 6.5 ms late.
    """

    def __new__(cls) -> Self:
        """ValueError: not in this build (`HAS_OPUS`)."""
    def encode(self, samples: Buffer) -> bytes:
        """The packet of these 960 bytes. ValueError: another size."""
    def reset(self) -> None:
        """Forget all that went in."""

@final
class OpusDecoder:
    """Packets of any duration, bandwidth and channels to 24 kHz mono PCM16."""

    def __new__(cls) -> Self:
        """ValueError: not in this build (`HAS_OPUS`)."""
    def decode(self, packet: Buffer) -> bytes:
        """What the packet stands for, 2.5 to 120 ms.

        An empty one was lost on its way: something as long as the one before is made
        up for it. ValueError: not a packet; nothing has changed.
        """

@final
class AudioPath:
    """A stream of audio from one format to another, chunk by chunk.

    `source` and `target` are `AudioFormat`s or their tuples (encoding, rate in Hz,
    channels): encodings "pcm16" (little-endian), "f32" (full scale ±1), "g711_ulaw",
    "g711_alaw"; the rates of `Resampler`; 1 or 2 channels, interleaved. Stereo is kept
    where both formats have it, else it becomes the mean of its channels, or the one
    channel is written to both.

    After k whole frames in, floor(k * target rate / source rate) frames have come out in
    sum, from the first chunk on and however the stream is cut. A frame that the end of a
    chunk cuts waits for the next chunk. Equal formats without gain and pitch pass
    untouched. Otherwise full scale saturates, what is not a number becomes 0.

    Args:
        quality: as of `Resampler`.
        gain: 0 to 4, a factor.
        pitch: 0.5 to 2, a factor of the frequencies; the duration is kept.

    ValueError for a format, quality, gain or pitch that does not exist. One stream, one
    object: RuntimeError where two threads are inside at once. The GIL is kept for chunks
    of less than about 1 ms of work, and let go for longer ones.
    """

    def __new__(
        cls,
        source: AudioFormat | tuple[str, int, int],
        target: AudioFormat | tuple[str, int, int],
        *,
        quality: Literal["low_latency", "strict"] = "low_latency",
        gain: SupportsFloat = 1.0,
        pitch: SupportsFloat = 1.0,
    ) -> Self: ...
    def process(self, chunk: Buffer) -> bytes:
        """What the next chunk makes, in the target format.

        `chunk` is bytes in the source format, cut anywhere, or an array (or any buffer)
        of its native samples (int16, float32, uint8 for G.711), contiguous, of shape
        (samples,) or (frames, channels); it is read where it lies. TypeError for another
        type of item, ValueError for another shape or a released memoryview, BufferError
        for gaps in memory; the stream is as before then.
        """
    def process_to_base64(self, chunk: Buffer) -> str:
        """As `process`, in base64."""
    def process_to_floats(self, chunk: Buffer) -> NDArray[np.float32]:
        """As `process`, as a new array of shape (frames,), or (frames, 2) for stereo.

        ValueError unless the target's encoding is f32.
        """
    def process_from_base64(self, text: str | Buffer) -> bytes:
        """As `process`, of a chunk in base64.

        ValueError names place and cause where it is not strict base64 (standard alphabet,
        padded, unused bits zero); the stream is as before then.
        """
    def process_from_base64_to_floats(self, text: str | Buffer) -> NDArray[np.float32]:
        """As `process_to_floats`, of a chunk in base64."""
    def flush(self) -> bytes:
        """The rest of what went in, `latency_ms` of it, in the target format.

        The object is as new then, but for gain and pitch. A frame that is cut is lost.
        """
    def reset(self) -> None:
        """Forget what went in; gain and pitch stay."""
    @property
    def latency_ms(self) -> float:
        """How much later than in the input anything is in the output.

        With pitch it is the middle of what varies by 10 ms to either side.
        """
    @property
    def gain(self) -> float:
        """From 0 to 4; a change takes effect with the next chunk, without a click."""
    @gain.setter
    def gain(self, value: SupportsFloat) -> None: ...
    @property
    def pitch(self) -> float:
        """From 0.5 to 2; a change takes effect within some 15 ms, without a click.

        The first change of a stream that runs unshifted passes through a moment of silence.
        """
    @pitch.setter
    def pitch(self, value: SupportsFloat) -> None: ...

class TlsError(Exception):
    """TLS has failed; words for people that begin with the other end: "it speaks no TLS"."""

class TlsCertificateError(TlsError):
    """The other end's certificate does not prove who it is."""

class TlsUntrustedError(TlsCertificateError):
    """Nobody whom we trust vouches for that certificate."""

@final
class TlsClient:
    """Dials servers by TLS 1.3 or 1.2 and verifies who they are; ALPN http/1.1.

    Trusts the certificates in `authorities` (PEM), as issuers and as themselves;
    without them the system's, or those that SSL_CERT_FILE and SSL_CERT_DIR name.
    Reading the system's takes tens of milliseconds. One object remembers what its
    sessions need to resume. ValueError says why `authorities` cannot be used, or that
    the system has none.
    """

    def __new__(cls, *, authorities: bytes | None = None) -> Self: ...
    def open(self, host: str) -> TlsSession:
        """A session with `host`, a name or an IP address; ValueError if it is neither."""

@final
class TlsServer:
    """Takes connections by TLS 1.3 or 1.2; ALPN http/1.1, where the client asks for one.

    `chain` and `key` are PEM; the chain begins with the server's own certificate.
    ValueError says why they cannot be used (never quoting them).
    """

    def __new__(cls, *, chain: bytes, key: bytes) -> Self: ...
    def accept(self) -> TlsSession:
        """A session with whoever has connected."""

@final
class TlsSession:
    """One TLS connection without its socket.

    What comes from the socket goes to `feed`; after each call `unsent` may have
    something for it. It keeps no bounds: write nothing while `unsent` has something,
    and feed nothing while `read` has something, and it holds no more than one write
    and one feed. ValueError once it has been handed over to a reactor.
    """

    def feed(self, ciphertext: bytes | bytearray | memoryview) -> None:
        """Bytes that arrived; b"" for the end of the stream.

        TlsError for what ends the connection, an end without `close_notify` among it;
        from then on always. `unsent` then has the alert that tells the peer why. What
        follows the peer's `close_notify` is ignored.
        """
    def read(self, max_bytes: int) -> bytes:
        """The next bytes of plaintext, b"" if there are none yet."""
    def write(self, plaintext: bytes | bytearray | memoryview) -> None:
        """Encrypt; during the handshake it waits for its end. TlsError after a failure."""
    def unsent(self) -> bytes:
        """All ciphertext that waits to be sent."""
    def sent(self, size_bytes: int) -> None:
        """So much of it has been sent; ValueError where it was not that much."""
    def close(self) -> None:
        """Say `close_notify`; nothing is written behind it."""
    @property
    def handshaking(self) -> bool: ...
    @property
    def ended(self) -> bool:
        """Whether the peer has said `close_notify`; plaintext may still wait in `read`."""
    @property
    def version(self) -> Literal["TLS 1.2", "TLS 1.3"] | None:
        """What was agreed on, once it is known."""
    @property
    def resumed(self) -> bool:
        """Whether the handshake went on from an earlier connection."""

def simd() -> Literal["portable", "avx2", "avx512"]:
    """The vector instructions that an object made now will use."""

def limit_simd(name: Literal["auto", "portable", "avx2", "avx512"]) -> None:
    """Use no wider vector instructions than these in what is made from now on.

    For the whole process; "auto" lifts the limit, and no limit gives a machine what it
    does not have. Results differ by rounding alone. ValueError for another name.
    """

def scan_envelope(raw: bytes, payload: str | None = None) -> dict[str, bytes] | None:
    """The JSON tokens, as they came, of what the splice reads in a message.

    Keys: type, event_id, response_id, item_id, content_index, and `payload` for
    the value at the path `payload` ("audio", or "data.audio"), as far as they are
    there. None where the scanner is not sure. For tests and tools.
    """

def check_base64(data: bytes) -> bool:
    """Whether data is strict, padded, canonical standard base64."""

def decode_base64(data: bytes) -> bytes:
    """The bytes that strict base64 stands for; ValueError names the place and the cause."""

def encode_base64(data: bytes | bytearray | memoryview) -> bytes: ...
