"""What a client's credentials mean for its session.

Owns who may come in now and who may show a token later, and what a token brings along.
Must not know how a session runs, nor how anybody is told.
"""

from __future__ import annotations

from rtproxy.credentials.judge import Admitted, Credentials, Refused
from rtproxy.credentials.presented import presented
from rtproxy.dialects.dialect import Dialect
from rtproxy.legs.listener import Upgrade
from rtproxy.model.brief import Brief
from rtproxy.model.close import CloseCode
from rtproxy.model.event import Json
from rtproxy.model.events import Introduced
from rtproxy.model.session_config import merge_session
from rtproxy.session.greeting import Admit, Refusal, admit_all
from rtproxy.upstreams.upstream import wishes, wishes_of_session


def judged(credentials: Credentials, upgrade: Upgrade, dialect: Dialect) -> Admitted | Refused:
    """Whether the client may come in; one that is greeted may say later who it is."""
    if dialect.greets and not presented(upgrade):
        return Admitted()
    return credentials.judge(upgrade)


def late(credentials: Credentials, upgrade: Upgrade, *, vouched: bool = False) -> Admit:
    """How the first words of a greeted client are judged, if nothing was shown before.

    `vouched`: the request's signature has said already who it comes from.
    """
    if vouched or presented(upgrade):
        return admit_all

    def admit(introduced: Introduced) -> Refusal | None:
        verdict = credentials.judge_secret(introduced.token)
        if isinstance(verdict, Admitted):
            return None
        return Refusal(verdict.code, verdict.message, CloseCode.UNAUTHENTICATED)

    return admit


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
