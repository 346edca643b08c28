"""Which web pages may open a connection.

Owns the Origin rule: a browser names the page's origin, and a page that is
neither ours nor on the list is refused before the upgrade, on loopback too;
otherwise any page that a person visits could spend the server's key. Requests
without an Origin do not come from a page; credentials judge them. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


def own_origins(*, tls: bool, port: int) -> frozenset[str]:
    """The origins of pages that this server itself serves on a loopback port."""
    scheme = "https" if tls else "http"
    suffixes = [f":{port}"] + ([""] if port == _DEFAULT_PORTS[scheme] else [])
    return frozenset(
        f"{scheme}://{name}{suffix}" for name in _LOOPBACK_NAMES for suffix in suffixes
    )


def is_allowed(origins: Sequence[str], *, own: frozenset[str], allowed: Iterable[str] = ()) -> bool:
    """Whether a request with these Origin headers may go on.

    Origins are compared as a browser writes them (RFC 6454 section 6.2), without
    case and without a trailing slash in our list; "null" and several are refused.
    """
    if not origins:
        return True
    known = own | {_normal(origin) for origin in allowed}
    return len(origins) == 1 and _normal(origins[0]) in known


def _normal(origin: str) -> str:
    return origin.strip().lower().rstrip("/")
