"""Certificates that can be used, and those that cannot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from certificates import authority, chain_of
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from rtproxy._audio_core import TlsClient, TlsServer
from rtproxy.config import ServerConfig
from rtproxy.legs.tls import server_identity, tls_client, tls_server
from rtproxy.model.errors import ConfigError


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate and its key."""
    issued = authority().issue()
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert.write_bytes(chain_of(issued))
    key.write_bytes(issued.private_key_pem.bytes())
    return cert, key


@pytest.fixture
def forgotten() -> Iterator[None]:
    """Clients are made anew, for what the environment says now."""
    tls_client.cache_clear()
    yield
    tls_client.cache_clear()


def test_files_make_an_identity(files: tuple[Path, Path]) -> None:
    cert, key = files
    identity = server_identity(ServerConfig(certfile=str(cert), keyfile=str(key)))
    assert identity is not None
    assert identity.authority_pem is None


def test_one_file_may_hold_both(files: tuple[Path, Path], tmp_path: Path) -> None:
    both = tmp_path / "both.pem"
    both.write_bytes(b"".join(path.read_bytes() for path in files))
    tls_server(both)


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
        tls_server(cert, absent)
    with pytest.raises(ConfigError, match=r"server\.certfile: there is no file"):
        tls_server(absent)
    with pytest.raises(ConfigError, match=rf"server\.certfile: {tmp_path} cannot be read"):
        tls_server(tmp_path)


def test_files_that_do_not_fit_are_told_in_one_line(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    cert, key = files
    other = tmp_path / "other.pem"
    other.write_bytes(authority().issue().private_key_pem.bytes())
    for certfile, keyfile, words in [
        (cert, other, "the key does not belong to the certificate"),
        (key, cert, "there is no certificate in it"),
        (cert, None, "there is no private key in it"),
        (cert, cert, "there is no private key in it"),
    ]:
        with pytest.raises(ConfigError, match=f"cannot be used: {words}") as wrong:
            tls_server(certfile, keyfile)
        assert "\n" not in str(wrong.value)
        assert str(certfile) in str(wrong.value)


def test_damaged_files_are_told(files: tuple[Path, Path]) -> None:
    chain, key = (file.read_bytes() for file in files)
    for wrong in [(chain, key[:60] + key[90:]), (chain[:60] + chain[90:], key)]:
        with pytest.raises(ValueError, match="damaged") as told:
            TlsServer(chain=wrong[0], key=wrong[1])
        assert key.split()[4][:12].decode() not in str(told.value)


def test_a_key_with_a_password_does_not_ask_on_the_terminal(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    cert, key = files
    private = load_pem_private_key(key.read_bytes(), None)
    for form in (PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL):
        locked = tmp_path / "locked.pem"
        locked.write_bytes(
            private.private_bytes(Encoding.PEM, form, BestAvailableEncryption(b"secret"))
        )
        with pytest.raises(ConfigError, match="its key has a password"):
            tls_server(cert, locked)


def test_one_client_remembers_for_all(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_bytes(authority().pem)
    assert tls_client(str(file)) is tls_client(str(file))


@pytest.mark.usefixtures("forgotten")
def test_a_system_without_authorities_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "absent.pem"))
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    with pytest.raises(ConfigError, match="no certificate authorities; install them"):
        tls_client()


@pytest.mark.usefixtures("forgotten")
@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_the_environment_names_authorities(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    (tmp_path / "ca.pem").write_bytes(authority().pem)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    monkeypatch.setenv(variable, str(tmp_path / ("ca.pem" if "FILE" in variable else "")))
    tls_client()


def test_what_is_no_authority_or_no_host() -> None:
    with pytest.raises(ValueError, match="no certificate"):
        TlsClient(authorities=b"nothing")
    with pytest.raises(ValueError, match="neither a host name"):
        authority().our_client().open("a b")
