"""The composition root: builds everything once, and passes it down.

Owns the order in which things start and stop. Must not know what any of them
does: a line here says who gets what.

Stopping: the first SIGINT, SIGTERM or SIGHUP drains (new sessions get 503, live
ones their 1001 and a moment to say goodbye), the second ends at once.
"""

from __future__ import annotations

import secrets
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import structlog
import trio

from rtproxy._audio_core import limit_simd
from rtproxy.api.application import create_application
from rtproxy.api.realtime_rest import RealtimeRest
from rtproxy.api.upstream_rest import UpstreamRest
from rtproxy.circles import search_seldom
from rtproxy.config import Config, UpstreamConfig
from rtproxy.credentials.judge import Credentials
from rtproxy.credentials.tokens import Tokens
from rtproxy.dialects.dialect import Dialect
from rtproxy.legs.driver import start_driver
from rtproxy.legs.leg import LegsOptions, OpenLegs
from rtproxy.legs.listener import Listener, open_listener
from rtproxy.legs.reach import Resolver
from rtproxy.legs.tls import tls_client
from rtproxy.model.audio_format import PCM16_24K
from rtproxy.model.close import CloseCode, CloseReason
from rtproxy.personas.casting import Casting
from rtproxy.resilience.admission import Admission, Allowances
from rtproxy.resilience.backoff import Backoff
from rtproxy.runtime.cast import casting_of
from rtproxy.runtime.dialing import Dialler
from rtproxy.runtime.front_door import FrontDoor
from rtproxy.runtime.persona_watch import watch_personas
from rtproxy.runtime.process import Process, ProcessPhase
from rtproxy.runtime.room_building import room_door_of
from rtproxy.runtime.session_task import SessionLimits
from rtproxy.runtime.switchboard import Switchboard
from rtproxy.session.lifetime import Patience
from rtproxy.simulator.server import open_simulator
from rtproxy.simulator.settings import configured
from rtproxy.tools.runner import Runner, Terms
from rtproxy.tools.toolbox import open_toolbox
from rtproxy.upstreams.kinds import upstream_of
from rtproxy.upstreams.upstream import Upstream

# Rust and other threads must not keep the loop from the interpreter for the
# default 5 ms: beside one busy thread a Trio wake took 10.5 ms at p99 with it,
# 0.46 ms with this.
SWITCH_INTERVAL_S = 0.0001

# What `/` stands for on the second port: its frontends know no paths.
HOME_OF_WS_PORT = "/ws"

# Whose persona answers calls that bring no session of their own.
_OF_CALLS = "voice"

# What stops the server. The last one says that its terminal was closed.
_STOPPING = ("SIGINT", "SIGTERM", "SIGHUP")

# How long live sessions may take to say goodbye.
DRAIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Listening:
    """What runs where, once it does; URLs without a path."""

    http_url: str
    ws_url: str
    upstream: str
    extra_ws_url: str | None = None


async def run(config: Config, *, on_ready: Callable[[Listening], None]) -> None:
    """Serve until a signal says otherwise; `on_ready` is called once connections are taken.

    Raises ConfigError for what only shows when it is tried (a taken port, a
    certificate that cannot be read, a persona's file that cannot be used).
    """
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    limit_simd(config.audio.simd)
    trio.socket.set_custom_hostname_resolver(Resolver())
    async with trio.open_nursery() as nursery:
        process, listener = await open_server(nursery, config)
        search_seldom()
        http_url, ws_url, extra = listener.http_url, listener.ws_url, listener.extra_ws_url
        on_ready(Listening(http_url, ws_url, process.upstream_name, extra))
        await _serve_until_told(nursery.cancel_scope, process)


async def open_server(nursery: trio.Nursery, config: Config) -> tuple[Process, Listener]:
    """Serve in `nursery` until it is cancelled; connections are taken on return.

    Raises ConfigError as `run` does.
    """
    process = Process(config.upstreams[0].name, trio.current_time, trio.current_time())
    upstreams = [await open_upstream(nursery, config, each) for each in config.upstreams]
    # Read now: a session that begins needs no file, and so no descriptor, for its persona.
    toolbox = open_toolbox(config.tools)
    if toolbox.usual:
        structlog.get_logger().info("tools_offered", tools=", ".join(toolbox.usual))
    casting = casting_of(config, toolbox)
    nursery.start_soon(watch_personas, casting.catalog)
    driver = await start_driver(nursery, config.server.driver)
    credentials = make_credentials(config)
    runner = Runner(toolbox, Terms(config.tools.deadline_s, config.tools.output_bytes))
    door = build_front_door(
        nursery, config, process, upstreams, driver.open_legs, casting, credentials, runner
    )
    rest = build_rest(config, upstreams[0], casting, credentials)
    listener = await open_listener(
        nursery,
        config.server,
        on_upgrade=door.enter,
        on_extra_upgrade=partial(door.enter, home=HOME_OF_WS_PORT),
        application=create_application(process, driver.figures, rest, switchboard_of(config)),
        watching=driver.watching,
        head_s=config.limits.head_s,
        head_bytes=config.limits.head_bytes,
    )
    process.phase = ProcessPhase.SERVING
    return process, listener


