"""What a client's credentials mean for its session.

Owns who may come in now and who may show a token later, and what a token brings along.
Must not know how a session runs, nor how anybody is told.
"""

from __future__ import annotations

import trio

from rtproxy.credentials.judge import Admitted, Credentials, Refused
from rtproxy.credentials.presented import presented
from rtproxy.dialects.dialect import Dialect
from rtproxy.dialects.relayed import session_of_path
from rtproxy.legs.listener import Upgrade
from rtproxy.model.brief import Brief
from rtproxy.model.event import Json
from rtproxy.model.events import Introduced
from rtproxy.resilience.admission import Rejected, Visit
from rtproxy.runtime.no_entry import stranger_later, too_many_later
from rtproxy.session.greeting import Admit, Refusal
from rtproxy.upstreams.upstream import SAFETY_HEADER, wishes, wishes_of_session


def judged(credentials: Credentials, upgrade: Upgrade, dialect: Dialect) -> Admitted | Refused:
    """Whether the client may come in; one that is greeted may say later who it is."""
    if dialect.greets and not presented(upgrade):
        return Admitted()
    return credentials.judge(upgrade)


def late(
    credentials: Credentials, upgrade: Upgrade, visit: Visit, *, vouched: bool = False
) -> Admit:
    """How the first words of a greeted client are judged.

    By its token, if nothing was shown before; then by how many sessions its user has. The
    token brings its session along.
    `vouched`: the request's signature has said who it comes from.
    """
    shown = vouched or presented(upgrade)

    def admit(introduced: Introduced) -> Refusal | Json | None:
        verdict = Admitted() if shown else credentials.judge_secret(introduced.token)
        if isinstance(verdict, Refused):
            return stranger_later(verdict)
        rejected = named(visit, introduced.user_id)
        return verdict.session if rejected is None else too_many_later(rejected)

    return admit


def named(visit: Visit, user: str | None) -> Rejected | None:
    """Count the session as this user's, where one is known; or why it cannot be."""
    return None if user is None else visit.name(user, trio.current_time())


def asked_of_upstream(
    upgrade: Upgrade, dialect: Dialect, admitted: Admitted, brief: Brief
) -> dict[str, str]:
    """What the upstream is asked for: the client's own words before its token's.

    A token says for whom it was made: that a client cannot say otherwise. What kind of
    session it is, and whether it joins a call, only a client of the upstream's own
    protocol may say.
    """
    user = admitted.user or upgrade.header(SAFETY_HEADER.lower())
    if dialect.relays:
        session = admitted.session or session_of_path(upgrade.path)
        return {**wishes_of_session(session), **wishes(upgrade.query, user)}
    model = upgrade.query.get("model") or brief.model
    return wishes({} if model is None else {"model": model}, user)
