"""What a client asks for at its start, made a session object.

Owns the order in which wishes count: the persona's, then the client's own. Must not
know where personas are kept, nor any dialect.
"""

from __future__ import annotations

from collections.abc import Callable

from rtproxy.model import events as ev
from rtproxy.personas.persona import Persona


def session_for(
    usual: Persona, find: Callable[[str], Persona], start: ev.StartAsked
) -> ev.Json | ev.Misunderstood:
    """The GA session object for this start.

    `usual` answers where the client names nobody; `find` knows the others by name and
    raises KeyError, with the names that there are, for what is none.
    """
    try:
        persona = usual if start.persona is None else find(start.persona)
    except KeyError as error:
        words = str(error.args[0])
        return ev.Misunderstood(code="unknown_persona", message=words, param="persona")
    return _merged(persona.session_object(), start.session)


def _merged(session: ev.Json, wishes: ev.Json) -> ev.Json:
    """The session with the wishes in it, object by object."""
    merged = dict(session)
    for key, wish in wishes.items():
        had = merged.get(key)
        if isinstance(had, dict) and isinstance(wish, dict):
            merged[key] = _merged(had, wish)
        else:
            merged[key] = wish
    return merged
