"""`/twilio/voice`: what a telephone call is answered with.

Owns the route that a Twilio number's webhook points at, and its TwiML. Must not know
how a call goes on once its stream is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import quoteattr

from quart import Response, request
from quart_trio import QuartTrio

from rtproxy.dialects.twilio import STREAM_PATH
from rtproxy.runtime.switchboard import NOT_SIGNED, Switchboard

# Twilio leaves the query of a stream's URL out, so what is meant for it goes by these.
PASSED_ON = ("persona", "token")


class _Asked:
    """The request under way, as the switchboard reads it."""

    @property
    def path(self) -> str:
        """As in the request line."""
        raw: bytes = request.scope["raw_path"]
        return raw.decode("latin-1").partition("?")[0]

    @property
    def raw_query(self) -> str:
        """What follows the question mark."""
        return request.query_string.decode("latin-1")

    def header(self, name: str) -> str | None:
        """The first value of a header, or None."""
        values = request.headers.getlist(name)
        return values[0] if values else None


def twiml(stream_url: str, parameters: Mapping[str, str]) -> str:
    """The answer that connects a call with a stream, both ways."""
    inside = "".join(
        f"<Parameter name={quoteattr(name)} value={quoteattr(value)}/>"
        for name, value in parameters.items()
    )
    stream = f"<Stream url={quoteattr(stream_url)}>{inside}</Stream>"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Response><Connect>{stream}</Connect></Response>'
    )


def add_telephone(application: QuartTrio, switchboard: Switchboard) -> None:
    """Answer calls."""

    @application.route("/twilio/voice", methods=["GET", "POST"])
    async def voice() -> Response:
        """TwiML, by either method; 403 for what Twilio has not signed."""
        form = list((await request.form).items(multi=True))
        asked = _Asked()
        if not switchboard.is_twilios(asked, form):
            return Response(f"{NOT_SIGNED}\n", status=403, content_type="text/plain; charset=utf-8")
        given = {
            name: value
            for name in PASSED_ON
            if (value := request.args.get(name, "")) and value.isprintable()
        }
        answer = twiml(switchboard.stream_url(asked, STREAM_PATH), given)
        return Response(answer, content_type="text/xml; charset=utf-8")