async def open_upstream(nursery: trio.Nursery, config: Config, wanted: UpstreamConfig) -> Upstream:
    """An upstream that can be dialled; the simulator is started first, in `nursery`.

    Raises ConfigError where the certificates to trust cannot be used.
    """
    url = wanted.url
    if wanted.kind == "simulator":
        url = await open_simulator(nursery, configured(config.simulator))
    upstream = upstream_of(wanted, url)
    if upstream.url.startswith("wss:"):
        tls_client(upstream.ca)  # read now: it takes a while, and may be refused
    return upstream


def make_credentials(config: Config) -> Credentials:
    """Who may come in; tokens outlive the process where their secret is configured."""
    keys = [key.reveal() for key in config.auth.keys]
    secret = config.auth.secret
    sealed_with = secrets.token_bytes(32) if secret is None else secret.reveal().encode()
    return Credentials(keys, Tokens(sealed_with), time.time)


def build_rest(
    config: Config, upstream: Upstream, casting: Casting, credentials: Credentials
) -> RealtimeRest:
    """What is asked over HTTP beside the sessions."""
    limits = config.limits
    return RealtimeRest(
        credentials=credentials,
        upstream=UpstreamRest(upstream, limits.request_s, limits.request_bytes),
        # Media, and calls of tools, go between the client and the upstream alone.
        persona=lambda name: casting.brief(_OF_CALLS, persona=name).without_tools(),
        allowed_origins=config.server.allowed_origins,
        body_bytes=limits.request_bytes,
    )


def build_front_door(
    nursery: trio.Nursery,
    config: Config,
    process: Process,
    upstreams: list[Upstream],
    open_legs: OpenLegs,
    casting: Casting,
    credentials: Credentials,
    runner: Runner,
) -> FrontDoor:
    """What takes upgrade requests, with all that their sessions need; rooms run in `nursery`."""
    limits = config.limits
    paced = LegsOptions(
        lead_ms=limits.lead_ms,
        answer_ms=limits.answer_ms,
        burst_ms=limits.burst_ms,
        ring_ms=limits.ring_ms,
        waiting_messages=limits.waiting_messages,
        waiting_bytes=limits.waiting_bytes,
        stall_ms=round(limits.frame_stall_s * 1000),
        message_ms=round(limits.message_s * 1000),
        tiny_fragments=limits.tiny_fragments,
        send_buffer_bytes=limits.send_buffer_bytes,
        send_s=limits.send_s,
        close_s=limits.close_s,
    )
    dialler = Dialler(upstreams, limits.dial_s, Backoff(limits.dial_backoff_s))
    return FrontDoor(
        credentials=credentials,
        dialler=dialler,
        limits=SessionLimits(
            client_message_bytes=limits.client_message_bytes,
            relayed_message_bytes=limits.openai_message_bytes,
            upstream_message_bytes=limits.upstream_message_bytes,
            auth_s=limits.auth_s,
            first_event_s=limits.first_event_s,
            ping_every_s=limits.ping_every_s,
            pong_within_s=limits.pong_within_s,
        ),
        process=process,
        casting=casting,
        admission=Admission(
            Allowances(
                user_sessions=limits.user_sessions,
                address_sessions=limits.address_sessions,
                requests_per_minute=limits.requests_per_minute,
            )
        ),
        input_rate_hz=lambda dialect: _input_rate_hz(config, dialect),
        patience=Patience(limits.inactive_s, limits.expiring_s),
        open_legs=open_legs,
        paced=paced,
        relayed=replace(paced, lead_ms=None),
        switchboard=switchboard_of(config),
        runner=runner,
        room_door=room_door_of(
            config, nursery, process, dialler, open_legs, paced, casting, credentials
        ),
    )


def switchboard_of(config: Config) -> Switchboard:
    """How Twilio reaches this server."""
    twilio = config.twilio
    return Switchboard(
        auth_token=twilio.auth_token.reveal() if twilio.auth_token else None,
        public_url=twilio.public_url,
        trust_forwarded=twilio.trust_forwarded,
        secure=config.server.uses_tls,
        heeds_keys=twilio.dtmf == "item",
    )


def _input_rate_hz(config: Config, dialect: Dialect) -> int:
    """What clients of the dialect speak that name no rate."""
    if dialect.relays:
        return PCM16_24K.rate_hz
    return config.dialect.of(dialect.name).input_rate_hz


def _stopping_signals() -> list[signal.Signals]:
    """Those that there are, but for a hang-up that `nohup` has told us to live through."""
    known = [signal.Signals[name] for name in _STOPPING if name in signal.Signals.__members__]
    return [
        number
        for number in known
        if number.name != "SIGHUP" or signal.getsignal(number) is not signal.SIG_IGN
    ]


async def _serve_until_told(scope: trio.CancelScope, process: Process) -> None:
    """Return (with everything cancelled) when the process should end."""
    log = structlog.get_logger()
    with trio.open_signal_receiver(*_stopping_signals()) as signals:
        async with trio.open_nursery() as nursery:
            async for number in signals:
                if process.phase is ProcessPhase.DRAINING:
                    log.warning("stopping_at_once", signal=signal.Signals(number).name)
                    scope.cancel()
                    return
                log.info("draining", signal=signal.Signals(number).name, sessions=len(process.live))
                nursery.start_soon(_drain, scope, process)


async def _drain(scope: trio.CancelScope, process: Process) -> None:
    process.phase = ProcessPhase.DRAINING
    process.live.end_all(CloseReason(CloseCode.GOING_AWAY, "the server is stopping"))
    with trio.move_on_after(DRAIN_S):
        await process.live.wait_empty()
    scope.cancel()
