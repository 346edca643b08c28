"""Certificates for the tests, and peers that use them by another TLS than ours (OpenSSL)."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from functools import cache

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from rtproxy._audio_core import TlsClient, TlsServer

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)


class Authority:
    """An authority of its own, and both ends for both kinds of TLS."""

    def __init__(self) -> None:
        self._ca = trustme.CA()
        self.pem = self._ca.cert_pem.bytes()

    def issue(
        self,
        *hosts: str,
        not_before: dt.datetime | None = None,
        not_after: dt.datetime | None = None,
    ) -> trustme.LeafCert:
        """A certificate and its key, for localhost where no host is named."""
        return self._ca.issue_cert(
            *(hosts or ("localhost", "127.0.0.1", "::1")),
            not_before=not_before,
            not_after=not_after or NOW + DAY,
        )

    def their_server(self, issued: trustme.LeafCert | None = None) -> ssl.SSLContext:
        """OpenSSL's server."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        (issued or self.issue()).configure_cert(context)
        return context

    def their_client(self) -> ssl.SSLContext:
        """OpenSSL's client; trusts this authority alone."""
        return ssl.create_default_context(cadata=self.pem.decode())

    def our_server(self) -> TlsServer:
        """Ours."""
        issued = self.issue()
        return TlsServer(chain=chain_of(issued), key=issued.private_key_pem.bytes())

    def our_client(self) -> TlsClient:
        """Ours; trusts this authority alone."""
        return TlsClient(authorities=self.pem)


@cache
def authority() -> Authority:
    """One for all: its keys take a while."""
    return Authority()


def chain_of(issued: trustme.LeafCert) -> bytes:
    """The certificates in one file."""
    return b"".join(pem.bytes() for pem in issued.cert_chain_pems)


def alone(
    host: str, *, days: int = 1, curve: ec.EllipticCurve | None = None
) -> tuple[bytes, bytes]:
    """Certificate and key as `openssl req -x509` makes them: signed by itself, an authority."""
    key = ec.generate_private_key(curve or ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    try:
        subject: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        subject = x509.DNSName(host)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - 3 * DAY)
        .not_valid_after(NOW + days * DAY)
        .add_extension(x509.SubjectAlternativeName([subject]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return built.public_bytes(Encoding.PEM), private
