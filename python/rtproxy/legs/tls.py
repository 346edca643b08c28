"""TLS contexts for both ends.

Owns certificates and which protocol versions and ALPN names are offered. Must
not know what is spoken inside. Everything here speaks HTTP/1.1 only, and says so
in ALPN: a peer that would prefer HTTP/2 must not find it by negotiation.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import trustme

from rtproxy.model.errors import ConfigError

_ALPN = ["http/1.1"]


@dataclass(frozen=True, slots=True)
class SelfSigned:
    """A server context for trying out, and the authority that its clients must trust."""

    context: ssl.SSLContext
    authority_pem: bytes


def server_context(certfile: str | Path, keyfile: str | Path | None = None) -> ssl.SSLContext:
    """A context that proves who we are; `keyfile` None: the key is in `certfile`.

    Raises ConfigError, in one line, for files that cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certfile, keyfile, password=_no_password)
    except FileNotFoundError:
        missing = [str(path) for path in (certfile, keyfile) if path and not Path(path).exists()]
        raise ConfigError(f"server.certfile: no such file: {', '.join(missing)}") from None
    except OSError as error:  # ssl.SSLError is one
        raise ConfigError(
            f"server.certfile: {certfile} and its key cannot be used: {error.strerror or error}; "
            "both must be PEM, belong together, and the key must have no password"
        ) from None
    return _prepared(context)


def self_signed(hosts: Sequence[str] = ("localhost", "127.0.0.1", "::1")) -> SelfSigned:
    """A certificate made now, by an authority made now; both are gone with the process."""
    authority = trustme.CA(organization_name="rtproxy, for trying out")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*hosts).configure_cert(context)
    return SelfSigned(_prepared(context), authority.cert_pem.bytes())


def client_context(ca_file: str | Path | None = None) -> ssl.SSLContext:
    """A context that verifies whom we dial.

    Trusts the system's authorities, or those that the environment's SSL_CERT_FILE
    and SSL_CERT_DIR name, or only those in `ca_file`. Reading them takes tens of
    milliseconds: make one and keep it. Raises ConfigError if they cannot be read.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise ConfigError(
            f"the authorities in {ca_file} cannot be read: {error.strerror or error}; "
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
