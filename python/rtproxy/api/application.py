"""The Quart application.

Owns the HTTP routes and their answers. Must not change anything of a session.
"""

from __future__ import annotations

from typing import Any

from quart_trio import QuartTrio

from rtproxy import __version__
from rtproxy.runtime.process import Process


def create_application(process: Process) -> QuartTrio:
    """The routes over what is true of the process."""
    application = QuartTrio("rtproxy", static_folder=None)

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

    return application
