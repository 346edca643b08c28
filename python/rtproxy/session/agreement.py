"""What is agreed with the upstream: the session that was asked for, and as it is.

Owns the configuration that the upstream is asked for, what it says of it, and what the
client is told when it has answered. An upstream answers updates in order, each by the
session or by an error; what it names counts, whatever was asked. Must not know turns,
nor who the client is.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from rtproxy.model import events as ev
from rtproxy.model.session_config import merge_session
from rtproxy.session import telling
from rtproxy.session.commands import Command, JoinAudio, ToClient, ToUpstream
from rtproxy.session.formats import UpstreamAudio, audio_named_in

# Where a session has fields inside fields (protocol reference, section 2).
_NESTED = ("audio", "input", "output")


@dataclass(frozen=True, slots=True)
class _Asked:
    """An update on its way: once it is answered the client is welcomed, or told of it."""

    welcomes: bool = False
    tells: ev.SessionUpdate | None = None


class Agreement:
    """The session as the upstream knows it; `config` is the GA session object to ask for."""

    def __init__(self, session_id: str, config: ev.Json) -> None:
        """Begin with nothing agreed."""
        self._session_id = session_id
        self.config = config
        self._model = ""
        self._audio: UpstreamAudio | None = None
        self._asked: deque[_Asked] = deque()
        self.voice = ""

    # Asking

    def aim(self, config: ev.Json) -> None:
        """This is what an upstream will be asked for."""
        self.config = config

    def created(self, event: ev.SessionCreated) -> list[Command]:
        """The upstream has spoken first: ask it for everything."""
        self._model = str(event.session.get("model", ""))
        self._asked.append(_Asked(welcomes=True))
        return [ToUpstream(ev.SessionUpdate(session=self.config))]

    def update(self, event: ev.SessionUpdate) -> list[Command]:
        """The client wants to change something."""
        self._asked.append(_Asked(tells=event))
        self.config = merge_session(self.config, event.session)
        asked = self._ask(event.session, event.event_id)
        return [*telling.otherwise(event.dropped), asked]

    def change(self, config: ev.Json, event_id: str | None) -> list[Command]:
        """Ask for what is new in `config`, and welcome the client when that is answered.

        The voice and its speed in a message of their own: an upstream refuses them at
        times, and with them all else that the message asks for.
        """
        parts = _apart(_difference(self.config, config))
        self.config = config
        if not parts:
            return [self._welcome()]
        self._asked.extend(_Asked(welcomes=part is parts[-1]) for part in parts)
        return [self._ask(part, event_id) for part in parts]

    def _ask(self, session: ev.Json, event_id: str | None) -> Command:
        kind = self.config.get("type", "realtime")
        return ToUpstream(ev.SessionUpdate(event_id=event_id, session={"type": kind, **session}))

    # Being answered

    def updated(self, session: ev.Json) -> list[Command]:
        """The session as it now is.

        Raises UnknownFormatError where it names audio that is not spoken here.
        """
        voice = ((session.get("audio") or {}).get("output") or {}).get("voice", "")
        self.voice = voice if isinstance(voice, str) else str(voice.get("id", ""))
        joined = self._join(audio_named_in(session))
        answered = self._asked.popleft() if self._asked else _Asked()
        if answered.welcomes:
            return [*joined, self._welcome()]
        if answered.tells is not None:
            changed = ev.SessionChanged(event_id=answered.tells.event_id, voice=self.voice)
            return [*joined, ToClient(changed)]
        return joined

    def refused(self) -> list[Command]:
        """The upstream did not take an update: the session is as it was."""
        answered = self._asked.popleft() if self._asked else _Asked()
        return [self._welcome()] if answered.welcomes else []

    def _join(self, audio: UpstreamAudio) -> list[Command]:
        if audio == self._audio:
            return []
        self._audio = audio
        return [JoinAudio(audio)]

    def _welcome(self) -> Command:
        ready = ev.SessionReady(session_id=self._session_id, model=self._model, voice=self.voice)
        return ToClient(ready)


def _apart(changed: ev.Json) -> list[ev.Json]:
    """What may be refused apart from what may not; without what is empty."""
    audio = dict(changed.get("audio") or {})
    output = audio.pop("output", None)
    rest = {key: value for key, value in changed.items() if key != "audio"}
    parts = [{**rest, "audio": audio} if audio else rest]
    if output:
        parts.append({"audio": {"output": output}})
    return [part for part in parts if part]


def _difference(old: ev.Json, new: ev.Json) -> ev.Json:
    """What `new` says otherwise than `old`: whole fields, as an upstream takes them."""
    changed: ev.Json = {}
    for key, value in new.items():
        before = old.get(key)
        if key in old and value == before:
            continue
        if key in _NESTED and isinstance(value, dict) and isinstance(before, dict):
            changed[key] = _difference(before, value)
        else:
            changed[key] = value
    return changed
