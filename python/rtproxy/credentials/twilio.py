"""Whether a request comes from Twilio: its signature.

Owns the rule of Twilio's "Security" page: HMAC-SHA1, keyed with the account's auth
token, of the URL as Twilio requested it and of the form's parameters behind it. Must
not know how the URL is found out: behind a proxy of other people's that is an art.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit, urlunsplit

HEADER = "x-twilio-signature"

_PORTS = {"https": 443, "wss": 443, "http": 80, "ws": 80}
# A stream's upgrade is signed for its wss:// URL; https:// names the same request.
_TWINS = {"https": "wss", "wss": "https", "http": "ws", "ws": "http"}

Form = Iterable[tuple[str, str]]


def signature(url: str, form: Form, auth_token: str) -> str:
    """The signature of a request; `form` are the decoded parameters of a POST's body.

    They follow the URL in the order of their names, of one that comes more than once
    each value once, in order.
    """
    signed = url + "".join(name + value for name, value in sorted(set(form)))
    digest = hmac.new(auth_token.encode(), signed.encode("utf-8", "surrogatepass"), hashlib.sha1)
    return base64.b64encode(digest.digest()).decode("ascii")


def is_signed(given: str, url: str, form: Form, auth_token: str) -> bool:
    """Whether `given` is the signature of this request, however its URL was spelt."""
    fields = tuple(form)
    wanted = [signature(spelt, fields, auth_token) for spelt in spellings(url)]
    told = given.strip().encode("utf-8", "surrogatepass")
    # Each is compared: how long it takes must not tell which one was nearly right.
    right = [hmac.compare_digest(told, each.encode()) for each in wanted]
    return any(right)


def spellings(url: str) -> Iterator[str]:
    """The URLs that Twilio may have signed for one: with and without the port, by either scheme."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    bare = host if host.endswith("]") else host.rpartition(":")[0] or host
    port = _PORTS.get(parts.scheme, 443)
    for scheme in (parts.scheme, _TWINS.get(parts.scheme, parts.scheme)):
        for netloc in dict.fromkeys((host, bare, f"{bare}:{port}")):
            yield urlunsplit(parts._replace(scheme=scheme, netloc=netloc))
