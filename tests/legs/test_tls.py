"""Certificates that can be used, and those that cannot."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from rtproxy.config import ServerConfig
from rtproxy.legs.tls import client_context, self_signed, server_context, server_identity
from rtproxy.model.errors import ConfigError


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate and its key."""
    issued = trustme.CA().issue_cert("localhost")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert.write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))
    key.write_bytes(issued.private_key_pem.bytes())
    return cert, key


def test_files_make_an_identity(files: tuple[Path, Path]) -> None:
    cert, key = files
    config = ServerConfig(certfile=str(cert), keyfile=str(key))
    identity = server_identity(config)
    assert identity is not None
    assert identity.authority_pem is None
    assert identity.context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_one_file_may_hold_both(files: tuple[Path, Path], tmp_path: Path) -> None:
    both = tmp_path / "both.pem"
    both.write_bytes(b"".join(path.read_bytes() for path in files))
    server_context(both)


@pytest.mark.parametrize("tls", [None, "off"])
def test_none_is_none(tls: str | None) -> None:
    assert server_identity(ServerConfig(tls=tls)) is None  # type: ignore[arg-type] # a literal


def test_a_certificate_made_now_brings_its_authority() -> None:
    identity = server_identity(ServerConfig(tls="self-signed"))
    assert identity is not None
    assert (identity.authority_pem or b"").startswith(b"-----BEGIN CERTIFICATE-----")


def test_a_missing_file_is_named(files: tuple[Path, Path], tmp_path: Path) -> None:
    cert, _ = files
    absent = tmp_path / "absent.pem"
    with pytest.raises(ConfigError, match=rf"server\.keyfile: there is no file {absent}"):
        server_context(cert, absent)
    with pytest.raises(ConfigError, match=r"server\.certfile: there is no file"):
        server_context(absent)


def test_files_that_do_not_fit_are_told_in_one_line(files: tuple[Path, Path]) -> None:
    cert, key = files
    for pair in ((key, cert), (cert, None), (cert, cert)):
        with pytest.raises(ConfigError, match="cannot be used") as wrong:
            server_context(*pair)
        assert "\n" not in str(wrong.value)


def test_a_key_with_a_password_does_not_ask_on_the_terminal(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    cert, key = files
    locked = tmp_path / "locked.pem"
    private = load_pem_private_key(key.read_bytes(), None)
    locked.write_bytes(
        private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    )
    with pytest.raises(ConfigError, match="no password"):
        server_context(cert, locked)


def test_whom_we_dial_is_verified() -> None:
    context = client_context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert client_context() is context


def test_nothing_but_http_1_1_is_negotiated() -> None:
    server = self_signed()
    trusting = ssl.create_default_context(cadata=(server.authority_pem or b"").decode())
    trusting.set_alpn_protocols(["h2", "http/1.1"])
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        trusting.wrap_bio(to_client, to_server, server_hostname="localhost"),
        server.context.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert [end.selected_alpn_protocol() for end in ends] == ["http/1.1", "http/1.1"]
