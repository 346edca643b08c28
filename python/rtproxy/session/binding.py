"""A session that a token brought: asked for first, and then shown as if it had been so at once.

Owns the words of that: the one update of ours, and the `session.created` that the
client reads in the end. The upstream does the same for its own tokens, so a client sees
no difference. Must not know legs, nor any dialect.
"""

from __future__ import annotations

import msgspec

from rtproxy.dialects import realtime
from rtproxy.model import events as ev
from rtproxy.model.event import Json

# Ours: no client's event has this id, and the answer to it is for nobody else.
UPDATE_ID = "rtproxy_session"


def asking_for(session: Json) -> bytes:
    """The update that asks for a token's session; its model was asked for by the dial."""
    fields = {key: value for key, value in session.items() if key != "model"}
    return realtime.encode_client(ev.SessionUpdate(event_id=UPDATE_ID, session=fields))


def begun_with(created: bytes, session: Json) -> bytes:
    """The upstream's `session.created` with the session as it is now."""
    return msgspec.json.encode({**msgspec.json.decode(created), "session": session})


def answer_in(raw: bytes) -> Json | ev.Failure | None:
    """The session as it now is, or why it cannot be; None for what is no answer to us."""
    said = realtime.decode_server(raw)
    if isinstance(said, ev.SessionUpdated):
        return said.session
    if isinstance(said, ev.ErrorTold) and said.error.event_id == UPDATE_ID:
        return said.error
    return None


def opens_a_session(raw: bytes) -> bool:
    """Whether an upstream's first word is that there is a session."""
    return isinstance(realtime.decode_server(raw), ev.SessionCreated)
