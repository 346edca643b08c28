"""Which dialect a connection speaks.

Owns the list of dialects and the choice among them by path, query and
subprotocol. Must not know what any of them says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rtproxy.dialects import broadcast
from rtproxy.dialects.beta import Beta, asks_for_beta
from rtproxy.dialects.companion import COMPANION
from rtproxy.dialects.conversation import CONVERSATION
from rtproxy.dialects.dialect import Dialect
from rtproxy.dialects.openai import OpenAI
from rtproxy.dialects.twilio import Twilio
from rtproxy.dialects.voice import VOICE

# Those whose clients have a session of their own each.
DIALECTS: tuple[Dialect, ...] = (
    VOICE,
    COMPANION,
    CONVERSATION,
    OpenAI(),
    Twilio(),
)


def choose_dialect(
    path: str,
    query: Mapping[str, str],
    subprotocols: Sequence[str],
    *,
    beta_header: str | None = None,
) -> Dialect | None:
    """The dialect of a connection, None where nothing is spoken at this path.

    The path picks it; on the paths of the small dialects `?dialect=NAME` or the
    subprotocol `rtproxy.NAME` may choose another small one. On the upstream's own, a
    handshake may ask for its beta shape; `beta_header` is the value of `OpenAI-Beta`.
    Under a room's path there is `broadcast` only, and only there: it needs a room.
    """
    if path.startswith(broadcast.PATH):
        return broadcast.BROADCAST
    by_path = next((dialect for dialect in DIALECTS if path in dialect.paths), None)
    if by_path is None:
        return None
    if by_path.relays:
        return Beta() if asks_for_beta(beta_header, subprotocols) else by_path
    small = [dialect for dialect in DIALECTS if not dialect.relays]
    if "dialect" in query:
        return next((dialect for dialect in small if dialect.name == query["dialect"]), None)
    offered = (dialect for dialect in small if dialect.subprotocol in subprotocols)
    return next(offered, by_path)
