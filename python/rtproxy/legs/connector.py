"""Dialling an upstream.

Owns the way from a URL to a transport on which the WebSocket handshake is done, all
within one deadline; `approach.py` has its first part. Must not know what will be said
there, nor decide whether to dial again: every failure is a DialFailed that says
whether trying again can help.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import suppress

import trio

from rtproxy._audio_core import TlsSession
from rtproxy.legs.approach import WEBSOCKET, Place, broken, connect, read_url, tls_to
from rtproxy.legs.client_handshake import ClientHandshake, Refused, refusal
from rtproxy.legs.transport import LOST, Connection, Transport
from rtproxy.legs.usual_head import Headers
from rtproxy.model.errors import DialFailed

DIAL_S = 10.0
_REFUSAL_BODY_S = 1.0  # how long the body of a refusal is waited for


async def dial(
    url: str,
    *,
    headers: Headers = (),
    subprotocols: Sequence[str] = (),
    ca: str | None = None,
    dial_s: float = DIAL_S,
) -> Connection:
    """Open a WebSocket to a ws:// or wss:// URL within `dial_s` seconds.

    `ca` names a file of authorities to trust instead of the system's. Raises
    DialFailed, or ConfigError for a URL or file that cannot be used.
    """
    place = read_url(url, WEBSOCKET)
    tls = tls_to(place, ca)
    handshake = ClientHandshake(
        host=place.host_header,
        target=place.target,
        key=secrets.token_bytes(16),
        headers=headers,
        subprotocols=subprotocols,
    )
    try:
        with trio.fail_after(dial_s):
            return await _dial(place, handshake, tls)
    except trio.TooSlowError:
        raise DialFailed(f"{place.host_header} did not answer within {dial_s:g} s") from None


async def _dial(place: Place, handshake: ClientHandshake, tls: TlsSession | None) -> Connection:
    transport = await connect(place, tls)
    try:
        return await _shake_hands(place, transport, handshake)
    except BaseException:  # whatever it was, cancellation included, nobody else will close it
        transport.abort()
        with trio.CancelScope(shield=True):
            await transport.aclose()
        raise


async def _shake_hands(
    place: Place, transport: Transport, handshake: ClientHandshake
) -> Connection:
    try:
        rest = handshake.request[transport.send_now(handshake.request) :]
        if rest:  # hardly ever: nothing was written here before
            await transport.send_all(rest)
        outcome = None
        while outcome is None:
            outcome = handshake.feed(await transport.read())
        if isinstance(outcome, Refused):
            raise refusal(await _rest_of(outcome, transport, handshake))
    except LOST as error:
        raise broken(place, error) from error
    return Connection(transport, outcome.leftover, outcome.subprotocol)


async def _rest_of(refused: Refused, transport: Transport, handshake: ClientHandshake) -> Refused:
    with trio.move_on_after(_REFUSAL_BODY_S), suppress(*LOST):  # its status has been told
        while not refused.complete:
            outcome = handshake.feed(await transport.read())
            refused = outcome if isinstance(outcome, Refused) else refused
    return refused
