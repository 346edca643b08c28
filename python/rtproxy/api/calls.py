"""`/v1/realtime/calls`: WebRTC signalling, with the server's key and session.

Owns what is sent upstream for a client's offer. Media never passes here: client and
upstream speak to each other directly once they have shaken hands.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

import msgspec

from rtproxy.api.body import Offer
from rtproxy.api.refusals import RestRefused
from rtproxy.api.session_body import read_session
from rtproxy.model.event import Json
from rtproxy.model.session_config import merge_session

# RFC 9110 section 10.2.2: Location may be a whole URL.
_CALL_ID = re.compile(r"/calls/([A-Za-z0-9_-]{1,200})/?(?:\?.*)?$")
_STEERED = frozenset({"accept", "reject", "refer", "hangup"})


def session_for_call(
    offer: Offer, bound: Json | None, usual: Callable[[], Json], model: str
) -> Json:
    """The session of a call: the client's over its token's, or else the server's persona.

    WebRTC agrees on its audio by itself, so the persona's formats are left out.
    Raises RestRefused for a field of the client's that cannot be.
    """
    if offer.session is None and bound is None:
        session = _without_formats(usual())
    else:
        wished = {} if offer.session is None else read_session(offer.session)
        session = merge_session(bound or {}, wished)
    return {"type": "realtime", "model": model, **session}


def form_of(sdp: str, session: Json) -> tuple[bytes, str]:
    """Both as `multipart/form-data` (RFC 7578): the body and its content type."""
    boundary = f"rtproxy-{secrets.token_hex(16)}"
    parts = (
        ("sdp", "application/sdp", sdp.encode()),
        ("session", "application/json", msgspec.json.encode(session)),
    )
    body = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n'
        f"Content-Type: {kind}\r\n\r\n".encode()
        + value
        + b"\r\n"
        for name, kind, value in parts
    )
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def call_id_in(location: str | None) -> str:
    """The id of a new call; RestRefused where the upstream did not tell it."""
    found = _CALL_ID.search(location or "")
    if found is None:
        raise RestRefused(502, "The upstream made a call without an id.", code="upstream_error")
    return found[1]


def steering_path(call_id: str, verb: str) -> str:
    """The upstream's path for what is done with a call; RestRefused for what it knows not."""
    if verb not in _STEERED or not _CALL_ID.search(f"/calls/{call_id}"):
        words = f"A call is steered by: {', '.join(sorted(_STEERED))}."
        raise RestRefused(404, words, code="not_found")
    return f"/realtime/calls/{call_id}/{verb}"


def _without_formats(session: Json) -> Json:
    audio = {
        side: {key: value for key, value in inside.items() if key != "format"}
        for side, inside in session.get("audio", {}).items()
    }
    return {**session, "audio": audio}
