"""TLS contexts for both ends.

Owns certificates and which protocol versions and ALPN names are offered. Must
not know what is spoken inside. Everything here speaks HTTP/1.1 only, and says so
in ALPN: a peer that would prefer HTTP/2 must not find it by negotiation.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import trustme

from rtproxy.config import ServerConfig
from rtproxy.model.errors import ConfigError

_ALPN = ["http/1.1"]


@dataclass(frozen=True, slots=True)
class Identity:
    """How the server proves who it is.

    `authority_pem` is what a client must trust, where nobody trusts it yet.
    """

    context: ssl.SSLContext
    authority_pem: bytes | None = None


def server_identity(config: ServerConfig) -> Identity | None:
    """The identity that the configuration asks for; None without TLS. Raises ConfigError."""
    if config.tls == "self-signed":
        return self_signed()
    if config.certfile is None or config.tls == "off":
        return None
    return Identity(server_context(config.certfile, config.keyfile))


def server_context(certfile: str | Path, keyfile: str | Path | None = None) -> ssl.SSLContext:
    """A context from PEM files; `keyfile` None: the key is in `certfile` too.

    Raises ConfigError, in one line, for files that cannot be used.
    """
    for key, path in (("certfile", certfile), ("keyfile", keyfile)):
        if path is not None and not Path(path).is_file():
            raise ConfigError(f"server.{key}: there is no file {path}; name a PEM file")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certfile, keyfile, password=_no_password)
    except OSError as error:  # ssl.SSLError is one
        raise ConfigError(
            f"server.certfile: {certfile} and its key cannot be used ({error.strerror or error}); "
            "both must be PEM and belong together, and the key must have no password"
        ) from None
    return _prepared(context)


def self_signed(hosts: Sequence[str] = ("localhost", "127.0.0.1", "::1")) -> Identity:
    """A certificate made now, by an authority made now; both are gone with the process."""
    authority = trustme.CA(organization_name="rtproxy, for trying out")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*hosts).configure_cert(context)
    return Identity(_prepared(context), authority.cert_pem.bytes())


@cache
def client_context(ca: str | None = None) -> ssl.SSLContext:
    """A context that verifies whom we dial.

    Trusts the system's authorities, or those that the environment's SSL_CERT_FILE
    and SSL_CERT_DIR name, or only those in the file `ca`. Reading them takes tens
    of milliseconds, so that happens once. Raises ConfigError if they cannot be read.
    """
    try:
        context = ssl.create_default_context(cafile=ca)
    except OSError as error:
        raise ConfigError(
            f"upstream.ca: {ca} cannot be read ({error.strerror or error}); "
            "name a PEM file of certificates"
        ) from None
    return _prepared(context)


def _prepared(context: ssl.SSLContext) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(_ALPN)
    return context


def _no_password() -> str:
    # Without this, OpenSSL would ask on the terminal and the start would hang.
    return ""
