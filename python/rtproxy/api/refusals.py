"""How the HTTP side says no: in the upstream's error shape, which SDKs print.

Owns the statuses of failures. Must not know any route.
"""

from __future__ import annotations

from quart import Response
from quart_trio import QuartTrio
from werkzeug.exceptions import HTTPException

from rtproxy.dialects.http_error import failure_by, http_error

JSON = "application/json"


class RestRefused(Exception):
    """A request that is answered with an error."""

    def __init__(
        self, status: int, message: str, *, code: str | None = None, param: str | None = None
    ) -> None:
        """`message` names what is wrong and what may be; `param` is the field's path."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.param = param


def refused(
    status: int, message: str, *, code: str | None = None, param: str | None = None
) -> Response:
    """The answer."""
    body = http_error(failure_by(status, message, code=code, param=param))
    return Response(body, status=status, content_type=JSON)


def add_refusals(application: QuartTrio) -> None:
    """Answer failures of every route in this shape, the web server's own among them."""

    @application.errorhandler(RestRefused)
    async def told(error: RestRefused) -> Response:
        return refused(error.status, str(error), code=error.code, param=error.param)

    @application.errorhandler(HTTPException)
    async def of_the_web_server(error: HTTPException) -> Response:
        status = error.code or 500
        words = _WORDS.get(status, error.description or error.name)
        answer = refused(status, words, code=error.name.lower().replace(" ", "_"))
        if status == 405:
            answer.headers["Allow"] = ", ".join(getattr(error, "valid_methods", None) or ())
        return answer


_WORDS = {
    404: "There is nothing at this path. docs/protocols names what there is.",
    405: "This path is not asked by this method.",
    413: "The body is too large; limits.request_bytes says how large it may be.",
    500: "Internal error; the server's log says more.",
}
