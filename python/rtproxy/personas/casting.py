"""Who answers whom: a dialect's persona, with what the configuration and the client change.

Owns the order in which these go over each other. Must not know any dialect but by
name, nor where the changes were written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from rtproxy.model.brief import Brief
from rtproxy.model.event import Json
from rtproxy.model.events import Misunderstood, StartAsked
from rtproxy.model.field_rules import FieldError
from rtproxy.model.session_config import copied, merge_session
from rtproxy.model.traits import read_traits
from rtproxy.personas.assigned import Assigned
from rtproxy.personas.catalog import Catalog, UnknownPersonaError
from rtproxy.personas.persona import Persona


@dataclass(frozen=True, slots=True)
class Role:
    """What a dialect's clients get who ask for nothing: a persona's name, and changes.

    `changes` is a partial GA session that goes over any persona's there.
    """

    persona: str
    changes: Json


@dataclass(frozen=True, slots=True)
class Casting:
    """Says for each session what it is to be.

    `roles` are by the dialects' names, `tools` are those that personas may name.
    """

    catalog: Catalog
    roles: Mapping[str, Role]
    tools: Assigned = field(default_factory=Assigned)
    _usual: dict[tuple[str, str], tuple[Persona, Brief]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def persona_of(self, dialect: str) -> str:
        """The name of who answers the clients of a dialect that ask for nobody."""
        return self.roles[dialect].persona

    def brief(
        self,
        dialect: str,
        *,
        persona: str | None = None,
        traits: Mapping[str, int] | None = None,
        session: Json | None = None,
    ) -> Brief:
        """What the session of a client that asked for this is to be.

        `session` is a partial GA session. Raises UnknownPersonaError, which names the
        personas that there are.
        """
        role = self.roles[dialect]
        chosen = self.catalog.find(persona or role.persona)
        if traits or session:
            return self._brief(chosen, role, traits, session or {})
        usual = self._usual_brief(dialect, chosen)
        return replace(usual, session=copied(usual.session))

    def _usual_brief(self, dialect: str, chosen: Persona) -> Brief:
        """Most clients ask for nothing of their own: their brief is made once a version."""
        known = self._usual.get((dialect, chosen.name))
        if known is None or known[0] is not chosen:
            known = chosen, self._brief(chosen, self.roles[dialect], None, {})
            self._usual[dialect, chosen.name] = known
        return known[1]

    def _brief(
        self, chosen: Persona, role: Role, traits: Mapping[str, int] | None, session: Json
    ) -> Brief:
        persona = _changed(chosen, role.changes)
        whole, ours = self.tools.resolved(merge_session(persona.session_object(traits), session))
        model = whole.pop("model", None) or persona.model
        return Brief(whole, _opening(persona, whole), model, ours)

    def at_connect(self, dialect: str, query: Mapping[str, str]) -> Brief | Misunderstood:
        """The same for a client that asks by its address: `?persona=`."""
        try:
            return self.brief(dialect, persona=query.get("persona"))
        except UnknownPersonaError as unknown:
            return _no_such_persona(unknown)

    def at_start(
        self, dialect: str, query: Mapping[str, str], start: StartAsked
    ) -> Brief | Misunderstood:
        """The same for a client that asks by a message; that goes over its address."""
        try:
            persona = start.persona or query.get("persona")
            traits = read_traits(start.traits or {}, where="")
            return self.brief(dialect, persona=persona, traits=traits, session=start.session)
        except UnknownPersonaError as unknown:
            return _no_such_persona(unknown)
        except FieldError as wrong:
            return Misunderstood(code="invalid_field", message=wrong.message, param=wrong.param)


def _changed(persona: Persona, changes: Json) -> Persona:
    """Instructions take the persona's place, not that of its traits, which follow them."""
    rest = {key: value for key, value in changes.items() if key != "instructions"}
    instructions = changes.get("instructions", persona.instructions)
    session = merge_session(persona.session, rest)
    return replace(persona, instructions=instructions, session=session)


def _opening(persona: Persona, session: Json) -> Json | None:
    """A response of its own: its instructions take the session's place, so it repeats them."""
    if persona.greeting is None:
        return None
    wish = (
        "The conversation begins now, and you speak first. Greet the other person with these "
        f"words, and add nothing: {persona.greeting}"
    )
    return {"instructions": "\n\n".join(filter(None, (session.get("instructions"), wish)))}


def _no_such_persona(unknown: UnknownPersonaError) -> Misunderstood:
    message = f"{str(unknown)[:1].upper()}{str(unknown)[1:]}."
    return Misunderstood(code="unknown_persona", message=message, param="persona")
