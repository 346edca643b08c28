"""A conversation whose every chunk comes back at once.

Owns the checks (nothing lost, reordered, repeated or changed) and the latencies.
Must not know sockets or clocks.
"""

from __future__ import annotations

from rtproxy.audio.stamp import Stamp, read_stamp
from rtproxy.load.call import ProtocolBroken
from rtproxy.load.frontends import Frontend, Kind
from rtproxy.load.ledger import Arrival, Ledger
from rtproxy.load.speech import Speech
from rtproxy.load.tally import Tally


class EchoCall:
    """A Call (see `call.py`); `number` is its own among all, for the stamps."""

    def __init__(self, number: int, frontend: Frontend, speech: Speech, tally: Tally) -> None:
        self.ready = False
        self._number = number
        self._frontend = frontend
        self._speech = speech
        self._tally = tally
        self._ledger = Ledger()
        self._words_due = 1
        self._began_ns = 0
        self._stopped = False

    @property
    def settled(self) -> bool:
        """Whether every chunk has come back."""
        return not self._ledger.outstanding

    def say(self, now_ns: int) -> bytes | None:
        """The next chunk, with its number and the time in its samples."""
        if self._stopped:
            return None
        number = self._ledger.say()
        if not number:
            self._began_ns = now_ns
        self._tally.said += 1
        self._tally.now.said += 1
        return self._frontend.wrap(self._speech.stamped(Stamp(self._number, number, now_ns)))

    def receive(self, raw: bytes, at_ns: int) -> None:
        """Check what came; raises ProtocolBroken for what no proxy may say."""
        try:
            kind, words = self._frontend.read(raw)
        except ValueError as error:
            raise ProtocolBroken(f"a message that cannot be read: {error}") from error
        match kind:
            case Kind.AUDIO:
                self._take_audio(words, at_ns)
            case Kind.WORD:
                self._take_word(words)
            case Kind.READY:
                self.ready = True
            case Kind.TROUBLE:
                self._tally.fail(f"told {words.partition(':')[0]}", words)
            case _:
                pass

    def stop(self) -> None:
        """Say nothing more."""
        self._stopped = True

    def end(self, *, broken: bool) -> None:
        """What is still outstanding never came."""
        if broken:
            self._tally.cut_off += self._ledger.outstanding
        else:
            self._tally.lost += self._ledger.outstanding

    def _take_audio(self, audio: str, at_ns: int) -> None:
        stamp = read_stamp(audio)
        if stamp is None or stamp.call != self._number:
            raise ProtocolBroken("audio came back that this session never said")
        arrival = self._ledger.take(stamp.number)
        if arrival is Arrival.UNKNOWN:
            raise ProtocolBroken(f"chunk {stamp.number} came back before it was said")
        tally = self._tally
        if arrival is Arrival.REPEATED:
            tally.repeated += 1
            return
        tally.back += 1
        tally.now.back += 1
        tally.reordered += arrival is Arrival.REORDERED
        tally.changed += not self._speech.is_unchanged(stamp.number, audio)
        self._measure(stamp, at_ns)

    def _measure(self, stamp: Stamp, at_ns: int) -> None:
        now = self._tally.now
        now.round_trip.add((at_ns - stamp.said_ns) // 1000)
        if stamp.number == 0:
            now.first_audio.add((at_ns - self._began_ns) // 1000)
        if stamp.answered_ns:
            self._tally.measured_upstream = True
            now.to_upstream.add((stamp.heard_ns - stamp.said_ns) // 1000)
            now.to_client.add((at_ns - stamp.answered_ns) // 1000)

    def _take_word(self, text: str) -> None:
        """Our echo's transcript counts from 1; what another says is only counted."""
        self._tally.words += 1
        if text.strip().isdecimal():
            number = int(text)
            self._tally.words_lost += abs(number - self._words_due)
            self._words_due = number + 1
