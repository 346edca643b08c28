"""TLS without a socket, against OpenSSL without a socket, cut anywhere."""

from __future__ import annotations

import random
import ssl
from contextlib import suppress
from pathlib import Path

import pytest
from certificates import Authority, alone, authority
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from rtproxy._audio_core import TlsClient, TlsError, TlsSession


class Theirs:
    """OpenSSL's end in memory."""

    def __init__(self, context: ssl.SSLContext, host: str | None) -> None:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._end = context.wrap_bio(
            self._in, self._out, server_side=host is None, server_hostname=host
        )
        self.heard = b""

    def feed(self, ciphertext: bytes) -> None:
        """Take bytes and do whatever is possible."""
        self._in.write(ciphertext)
        with suppress(ssl.SSLWantReadError, ssl.SSLZeroReturnError):  # no more yet, or ever
            self._end.do_handshake()
            while data := self._end.read(1 << 16):
                self.heard += data

    def say(self, plaintext: bytes) -> None:
        """Encrypt."""
        self._end.write(plaintext)

    def bye(self) -> None:
        """Say farewell."""
        with suppress(ssl.SSLWantReadError):
            self._end.unwrap()

    def unsent(self) -> bytes:
        """What waits for us."""
        return self._out.read()


def ends(role: str, context: ssl.SSLContext | None = None) -> tuple[TlsSession, Theirs]:
    """Both ends before the handshake; `role` is ours."""
    known = authority()
    if role == "server":
        return known.our_server().accept(), Theirs(context or known.their_client(), "localhost")
    return known.our_client().open("localhost"), Theirs(context or known.their_server(), None)


def pump(ours: TlsSession, theirs: Theirs, dice: random.Random, largest: int) -> bytes:
    """Pass ciphertext in pieces of up to `largest` bytes until none is left; what we read."""
    heard, to_us, to_them = b"", b"", b""
    while True:
        waiting = ours.unsent()
        taken = dice.randint(0, len(waiting))  # a short write
        to_them += waiting[:taken]
        ours.sent(taken)
        to_us += theirs.unsent()
        if not (waiting or to_us or to_them):
            return heard
        size = dice.randint(1, largest)
        if to_us:
            ours.feed(to_us[:size])
            to_us = to_us[size:]
        if to_them:
            theirs.feed(to_them[:size])
            to_them = to_them[size:]
        while piece := ours.read(dice.randint(1, largest)):
            heard += piece


@settings(max_examples=100)
@given(
    role=st.sampled_from(["server", "client"]),
    version=st.sampled_from([ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]),
    largest=st.sampled_from([1, 7, 300, 5_000, 100_000]),
    out=st.lists(st.integers(1, 20_000), max_size=3),
    back=st.lists(st.integers(1, 20_000), max_size=3),
    seed=st.integers(0, 1 << 30),
)
def test_any_cut_gives_the_same(
    role: str,
    version: ssl.TLSVersion,
    largest: int,
    out: list[int],
    back: list[int],
    seed: int,
) -> None:
    dice = random.Random(seed)
    if largest < 1_000:
        out, back = [size % 200 + 1 for size in out], [size % 200 + 1 for size in back]
    known = authority()
    context = known.their_client() if role == "server" else known.their_server()
    context.minimum_version = context.maximum_version = version
    ours, theirs = ends(role, context)
    theirs.feed(b"")
    assert pump(ours, theirs, dice, largest) == b""
    assert not ours.handshaking
    said, answered, heard = b"", b"", b""
    for size in out:
        piece = dice.randbytes(size)
        said += piece
        ours.write(piece)
    for size in back:
        piece = dice.randbytes(size)
        answered += piece
        theirs.say(piece)
    heard = pump(ours, theirs, dice, largest)
    theirs.bye()
    ours.close()
    heard += pump(ours, theirs, dice, largest)
    assert (heard, theirs.heard) == (answered, said)
    assert ours.ended
    ours.feed(b"")  # the end of the stream, as it should come


@given(
    role=st.sampled_from(["server", "client"]),
    at=st.integers(0, 4_000),
    flip=st.integers(1, 255),
)
def test_no_changed_byte_is_believed(role: str, at: int, flip: int) -> None:
    ours, theirs = ends(role)
    theirs.feed(b"")
    changed, seen = False, 0
    theirs.feed(ours.unsent())
    ours.sent(len(ours.unsent()))
    try:
        for _ in range(6):
            data = bytearray(theirs.unsent())
            if not changed and seen <= at < seen + len(data):
                data[at - seen] ^= flip
                changed = True
            seen += len(data)
            if data:
                ours.feed(bytes(data))
            theirs.feed(ours.unsent())
            ours.sent(len(ours.unsent()))
            if not ours.handshaking:
                theirs.say(bytes(500))
    except (TlsError, ssl.SSLError):
        assert changed
        return
    # What passed was not said any differently: nothing was changed, or a part that
    # does not count (the version in a record's head, RFC 8446 section 5.1).
    heard = ours.read(1 << 20)
    assert heard == bytes(len(heard))


def feed_all(session: TlsSession, *pieces: bytes) -> None:
    """One after the other."""
    for piece in pieces:
        session.feed(piece)


@given(said=st.binary(min_size=1, max_size=600))
def test_noise_is_an_error_with_words(said: bytes) -> None:
    ours, _ = ends("server")
    with pytest.raises(TlsError, match=r"^it "):
        feed_all(ours, said, b"")
    with pytest.raises(TlsError):
        ours.feed(b"more")
    with pytest.raises(TlsError):
        ours.write(b"more")


def test_an_alert_of_theirs_is_told() -> None:
    ours, theirs = Authority().our_server().accept(), ends("server")[1]
    theirs.feed(b"")
    ours.feed(theirs.unsent())
    with pytest.raises(ssl.SSLCertVerificationError):
        theirs.feed(ours.unsent())
    with pytest.raises(TlsError, match="it does not trust our certificate"):
        ours.feed(theirs.unsent())


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_a_server_of_another_time_is_told_of() -> None:
    context = authority().their_server()
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    ours, theirs = ends("client", context)
    with pytest.raises(ssl.SSLError):
        theirs.feed(ours.unsent())
    with pytest.raises(TlsError, match=r"neither TLS 1\.2 nor TLS 1\.3"):
        ours.feed(theirs.unsent())


def test_a_certificate_of_an_unknown_kind_is_told_in_short(tmp_path: Path) -> None:
    chain, key = alone("localhost", curve=ec.SECP521R1())
    (tmp_path / "both.pem").write_bytes(chain + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both.pem")
    ours = TlsClient(authorities=chain).open("localhost")
    theirs = Theirs(context, None)
    with suppress(ssl.SSLError):
        theirs.feed(ours.unsent())
    with pytest.raises(TlsError) as told:
        ours.feed(theirs.unsent())
    assert len(str(told.value)) < 100


def test_only_what_waits_can_be_sent() -> None:
    ours, _ = ends("client")
    waiting = ours.unsent()
    ours.sent(3)
    assert ours.unsent() == waiting[3:]
    with pytest.raises(ValueError, match="did not wait"):
        ours.sent(len(waiting))


def test_before_the_handshake_nothing_is_known() -> None:
    ours, theirs = ends("client")
    assert (ours.handshaking, ours.ended, ours.version, ours.resumed) == (True, False, None, False)
    assert ours.read(100) == b""
    ours.write(b"waits for the handshake")
    pump(ours, theirs, random.Random(1), 10_000)
    assert (ours.handshaking, ours.version) == (False, "TLS 1.3")
    assert theirs.heard == b"waits for the handshake"
