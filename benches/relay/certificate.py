"""A certificate for the upstream of the load, and who vouches for it.

Owns the files, which are gone when the block ends.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True, slots=True)
class Certificate:
    """Names of PEM files."""

    chain: str
    key: str
    authority: str


@contextmanager
def certificate() -> Iterator[Certificate]:
    """One for 127.0.0.1."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    with tempfile.TemporaryDirectory() as folder:
        names = [str(Path(folder) / name) for name in ("chain.pem", "key.pem", "authority.pem")]
        for pem in issued.cert_chain_pems:
            pem.write_to_path(names[0], append=True)
        issued.private_key_pem.write_to_path(names[1])
        authority.cert_pem.write_to_path(names[2])
        yield Certificate(*names)
