"""The Quart application.

Owns the HTTP routes and their answers. Must not change anything of a session.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from quart_trio import QuartTrio

from rtproxy import __version__
from rtproxy.api.guard import add_guard
from rtproxy.api.realtime_rest import RealtimeRest, add_realtime_rest
from rtproxy.api.refusals import add_refusals
from rtproxy.api.telephone import add_telephone
from rtproxy.runtime.process import Process
from rtproxy.runtime.switchboard import Switchboard


def create_application(
    process: Process,
    reactor: Callable[[], Mapping[str, float] | None] = lambda: None,
    rest: RealtimeRest | None = None,
    switchboard: Switchboard | None = None,
) -> QuartTrio:
    """The routes over what is true of the process; `reactor` tells what that has done.

    With `rest` there is what official SDKs ask beside `/v1/realtime`, and credentials
    are asked for where the server asks for any. `switchboard` knows calls that come in.
    """
    application = QuartTrio("rtproxy", static_folder=None)
    add_refusals(application)
    if rest is not None:
        add_guard(application, rest.credentials, rest.allowed_origins)
        add_realtime_rest(application, rest)

    @application.get("/health")
    async def health() -> dict[str, Any]:
        """200 while the process serves at all; `degraded` with the upstream away."""
        return {
            "status": "ok" if process.upstream_answered else "degraded",
            "version": __version__,
            "uptime_s": round(process.uptime_s, 3),
            "upstream": process.upstream_name,
            "sessions": len(process.live),
        }

    @application.get("/livez")
    async def livez() -> dict[str, str]:
        """Whether the process should be left alone."""
        return {"status": "ok"}

    @application.get("/readyz")
    async def readyz() -> tuple[dict[str, str], int]:
        """Whether new sessions should be sent here: not while starting or draining."""
        if process.welcomes:
            return {"status": "ok"}, 200
        return {"status": process.phase.value}, 503

    @application.get("/api/realtime/metrics")
    async def metrics() -> dict[str, Any]:
        """Counts since the start; `reactor` is null where sessions run on streams."""
        return {
            "active_sessions": len(process.live),
            "sessions_created": process.live.created,
            "reactor": reactor(),
        }

    add_telephone(application, switchboard or Switchboard())
    return application
