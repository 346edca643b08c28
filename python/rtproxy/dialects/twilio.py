"""The `twilio` dialect: telephone calls, by Twilio Media Streams.

Owns the messages of a bidirectional stream as Twilio documents them: `connected`,
`start`, `media`, `dtmf`, `mark` and `stop` from it, `media`, `mark` and `clear` to it.
They say under `event` what they are. Must not know what a key or a mark leads to.

Twilio has no message for errors, transcripts or turns: of these a caller is told
nothing. What the caller has heard Twilio tells by sending a mark back when the audio
before it was played, so each chunk is followed by one that names its item and the
milliseconds up to there. After a `clear` it sends back all that are outstanding.
The splice notes them; what it is not sure of is decoded here, and corrects its clock.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Annotated, Any, Literal

import msgspec

from rtproxy._audio_core import Kinds, Wrap
from rtproxy.dialects import realtime
from rtproxy.dialects.audio_query import AudioTerms
from rtproxy.dialects.fields import Reading, Readings, read_object
from rtproxy.dialects.json_text import parse_object
from rtproxy.dialects.spoken import SpokenAudio
from rtproxy.model import events as ev
from rtproxy.model.audio_format import AudioFormat, Encoding

# Where a call's stream is sent.
STREAM_PATH = "/twilio/media-stream"

_TELEPHONE = AudioFormat(Encoding.G711_ULAW, 8_000)
_TERMS = AudioTerms(speaks=_TELEPHONE, hears=_TELEPHONE)
_INBOUND = "inbound"
_PAYLOAD = "media.payload"

# What is asked of the upstream, so that nothing has to be converted.
_PCMU = {"format": {"type": "audio/pcmu"}}
SESSION: ev.Json = {"audio": {"input": _PCMU, "output": _PCMU}}

# Plain in JSON, and without the sign that begins a template's slot.
_Sid = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.:-]{1,128}\Z")]
_Digit = Annotated[str, msgspec.Meta(pattern=r"^[0-9*#A-Da-d]\Z")]

_CHUNK_MARK = re.compile(r"(.+):(\d{1,9})")
_OWN_MARK = "rtproxy "


class _MediaFormat(msgspec.Struct, frozen=True, rename="camel"):
    encoding: Literal["audio/x-mulaw"] = "audio/x-mulaw"
    sample_rate: Literal[8_000] = 8_000
    channels: Literal[1] = 1


class _StartFields(msgspec.Struct, rename="camel"):
    stream_sid: _Sid
    call_sid: _Sid | None = None
    custom_parameters: dict[str, str] = {}
    media_format: _MediaFormat = _MediaFormat()


class _Start(msgspec.Struct):
    start: _StartFields


class _DtmfFields(msgspec.Struct):
    digit: _Digit


class _Dtmf(msgspec.Struct):
    dtmf: _DtmfFields


class _MarkFields(msgspec.Struct):
    name: str


class _Mark(msgspec.Struct):
    mark: _MarkFields


class _Plain(msgspec.Struct):
    pass


def _start(said: _Start) -> Sequence[ev.Event]:
    """A call: who it is, then what it wants, which its parameters may say."""
    start = said.start
    wanted = start.custom_parameters
    return [
        ev.StreamStarted(stream_id=start.stream_sid, call_id=start.call_sid),
        ev.Introduced(conversation_id=start.call_sid, token=wanted.get("token")),
        ev.StartAsked(persona=wanted.get("persona"), session=SESSION),
    ]


def _mark(said: _Mark) -> Sequence[ev.Event]:
    name = said.mark.name
    if name.startswith(_OWN_MARK):
        return [ev.MarkReached(token=name.removeprefix(_OWN_MARK).encode())]
    chunk = _CHUNK_MARK.fullmatch(name)
    if chunk is None:
        return [ev.Unheeded(what=f"mark '{name[:64]}'")]
    return [ev.Playback(item_id=chunk[1], played_ms=float(chunk[2]))]


_CONNECTED: Reading = (_Plain, lambda _: [])
_STOP: Reading = (_Plain, lambda _: [ev.Hangup()])

_BEFORE_START: Readings = {
    "connected": _CONNECTED,
    "start": (_Start, _start),
    "stop": _STOP,
}
_AFTER_START: Readings = {
    "connected": _CONNECTED,
    "dtmf": (_Dtmf, lambda said: [ev.KeyPressed(key=said.dtmf.digit.upper())]),
    "mark": (_Mark, _mark),
    "stop": _STOP,
}
_OUT_OF_PLACE = {
    "start": "start: this stream has started already; one connection is one call.",
    **{
        name: f"{name}: nothing can be done with it before 'start', which names the stream."
        for name in ("media", "dtmf", "mark")
    },
}


@dataclass(frozen=True, slots=True)
class Twilio:
    """See `Dialect`; `stream_id` is the stream's sid once `start` has told it."""

    stream_id: str | None = None
    name: str = "twilio"
    paths: tuple[str, ...] = (STREAM_PATH,)
    persona: str | None = "ally"
    subprotocol: str = "rtproxy.twilio"
    audio: AudioTerms = _TERMS
    relays: bool = False
    greets: bool = True
    buffers: bool = True
    telephone: bool = True

    def asked(self, query: Mapping[str, str], *, input_rate_hz: int) -> Twilio:
        """Twilio has one format, and strips the query."""
        del query, input_rate_hz
        return self

    def after(self, event: ev.Event) -> Twilio:
        """From its start on a stream's messages bear its sid."""
        if self.stream_id is None and isinstance(event, ev.StreamStarted):
            return replace(self, stream_id=event.stream_id)
        return self

    def client_kinds(self) -> Kinds:
        """What the caller says takes the lane, what they heard is noted; the rest is Python's."""
        return _client_kinds(self.stream_id)

    def upstream_kinds(self, secrets: Sequence[bytes] = ()) -> Kinds:
        """Audio takes the lane; of text a caller is told nothing."""
        del secrets
        return _upstream_kinds()

    def client_wrap(self) -> Wrap:
        """A chunk, and the mark that tells when it was heard."""
        return _client_wrap(self.stream_id)

    def upstream_wrap(self) -> Wrap:
        """An append of ours."""
        return realtime.APPEND_WRAP

    def decode(self, raw: bytes, *, binary: bool) -> Sequence[ev.Event]:
        """A held message of Twilio's; one of a kind that is not known is no error."""
        audio = SpokenAudio({"media": _PAYLOAD}, _TERMS)
        if binary:
            return audio.read_binary(raw)
        said = parse_object(raw)
        if isinstance(said, ev.Misunderstood):
            return [said]
        name = said.get("event")
        if not isinstance(name, str):
            words = "A message of Twilio's says under 'event' what it is; this one does not."
            return [ev.Misunderstood(code="missing_type", message=words, param="event")]
        return self._read(name, said, audio)

    def _read(self, name: str, said: ev.Json, audio: SpokenAudio) -> Sequence[ev.Event]:
        readings = _BEFORE_START if self.stream_id is None else _AFTER_START
        may_speak = self.stream_id is not None and name == "media"
        if name not in readings and not may_speak:
            words = _OUT_OF_PLACE.get(name)
            if words is None:
                return [ev.Unheeded(what=f"event '{name[:64]}'")]
            return [ev.Misunderstood(code="out_of_place", message=words, param="event")]
        sid = said.get("streamSid", self.stream_id)
        if self.stream_id is not None and sid != self.stream_id:
            words = f"{name}: streamSid is '{str(sid)[:64]}', but this is '{self.stream_id}'."
            return [ev.Misunderstood(code="foreign_stream", message=words, param="streamSid")]
        if may_speak:
            return self._spoken(said, audio)
        fields = {**said, "type": name}
        return read_object(fields, fields, readings, audio)

    def _spoken(self, said: ev.Json, audio: SpokenAudio) -> Sequence[ev.Event]:
        """Audio that the lane was not sure of; of both tracks only the caller's counts."""
        media = said.get("media")
        told = media if isinstance(media, dict) else {}
        if told.get("track", _INBOUND) != _INBOUND:
            return []
        plain = {"track": _INBOUND, "payload": told.get("payload")}
        message = {"event": "media", "streamSid": self.stream_id, "media": plain}
        return audio.read("media", message, event_id=None)

    def encode(self, event: ev.Event) -> Sequence[bytes]:
        """What Twilio has a word for: a mark, and a cut."""
        match event:
            case ev.MarkAsked(token=token):
                mark = {"name": f"{_OWN_MARK}{token.decode()}"}
                return [self._message("mark", mark=mark)]
            case ev.Interrupted():
                return [self._message("clear")]
        return []

    def _message(self, name: str, **fields: Any) -> bytes:
        return msgspec.json.encode({"event": name, "streamSid": self.stream_id, **fields})

    def decode_upstream(self, raw: bytes) -> Sequence[ev.Event]:
        """A held message of the upstream."""
        return (realtime.decode_server(raw),)


@lru_cache(maxsize=1)
def _upstream_kinds() -> Kinds:
    told = (*realtime.ANSWER_DELTAS, realtime.INPUT_DELTA, *realtime.TEXT_DONE, realtime.PART_ADDED)
    return Kinds(audio={realtime.AUDIO_DELTA: "delta"}, ignore=(*realtime.UNHEARD, *told))


def _client_kinds(stream_id: str | None) -> Kinds:
    if stream_id is None:
        return Kinds(type_key="event")
    return Kinds(
        type_key="event",
        audio={"media": _PAYLOAD},
        reports={"mark": "mark.name"},
        only={"streamSid": stream_id, "media.track": _INBOUND},
    )


def _client_wrap(stream_id: str | None) -> Wrap:
    media = f'{{"event":"media","streamSid":"{stream_id}","media":{{"payload":"$audio"}}}}'
    mark = f'{{"event":"mark","streamSid":"{stream_id}","mark":{{"name":"$item:$ms"}}}}'
    return Wrap.template(media, mark)
