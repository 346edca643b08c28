"""What a client's credentials mean for its session.

Owns who may come in now and who may show a token later, and what a token brings along.
Must not know how a session runs, nor how anybody is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rtproxy.credentials.judge import Admitted, Credentials, Refused
from rtproxy.credentials.presented import presented
from rtproxy.dialects.dialect import Dialect
from rtproxy.legs.listener import Upgrade
from rtproxy.model.brief import Brief
from rtproxy.model.close import CloseCode
from rtproxy.model.event import Json
from rtproxy.model.events import Introduced, Misunderstood, StartAsked
from rtproxy.model.session_config import merge_session
from rtproxy.personas.casting import Casting
from rtproxy.resilience.admission import Visit
from rtproxy.session.greeting import Admit, Refusal
from rtproxy.upstreams.upstream import wishes, wishes_of_session


def judged(credentials: Credentials, upgrade: Upgrade, dialect: Dialect) -> Admitted | Refused:
    """Whether the client may come in; one that is greeted may say later who it is."""
    if dialect.greets and not presented(upgrade):
        return Admitted()
    return credentials.judge(upgrade)


def introduction(
    credentials: Credentials, upgrade: Upgrade, visit: Visit, clock: Callable[[], float]
) -> Admit:
    """How a greeted client's first words are judged.

    Its token counts, unless one was shown before; then whether its user has sessions left.
    """

    def admit(introduced: Introduced) -> Refusal | None:
        if not presented(upgrade):
            verdict = credentials.judge_secret(introduced.token)
            if isinstance(verdict, Refused):
                return Refusal(verdict.code, verdict.message, CloseCode.UNAUTHENTICATED)
        if not introduced.user_id:
            return None
        rejected = visit.name(introduced.user_id, clock())
        if rejected is None:
            return None
        return Refusal("too_many_sessions", rejected.message, CloseCode.RATE_LIMITED)

    return admit


def at_start(
    casting: Casting,
    dialect: str,
    query: Mapping[str, str],
    session: Json | None,
    start: StartAsked,
) -> Brief | Misunderstood:
    """What a greeted client's session is to be; `session` is what its token says of it."""
    brief = casting.at_start(dialect, query, start)
    return brief if isinstance(brief, Misunderstood) else bound(brief, session)


def bound(brief: Brief, session: Json | None) -> Brief:
    """The brief with what a token's session says otherwise."""
    if session is None:
        return brief
    fields = {key: value for key, value in session.items() if key not in {"type", "model"}}
    whole = merge_session(brief.session, fields)
    return Brief(whole, brief.opening, session.get("model") or brief.model)


def asked_of_upstream(
    upgrade: Upgrade, dialect: Dialect, admitted: Admitted, brief: Brief
) -> dict[str, str]:
    """What the upstream is asked for: the client's own words before its token's.

    A token says for whom it was made: that a client cannot say otherwise.
    """
    user = admitted.user or upgrade.header("openai-safety-identifier")
    own = wishes(upgrade.query, user)
    if dialect.relays:
        return {**wishes_of_session(admitted.session or {}), **own}
    return own if brief.model is None else {"model": brief.model, **own}
