"""How a command that talks to a proxy is run: until it is over, or the person stops it.

Owns the words for a line that does not come about. Must not know what is said on it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import trio

from rtproxy.cli.failure import fail
from rtproxy.cli.talk.dial import CannotConnect
from rtproxy.cli.words import this_command


def run(url: str, function: Callable[..., Awaitable[None]], *arguments: Any) -> bool:
    """Run it with Trio; whether it went on until it was over. Ctrl-C ends it before that.

    Where nothing answers at `url`, the command ends with words on what to do.
    """
    try:
        return trio.run(_completed, function, *arguments)
    except CannotConnect as error:
        fail(_no_line(url, error))


async def _completed(function: Callable[..., Awaitable[None]], *arguments: Any) -> bool:
    try:
        await function(*arguments)
    except* KeyboardInterrupt:
        completed = False
    else:
        completed = True
    return completed


def _no_line(url: str, error: CannotConnect) -> str:
    address = urlsplit(url).netloc
    if error.refused:
        return (
            f"no proxy answers at {address} ({error}).\n"
            f"Start one in another terminal:  {this_command('serve')}"
        )
    return f"the conversation at {url} did not begin: {error}."
