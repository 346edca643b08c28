"""A server's certificate as its operator has it: files, and an authority of our own."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Files:
    """A server's certificate and key, and the authority that vouches for it."""

    cert: str
    key: str
    ca: str

    def trusting(self) -> ssl.SSLContext:
        """A client of OpenSSL that trusts it."""
        return ssl.create_default_context(cafile=self.ca)


def write_files(folder: Path) -> Files:
    """For a server at `localhost` and `127.0.0.1`."""
    authority = trustme.CA()
    issued = authority.issue_cert("localhost", "127.0.0.1")
    names = Files(*(str(folder / name) for name in ("cert.pem", "key.pem", "ca.pem")))
    Path(names.cert).write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))
    Path(names.key).write_bytes(issued.private_key_pem.bytes())
    Path(names.ca).write_bytes(authority.cert_pem.bytes())
    return names
