"""Who answers whom: a dialect's persona, with what the configuration and the client change.

Owns the order in which these go over each other. Must not know any dialect but by
name, nor where the changes were written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from rtproxy.model.event import Json
from rtproxy.model.session_config import merge_session
from rtproxy.personas.catalog import Catalog
from rtproxy.personas.persona import Persona


@dataclass(frozen=True, slots=True)
class Role:
    """What a dialect's clients get who ask for nothing: a persona's name, and changes.

    `changes` is a partial GA session that goes over any persona's there.
    """

    persona: str
    changes: Json


@dataclass(frozen=True, slots=True)
class Part:
    """What one session begins with.

    Attributes:
        persona: the name of who answers.
        session: the whole GA session to ask the upstream for, without its model.
        opening: the response to ask for before the client has spoken, if any.
        model: the model to dial, where it is not the upstream's own.
    """

    persona: str
    session: Json
    opening: Json | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Casting:
    """Gives each session its part; `roles` are by the dialects' names."""

    catalog: Catalog
    roles: Mapping[str, Role]

    def persona_of(self, dialect: str) -> str:
        """The name of who answers the clients of a dialect that ask for nobody."""
        return self.roles[dialect].persona

    def part(
        self,
        dialect: str,
        *,
        persona: str | None = None,
        traits: Mapping[str, int] | None = None,
        session: Json | None = None,
    ) -> Part:
        """The part for a client that asked for this; `session` is a partial GA session.

        Raises UnknownPersonaError, which names the personas that there are.
        """
        role = self.roles[dialect]
        chosen = _changed(self.catalog.find(persona or role.persona), role.changes)
        whole = merge_session(chosen.session_object(traits), session or {})
        model = whole.pop("model", None) or chosen.model
        return Part(chosen.name, whole, _opening(chosen, whole), model)


def _changed(persona: Persona, changes: Json) -> Persona:
    """Instructions take the persona's place, not that of its traits, which follow them."""
    rest = {key: value for key, value in changes.items() if key != "instructions"}
    instructions = changes.get("instructions", persona.instructions)
    session = merge_session(persona.session, rest)
    return replace(persona, instructions=instructions, session=session)


def _opening(persona: Persona, session: Json) -> Json | None:
    """A response of its own: its instructions take the session's place, so they hold these, too."""
    if persona.greeting is None:
        return None
    wish = (
        "The conversation begins now, and you speak first. Greet the other person with these "
        f"words, and add nothing: {persona.greeting}"
    )
    return {"instructions": "\n\n".join(filter(None, (session.get("instructions"), wish)))}
