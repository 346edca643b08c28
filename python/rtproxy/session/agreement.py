"""What is agreed with the upstream: the session that was asked for, and as it is.

Owns the configuration that the upstream is asked for, what it says of it, and the
client's welcome, which waits until all that was asked has been answered. What an
upstream names counts, whatever was asked. Must not know turns, nor who the client is.
"""

from __future__ import annotations

from rtproxy.model import events as ev
from rtproxy.session.commands import Command, JoinAudio, ToClient, ToUpstream
from rtproxy.session.formats import UpstreamAudio, audio_named_in


class Agreement:
    """The session as the upstream knows it; `config` is the GA session object to ask for."""

    def __init__(self, session_id: str, config: ev.Json) -> None:
        """Begin with nothing agreed."""
        self._session_id = session_id
        self._config = config
        self._model = ""
        self._audio: UpstreamAudio | None = None
        self._unanswered = 0
        self._welcome_due = True
        self.voice = ""
        self.interruptible = True

    def aim(self, config: ev.Json) -> None:
        """This is what an upstream will be asked for."""
        self._config = config

    def created(self, event: ev.SessionCreated) -> list[Command]:
        """The upstream has spoken first: ask it for everything."""
        self._model = str(event.session.get("model", ""))
        return [ToUpstream(ev.SessionUpdate(session=self._config))]

    def change(self, config: ev.Json, event_id: str | None) -> list[Command]:
        """Ask for what is new in `config`, and welcome the client again when that is answered.

        The voice and its speed in a message of their own: an upstream refuses them at
        times, and with them all else that the message asks for.
        """
        new = _difference(self._config, config)
        self._config = config
        self._welcome_due = True
        audio = new.get("audio") or {}
        output = audio.pop("output", None)
        if not audio:
            new.pop("audio", None)
        parts = [new, {"audio": {"output": output}} if output else {}]
        updates: list[Command] = [
            ToUpstream(ev.SessionUpdate(event_id=event_id, session={"type": "realtime", **part}))
            for part in parts
            if part
        ]
        return updates or self.welcome()

    def asked(self) -> None:
        """A change of the session is on its way."""
        self._unanswered += 1

    def refused(self, event: ev.Event | None) -> list[Command]:
        """The upstream did not take an event; if it was a change, the session is as before."""
        if not isinstance(event, ev.SessionUpdate):
            return []
        self._unanswered = max(0, self._unanswered - 1)
        return self.welcome()

    def updated(self, session: ev.Json) -> list[Command]:
        """The session as it now is.

        Raises UnknownFormatError where it names audio that is not spoken here.
        """
        self._unanswered = max(0, self._unanswered - 1)
        audio = session.get("audio") or {}
        detection = (audio.get("input") or {}).get("turn_detection") or {}
        self.interruptible = detection.get("interrupt_response", True) is not False
        voice = (audio.get("output") or {}).get("voice", "")
        self.voice = voice if isinstance(voice, str) else str(voice.get("id", ""))
        return self._join(audio_named_in(session))

    def _join(self, audio: UpstreamAudio) -> list[Command]:
        if audio == self._audio:
            return []
        self._audio = audio
        return [JoinAudio(audio)]

    def welcome(self) -> list[Command]:
        """Tell the client what it has, once that is known."""
        if not self._welcome_due or self._unanswered:
            return []
        self._welcome_due = False
        ready = ev.SessionReady(session_id=self._session_id, model=self._model, voice=self.voice)
        return [ToClient(ready)]


def _difference(old: ev.Json, new: ev.Json) -> ev.Json:
    """What `new` says otherwise than `old`, object by object."""
    changed: ev.Json = {}
    for key, value in new.items():
        before = old.get(key)
        if key in old and value == before:
            continue
        if isinstance(value, dict) and isinstance(before, dict):
            changed[key] = _difference(before, value)
        else:
            changed[key] = value
    return changed
