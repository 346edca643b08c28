"""REST of the upstream, asked with the server's key and told to the client.

Owns what is passed on of an answer, and what becomes of one that is the server's own
business. Must not know what is asked, and must not let a key out: whatever an upstream
quotes of it is concealed, and where it refuses the key the client learns only that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import structlog
from quart import Response

from rtproxy.api.refusals import JSON, RestRefused
from rtproxy.legs.rest import RestAnswer, request
from rtproxy.model.errors import DialFailed
from rtproxy.upstreams.upstream import Upstream, conceal

_log = structlog.get_logger("rtproxy.http")

# What a client has a use for; all else is between the upstream and us.
_PASSED_ON = ("content-type", "retry-after", "x-request-id")
_ITS_KEY = (401, 403)


@dataclass(frozen=True, slots=True)
class UpstreamRest:
    """The preferred upstream's REST; `within_s` for the answer, of `answer_bytes` at most."""

    upstream: Upstream
    within_s: float
    answer_bytes: int

    async def ask(
        self,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        content_type: str | None = None,
        asked: Mapping[str, str] | None = None,
    ) -> RestAnswer:
        """An answer that is a client's business: a success, or an error of its own making.

        `asked` are the client's wishes. Raises RestRefused for every other.
        """
        target = self.upstream.rest(path, asked)
        if target is None:
            words = f"The upstream {self.upstream.name} has no REST interface for this."
            raise RestRefused(404, words, code="not_supported")
        kind = [] if content_type is None else [("content-type", content_type)]
        try:
            answer = await request(
                method,
                target.url,
                headers=[*target.headers, *kind],
                body=body,
                ca=target.ca,
                within_s=self.within_s,
                answer_bytes=self.answer_bytes,
            )
        except DialFailed as failed:
            _log.warning("upstream_rest_failed", path=path, error=str(failed))
            words = f"The upstream cannot be asked: {failed}."
            raise RestRefused(502, words, code="upstream_unreachable") from None
        self._check(path, answer)
        return answer

    def told(self, answer: RestAnswer) -> Response:
        """The answer as the client gets it."""
        secrets = (secret.encode() for secret in self.upstream.secrets)
        told = Response(conceal(answer.body, secrets), status=answer.status)
        del told.headers["Content-Type"]
        for name in _PASSED_ON:
            if (value := answer.header(name)) is not None:
                told.headers[name] = value
        return told

    def _check(self, path: str, answer: RestAnswer) -> None:
        if answer.status < 300:
            return
        code = _error_code(answer.body)
        if answer.status in _ITS_KEY:
            _log.error("upstream_key_refused", path=path, status=answer.status, code=code)
            words = "The upstream refused this server's key. Its operator must look at the log."
            raise RestRefused(502, words, code=code or "upstream_refused")
        _log.warning("upstream_rest_refused", path=path, status=answer.status, code=code)
        if answer.status < 400 or not _is_error(answer):
            words = f"The upstream gave an answer that is not understood (HTTP {answer.status})."
            raise RestRefused(502, words, code="upstream_error")


def _is_error(answer: RestAnswer) -> bool:
    """Whether it is in the shape that SDKs read."""
    return (answer.header("content-type") or "").startswith(JSON) and b'"error"' in answer.body


def _error_code(body: bytes) -> str | None:
    try:
        code = msgspec.json.decode(body, type=dict[str, dict[str, object]])["error"]["code"]
    except (msgspec.DecodeError, KeyError):
        return None
    return code if isinstance(code, str) and code.replace("_", "").isalnum() else None
