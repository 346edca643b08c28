"""Certificates for both ends.

Owns which files are read, and the words where they cannot be used. Must not know
connections (`tls_transport.py`), nor which versions and ciphers there are: that is
the core's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import trustme

from rtproxy._audio_core import TlsClient, TlsServer
from rtproxy.config import ServerConfig
from rtproxy.model.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Identity:
    """How the server proves who it is.

    `authority_pem` is what a client must trust, where nobody trusts it yet.
    """

    server: TlsServer
    authority_pem: bytes | None = None


def server_identity(config: ServerConfig) -> Identity | None:
    """The identity that the configuration asks for; None without TLS. Raises ConfigError."""
    if config.tls == "self-signed":
        return self_signed()
    if config.certfile is None or config.tls == "off":
        return None
    return Identity(tls_server(config.certfile, config.keyfile))


def tls_server(certfile: str | Path, keyfile: str | Path | None = None) -> TlsServer:
    """A server from PEM files; `keyfile` None: the key is in `certfile` too.

    Raises ConfigError, in one line that names the files, for what cannot be used.
    """
    chain = _read("server.certfile", certfile)
    key = chain if keyfile is None else _read("server.keyfile", keyfile)
    try:
        return TlsServer(chain=chain, key=key)
    except ValueError as error:
        raise ConfigError(
            f"server.certfile: {certfile} with the key in {keyfile or 'it'} cannot be used: "
            f"{error}; both must be PEM and belong together, and the key must have no password"
        ) from None


def self_signed(hosts: Sequence[str] = ("localhost", "127.0.0.1", "::1")) -> Identity:
    """A certificate made now, by an authority made now; both are gone with the process."""
    authority = trustme.CA(organization_name="rtproxy, for trying out")
    issued = authority.issue_cert(*hosts)
    chain = b"".join(pem.bytes() for pem in issued.cert_chain_pems)
    server = TlsServer(chain=chain, key=issued.private_key_pem.bytes())
    return Identity(server, authority.cert_pem.bytes())


@cache
def tls_client(ca: str | None = None) -> TlsClient:
    """A client that verifies whom we dial; one for each `ca`, because it remembers tickets.

    Trusts the system's authorities, or those that the environment's SSL_CERT_FILE
    and SSL_CERT_DIR name, or only those in the file `ca`. Reading them takes tens
    of milliseconds. Raises ConfigError if they cannot be used.
    """
    authorities = None if ca is None else _read("upstream.ca", ca)
    try:
        return TlsClient(authorities=authorities)
    except ValueError as error:
        if ca is None:
            raise ConfigError(
                f"upstream: {error}; install them (the package ca-certificates), or name a PEM "
                "file of them in SSL_CERT_FILE or upstream.ca"
            ) from None
        raise ConfigError(
            f"upstream.ca: {ca} cannot be used: {error}; name a PEM file of certificates"
        ) from None


def _read(key: str, path: str | Path) -> bytes:
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise ConfigError(f"{key}: there is no file {path}; name a PEM file") from None
    except OSError as error:
        raise ConfigError(f"{key}: {path} cannot be read ({error.strerror})") from None
