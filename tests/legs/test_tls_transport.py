"""TLS on a socket, with OpenSSL at the other end."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from pathlib import Path

import pytest
import trio
from certificates import DAY, NOW, Authority, alone, authority
from stream_pairs import all_of, socket_transport
from tls_pairs import Peer, ends, joined

from rtproxy._audio_core import (
    TlsCertificateError,
    TlsClient,
    TlsError,
    TlsSession,
    TlsUntrustedError,
)
from rtproxy.legs.tls_transport import secure
from rtproxy.legs.transport import LOST

pytestmark = pytest.mark.usefixtures("in_time")

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


@pytest.fixture(params=["server", "client"])
def role(request: pytest.FixtureRequest) -> str:
    """Which end we are."""
    return str(request.param)


@pytest.mark.parametrize("version", VERSIONS, ids=str)
async def test_bytes_pass_both_ways(role: str, version: ssl.TLSVersion) -> None:
    ours, theirs, host = ends(role, version)
    async with joined(ours, theirs, host=host) as (transport, peer):
        assert (peer.version() or "").replace("v", " ") == ours.version
        await peer.send_all(b"in")
        assert await transport.read() == b"in"
        await transport.send_all(b"out")
        assert await peer.receive_some() == b"out"


async def test_much_passes_both_ways_at_once(role: str) -> None:
    ours, theirs, host = ends(role)
    data = bytes(range(256)) * 8_000
    async with joined(ours, theirs, host=host) as (transport, peer):

        async def say() -> None:
            await transport.send_all(data)
            await transport.end_writing()

        async def answer() -> None:
            await peer.send_all(data)

        heard = b""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(say)
            nursery.start_soon(answer)
            nursery.start_soon(_expect, peer, data)
            while len(heard) < len(data):
                heard += await transport.read()
        assert heard == data


async def _expect(peer: Peer, data: bytes) -> None:
    assert b"".join([piece async for piece in peer]) == data


async def test_a_read_takes_no_more_than_asked() -> None:
    ours, theirs, host = ends("server")
    async with joined(ours, theirs, host=host) as (transport, peer):
        await peer.send_all(b"abc")
        assert [await transport.read(1) for _ in range(3)] == [b"a", b"b", b"c"]


# What is agreed on


@pytest.mark.parametrize(("host", "told"), [("localhost", "localhost"), ("127.0.0.1", None)])
async def test_a_server_is_told_the_name(host: str, told: str | None) -> None:
    context, names = authority().their_server(), []
    context.sni_callback = lambda _object, name, _context: names.append(name)
    async with joined(authority().our_client().open(host), context, host=None):
        pass
    assert names == [told]


@pytest.mark.parametrize("offers", [["h2", "http/1.1"], ["http/1.1"]])
async def test_http_1_1_is_chosen(role: str, offers: list[str]) -> None:
    ours, theirs, host = ends(role)
    theirs.set_alpn_protocols(offers)
    async with joined(ours, theirs, host=host) as (_, peer):
        assert peer.selected_alpn_protocol() == "http/1.1"


async def test_who_names_no_protocol_is_welcome(role: str) -> None:
    ours, theirs, host = ends(role)
    async with joined(ours, theirs, host=host) as (_, peer):
        assert peer.selected_alpn_protocol() is None


async def test_a_client_of_http_2_alone_is_refused() -> None:
    ours, theirs, host = ends("server")
    theirs.set_alpn_protocols(["h2"])
    refused = await refusal(ours, theirs, host)
    assert "HTTP/1.1" in str(refused.ours)
    assert "no application protocol" in str(refused.theirs)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_older_clients_are_refused() -> None:
    ours, theirs, host = ends("server")
    theirs.minimum_version = theirs.maximum_version = ssl.TLSVersion.TLSv1_1
    theirs.set_ciphers("ALL:@SECLEVEL=0")
    assert "neither TLS 1.2 nor TLS 1.3" in str((await refusal(ours, theirs, host)).ours)


# Resumption


@pytest.mark.parametrize("version", VERSIONS, ids=str)
async def test_a_client_may_resume(version: ssl.TLSVersion) -> None:
    server, context = authority().our_server(), authority().their_client()
    context.minimum_version = context.maximum_version = version
    async with joined(server.accept(), context) as (transport, peer):
        await transport.send_all(b"x")
        await peer.receive_some()  # the ticket came before it
        remembered = peer.session
        assert not transport.session.resumed
    below, stream = socket_transport()
    peer = trio.SSLStream(stream, context, server_hostname="localhost")
    peer.session = remembered
    async with trio.open_nursery() as nursery, peer:
        nursery.start_soon(peer.do_handshake)
        transport = await secure(below, server.accept())
        await transport.send_all(b"x")
        await peer.receive_some()
        assert peer.session_reused
        assert transport.session.resumed
        transport.abort()
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("version", VERSIONS, ids=str)
async def test_a_server_is_asked_to_resume(version: ssl.TLSVersion) -> None:
    client, context = authority().our_client(), authority().their_server()
    context.minimum_version = context.maximum_version = version
    resumed = []
    for _ in range(3):
        async with joined(client.open("localhost"), context, host=None) as (transport, peer):
            await peer.send_all(b"x")
            await transport.read()  # the ticket came before it
            resumed.append(peer.session_reused)
            assert transport.session.resumed == peer.session_reused
    assert resumed == [False, True, True]


# Ends


async def test_our_farewell_is_heard(role: str) -> None:
    ours, theirs, host = ends(role)
    async with joined(ours, theirs, host=host) as (transport, peer):
        await transport.send_all(b"last words")
        await transport.end_writing()
        assert await all_of_strictly(peer) == b"last words"


async def test_closing_says_farewell_too(role: str) -> None:
    ours, theirs, host = ends(role)
    async with joined(ours, theirs, host=host) as (transport, peer):
        await transport.aclose()
        await transport.aclose()
        assert transport.closed
        assert await all_of_strictly(peer) == b""
        for use in (transport.read(), transport.send_all(b"x")):
            with pytest.raises(LOST):
                await use


async def test_their_farewell_is_the_end(role: str) -> None:
    ours, theirs, host = ends(role)
    async with joined(ours, theirs, host=host) as (transport, peer):
        await peer.send_all(b"last words")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(peer.aclose)
            assert await transport.read() == b"last words"
            assert await transport.read() == b""
            assert await transport.read() == b""
            await transport.aclose()


async def test_an_end_without_farewell_is_none(role: str) -> None:
    ours, theirs, host = ends(role)
    async with joined(ours, theirs, host=host) as (transport, peer):
        await peer.send_all(b"half a sen")
        await peer.transport_stream.send_eof()
        assert await transport.read() == b"half a sen"
        with pytest.raises(trio.BrokenResourceError, match="cut off"):
            await transport.read()


async def test_bytes_that_were_changed_are_noticed(role: str) -> None:
    ours, theirs, host = ends(role)
    async with joined(ours, theirs, host=host) as (transport, peer):
        await peer.transport_stream.send_all(b"\x17\x03\x03\x00\x20" + bytes(32))
        with pytest.raises(trio.BrokenResourceError, match="changed on its way"):
            await transport.read()
        with pytest.raises(trio.BrokenResourceError):
            await transport.send_all(b"x")


# Who does not read


async def test_a_peer_that_does_not_read_fills_one_piece(role: str) -> None:
    ours, theirs, host = ends(role)
    data = bytes(range(256)) * 64
    async with joined(ours, theirs, host=host) as (transport, peer):
        transport.limit_send_buffer(32 * 1024)
        said, rest = 0, data
        for _ in range(5):  # the kernel may take a little more after a while
            while taken := transport.send_now(rest):
                said += taken
                rest = rest[taken:] or data
            await trio.sleep(0.01)
        assert said > len(data)
        assert 0 < len(ours.unsent()) < 17 * 1024

        async def last() -> None:
            await transport.send_all(rest)
            await transport.end_writing()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(last)
            assert await all_of_strictly(peer) == data * ((said + len(rest)) // len(data))


async def test_a_peer_that_goes_while_we_write_breaks_the_write(role: str) -> None:
    ours, theirs, host = ends(role)
    async with joined(ours, theirs, host=host) as (transport, peer):
        await trio.aclose_forcefully(peer)
        with pytest.raises(trio.BrokenResourceError):
            await transport.send_all(bytes(10_000_000))


# Handshakes that fail


class Refusal:
    """How a handshake failed at both ends."""

    ours: TlsError
    theirs: BaseException | None = None


async def refusal(ours: TlsSession, theirs: ssl.SSLContext, host: str | None) -> Refusal:
    """How the handshake fails; our socket is closed then."""
    below, stream = socket_transport()
    peer = trio.SSLStream(stream, theirs, server_hostname=host, server_side=host is None)
    found = Refusal()

    async def shake_hands() -> None:
        try:
            await peer.do_handshake()
            await peer.receive_some()  # in TLS 1.3 a server learns of it only then
        except trio.BrokenResourceError as error:
            found.theirs = error.__cause__
        await stream.aclose()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(shake_hands)
        with pytest.raises(TlsError) as failed:
            await secure(below, ours)
    assert below.closed
    found.ours = failed.value
    return found


async def certificate_fault(
    context: ssl.SSLContext, client: TlsClient, host: str = "localhost"
) -> TlsError:
    """Why our client does not believe a server."""
    found = await refusal(client.open(host), context, None)
    assert "ALERT" in str(found.theirs)  # the server was told
    return found.ours


async def test_a_certificate_of_nobody_we_know() -> None:
    fault = await certificate_fault(Authority().their_server(), authority().our_client())
    assert isinstance(fault, TlsUntrustedError)
    assert str(fault) == "its certificate comes from an authority that is not trusted here"


async def test_a_certificate_of_another_time() -> None:
    known = authority()
    expired = known.issue(not_before=NOW - 9 * DAY, not_after=NOW - 2 * DAY)
    fault = await certificate_fault(known.their_server(expired), known.our_client())
    assert isinstance(fault, TlsCertificateError)
    assert not isinstance(fault, TlsUntrustedError)
    assert str(fault) == f"its certificate expired on {NOW - 2 * DAY:%Y-%m-%d}"
    early = known.issue(not_before=NOW + 2 * DAY, not_after=NOW + 9 * DAY)
    fault = await certificate_fault(known.their_server(early), known.our_client())
    assert f"not valid before {NOW + 2 * DAY:%Y-%m-%d}" in str(fault)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_a_certificate_of_somebody_else(host: str) -> None:
    known = authority()
    other = known.their_server(known.issue("a.example", "*.b.example"))
    fault = await certificate_fault(other, known.our_client(), host)
    assert isinstance(fault, TlsCertificateError)
    assert str(fault) == f"its certificate is for a.example, *.b.example, not for {host}"


def lonely(tmp_path: Path, host: str, *, days: int = 1) -> tuple[ssl.SSLContext, TlsClient]:
    """A server whose certificate is its own authority, and a client that was given that one."""
    chain, key = alone(host, days=days)
    (tmp_path / "both.pem").write_bytes(chain + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both.pem")
    return context, TlsClient(authorities=chain)


async def test_a_certificate_that_was_named_is_believed(tmp_path: Path) -> None:
    context, client = lonely(tmp_path, "localhost")
    async with joined(client.open("localhost"), context, host=None):
        pass
    fault = await certificate_fault(context, authority().our_client())
    assert isinstance(fault, TlsUntrustedError)


async def test_but_not_for_any_host_or_for_ever(tmp_path: Path) -> None:
    context, client = lonely(tmp_path, "elsewhere.example")
    assert "is for elsewhere.example" in str(await certificate_fault(context, client))
    context, client = lonely(tmp_path, "localhost", days=-1)
    assert "expired" in str(await certificate_fault(context, client))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "plain HTTP"),
        (b"\0\1\2\3 no TLS", "it speaks no TLS"),
        (b"\x16\x03\x01\xff\xff" + bytes(99), "damaged"),
    ],
)
async def test_what_is_no_tls_is_closed_with_words(said: bytes, words: str) -> None:
    below, peer = socket_transport()
    async with peer:
        await peer.send_all(said)
        await peer.send_eof()
        with pytest.raises(TlsError, match=words):
            await secure(below, authority().our_server().accept())
        assert below.closed
        assert (await all_of(peer))[:1] in {b"", b"\x15"}  # nothing, or an alert


@pytest.mark.parametrize("said", [b"", b"\x16\x03\x01\x02\x00\x01"])
async def test_who_goes_during_the_handshake_is_just_gone(said: bytes) -> None:
    below, peer = socket_transport()
    async with peer:
        await peer.send_all(said)
        await peer.send_eof()
        with pytest.raises(trio.BrokenResourceError, match="during the TLS handshake"):
            await secure(below, authority().our_server().accept())
        assert below.closed


async def test_cancelling_a_handshake_anywhere_closes_the_socket(role: str) -> None:
    for steps in range(12):
        ours, theirs, host = ends(role)
        below, stream = socket_transport()
        peer = trio.SSLStream(stream, theirs, server_hostname=host, server_side=host is None)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_shake_hands_or_not, peer)
            with trio.CancelScope() as scope:
                nursery.start_soon(_cancel_after, steps, scope)
                transport = await secure(below, ours)
                transport.abort()
            assert below.closed
            nursery.cancel_scope.cancel()
        await trio.aclose_forcefully(stream)


async def _shake_hands_or_not(peer: Peer) -> None:
    with suppress(trio.BrokenResourceError):
        await peer.do_handshake()


async def _cancel_after(steps: int, scope: trio.CancelScope) -> None:
    for _ in range(steps):
        await trio.lowlevel.checkpoint()
    scope.cancel()


async def test_a_detached_socket_is_only_closed_by_its_new_owner() -> None:
    ours, theirs, host = ends("server")
    async with joined(ours, theirs, host=host) as (transport, peer):
        descriptor = transport.detach()
        assert transport.closed
        await transport.aclose()
        transport.abort()
        socket.socket(fileno=descriptor).close()
        with pytest.raises(trio.BrokenResourceError):
            await peer.receive_some()


async def all_of_strictly(peer: Peer) -> bytes:
    """What comes until the peer is told the end; an end that was not told fails."""
    return b"".join([piece async for piece in peer])
