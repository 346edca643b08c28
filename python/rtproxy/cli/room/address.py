"""Where a room is: from a proxy's URL to the one of a member of the room.

Owns path and query of the dialect `broadcast`. What they may be is the proxy's to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal
from urllib.parse import parse_qs, quote, urlencode, urlsplit, urlunsplit

_USUAL: Mapping[str, str] = MappingProxyType({})
Role = Literal["listener", "speaker"]


def room_address(
    url: str, room: str, role: Role, language: str | None, audio: Mapping[str, str] = _USUAL
) -> str:
    """The URL of a member of a room; a path of the proxy's URL stays before the room's.

    `audio`: the parameters that say how a speaker sends it, where not as usual.

    Raises ValueError where it is no WebSocket URL, or says itself what the options say.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"ws", "wss"} or not parts.hostname:
        raise ValueError(f'--url is "{url}"; it must be like ws://127.0.0.1:8000 (or wss://…)')
    query = {"role": role, **({"language": language} if language else {}), **audio}
    if twice := sorted(parse_qs(parts.query, keep_blank_values=True).keys() & query.keys()):
        raise ValueError(f"--url names {', '.join(twice)}; leave that to the options")
    path = f"{parts.path.rstrip('/')}/ws/rooms/{quote(room, safe='')}"
    joined = "&".join(filter(None, [parts.query, urlencode(query)]))
    return urlunsplit(parts._replace(path=path, query=joined))
