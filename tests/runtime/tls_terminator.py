"""An upstream by TLS in a test: what is in front of a simulator that speaks none itself."""

from __future__ import annotations

import ssl
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import trio
import trustme

from rtproxy.upstreams.upstream import Upstream

_BROKEN = (trio.BrokenResourceError, trio.ClosedResourceError, OSError)


@dataclass(frozen=True, slots=True)
class Certificate:
    """Of a server on 127.0.0.1, and the file of who vouches for it."""

    context: ssl.SSLContext
    authority: Path


def issue_certificate(folder: Path) -> Certificate:
    """A new one, by an authority of its own."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return Certificate(context, folder / "authority.pem")


async def reached_by_tls(
    nursery: trio.Nursery, upstream: Upstream, certificate: Certificate
) -> Upstream:
    """The same upstream behind TLS, until the nursery ends."""
    plain = urlsplit(upstream.url)
    serve = partial(
        trio.serve_ssl_over_tcp,
        partial(_pass_on, plain.port or 80),
        0,
        certificate.context,
        host="127.0.0.1",
        https_compatible=True,
    )
    [listener] = await nursery.start(serve)
    port = listener.transport_listener.socket.getsockname()[1]
    url = plain._replace(scheme="wss", netloc=f"127.0.0.1:{port}").geturl()
    return replace(upstream, url=url, ca=str(certificate.authority))


async def _pass_on(port: int, near: trio.SSLStream[trio.SocketStream]) -> None:
    with suppress(*_BROKEN):
        far = await trio.open_tcp_stream("127.0.0.1", port)
        async with far, trio.open_nursery() as nursery:
            nursery.start_soon(_copy, near, far, nursery.cancel_scope)
            nursery.start_soon(_copy, far, near, nursery.cancel_scope)


async def _copy(
    source: trio.abc.ReceiveStream, target: trio.abc.SendStream, both: trio.CancelScope
) -> None:
    """Until either end is gone; then there is nothing left to pass on the other way."""
    with suppress(*_BROKEN):
        while data := await source.receive_some():
            await target.send_all(data)
    both.cancel()
