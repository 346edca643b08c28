"""What comes in the body of a request: JSON, or an SDP offer with or without a session.

Owns the reading. Must not know what becomes of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from quart import Request

from rtproxy.api.refusals import RestRefused
from rtproxy.dialects.json_text import parse_object
from rtproxy.model.event import Json
from rtproxy.model.events import Misunderstood


@dataclass(frozen=True, slots=True)
class Offer:
    """A WebRTC offer, and the session that the client wants, if it named one."""

    sdp: str
    session: Json | None


async def raw_body(request: Request) -> bytes:
    """The body as it came."""
    return cast(bytes, await request.get_data(as_text=False))


def json_object(raw: bytes, param: str | None = None) -> Json:
    """A JSON object; RestRefused where it is none."""
    parsed = parse_object(raw)
    if isinstance(parsed, Misunderstood):
        where = f"{param}: " if param else ""
        raise RestRefused(400, where + parsed.message, code=parsed.code, param=param)
    return parsed


async def read_offer(request: Request) -> Offer:
    """An offer: raw (`application/sdp`), or `sdp` and `session` as `multipart/form-data`.

    Raises RestRefused.
    """
    if request.mimetype == "application/sdp":
        sdp = (await raw_body(request)).decode("utf-8", "replace")
        return Offer(_checked(sdp), None)
    if request.mimetype != "multipart/form-data":
        raise RestRefused(
            415,
            "Send the offer as application/sdp, or the fields sdp and session as "
            "multipart/form-data.",
            code="unsupported_media_type",
        )
    fields = dict(await request.form)
    for name, file in (await request.files).items():
        fields[name] = file.read().decode("utf-8", "replace")
    session = fields.get("session")
    if session is None:
        return Offer(_checked(fields.get("sdp", "")), None)
    return Offer(_checked(fields.get("sdp", "")), json_object(session.encode(), "session"))


def _checked(sdp: str) -> str:
    """RFC 8866 section 5: a description begins with its version."""
    if not sdp.startswith("v=0"):
        raise RestRefused(
            400,
            "sdp must be an SDP offer; it begins with 'v=0'.",
            code="invalid_value",
            param="sdp",
        )
    return sdp
