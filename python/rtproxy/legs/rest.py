"""One HTTP request to an upstream, and its whole answer.

Owns the exchange: one request a connection, within one deadline, an answer of bounded
size. Must not know what is asked. It goes the way that a dial goes (`approach.py`), so
that one upstream has one idea of names, certificates and failures, whichever way it is
spoken to. h11 does the grammar. Redirects are answers like any other: following one
would carry the key to another host.
"""

from __future__ import annotations

from dataclasses import dataclass

import h11
import trio

from rtproxy.legs.approach import HTTP, Place, broken, connect, read_url, tls_to
from rtproxy.legs.transport import LOST, Transport
from rtproxy.legs.usual_head import Headers
from rtproxy.model.errors import DialFailed

_HEAD_LIMIT_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class RestAnswer:
    """What came back: names of headers in lower case, the body whole."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first value of a header, if it is there."""
        return next((value for key, value in self.headers if key == name), None)


async def request(
    method: str,
    url: str,
    *,
    headers: Headers = (),
    body: bytes = b"",
    ca: str | None = None,
    within_s: float,
    answer_bytes: int,
) -> RestAnswer:
    """Ask an http:// or https:// URL; the answer comes within `within_s` seconds.

    Raises DialFailed where there is none, or one of more than `answer_bytes` bytes, and
    ConfigError for a URL or file that cannot be used.
    """
    place = read_url(url, HTTP)
    tls = tls_to(place, ca)
    exchange = _Exchange(place, method, [*headers], body, answer_bytes)
    try:
        with trio.fail_after(within_s):
            transport = await connect(place, tls)
            return await exchange.run(transport)
    except trio.TooSlowError:
        raise DialFailed(f"{place.host_header} did not answer within {within_s:g} s") from None


class _Exchange:
    """One request and its answer on a transport, which is closed behind it."""

    def __init__(
        self, place: Place, method: str, headers: Headers, body: bytes, answer_bytes: int
    ) -> None:
        self._place = place
        self._grammar = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD_LIMIT_BYTES)
        self._answer_bytes = answer_bytes
        ours = [("host", place.host_header), ("connection", "close")]
        if body or method not in {"GET", "HEAD"}:
            ours.append(("content-length", str(len(body))))
        head = h11.Request(method=method, target=place.target, headers=[*ours, *headers])
        self._request = b"".join(
            self._grammar.send(event) or b""
            for event in (head, *([h11.Data(data=body)] if body else []), h11.EndOfMessage())
        )

    async def run(self, transport: Transport) -> RestAnswer:
        """The answer; raises DialFailed. The transport is closed at the end."""
        try:
            await transport.send_all(self._request)
            answer = await self._read(transport)
        except LOST as error:
            raise broken(self._place, error) from error
        except h11.RemoteProtocolError as error:
            words = f"{self._place.host_header} gave an answer that is not HTTP/1.1: {error}"
            raise DialFailed(words) from None
        else:
            await transport.aclose()
            return answer
        finally:
            if not transport.closed:  # nobody else will, whatever it was
                transport.abort()

    async def _read(self, transport: Transport) -> RestAnswer:
        head: h11.Response | None = None
        body = bytearray()
        while True:
            match self._grammar.next_event():
                case h11.NEED_DATA:
                    self._grammar.receive_data(await transport.read())
                case h11.Response() as head:
                    pass
                case h11.Data(data=data):
                    body += data
                    if len(body) > self._answer_bytes:
                        raise self._too_long()
                case h11.EndOfMessage() if head is not None:
                    return RestAnswer(head.status_code, _decoded(head), bytes(body))
                case _:
                    pass  # 1xx: the answer is still to come

    def _too_long(self) -> DialFailed:
        return DialFailed(
            f"{self._place.host_header} answered with more than {self._answer_bytes} bytes"
        )


def _decoded(head: h11.Response) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("ascii"), value.decode("latin-1")) for name, value in head.headers)
