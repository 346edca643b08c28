"""`rtproxy simulate`: run the upstream simulator alone.

Owns the options and what a person is told at the start. How it behaves is in
`rtproxy.simulator`.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import trio
import typer

from rtproxy.circles import search_seldom
from rtproxy.cli.failure import MISUSED, fail
from rtproxy.cli.words import say, this_command
from rtproxy.config.schema import WireFormat
from rtproxy.model.errors import ConfigError
from rtproxy.observability.log import configure_logging
from rtproxy.simulator.faults import Fault, parse_fault
from rtproxy.simulator.server import open_simulator
from rtproxy.simulator.settings import Settings, TranscriptionPlace, VoiceName
from rtproxy.simulator.voices.script import read_script

_DEFAULT = Settings()


def simulate(
    port: Annotated[int, typer.Option(help="Port to listen on; 0: any.")] = 8100,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    voice: Annotated[
        VoiceName | None, typer.Option(help="Who answers (parrot; with --script: script).")
    ] = None,
    script: Annotated[
        Path | None, typer.Option(help="What the voice 'script' says: a TOML file.")
    ] = None,
    chunk_ms: Annotated[
        int, typer.Option(help="Audio in one delta, in milliseconds.")
    ] = _DEFAULT.chunk_ms,
    speed: Annotated[
        float, typer.Option(help="How many times faster than it plays an answer is sent.")
    ] = _DEFAULT.speed,
    first_audio_delay_ms: Annotated[
        int, typer.Option(help="Milliseconds before an answer begins.")
    ] = _DEFAULT.first_audio_delay_ms,
    words_per_s: Annotated[
        float | None,
        typer.Option(help="Pace of text that is not spoken; without it, as fast as --speed says."),
    ] = None,
    cancel_lag_ms: Annotated[
        int, typer.Option(help="How long an answer goes on after it was cancelled.")
    ] = _DEFAULT.cancel_lag_ms,
    transcription: Annotated[
        TranscriptionPlace, typer.Option(help="Where the transcription falls, by the answer.")
    ] = _DEFAULT.transcription,
    echo_transcript_hz: Annotated[
        float, typer.Option(help="Transcript deltas a second that the voice 'echo' sends.")
    ] = _DEFAULT.echo_transcript_hz,
    session_max_s: Annotated[
        float, typer.Option(help="Seconds until a session expires.")
    ] = _DEFAULT.session_max_s,
    require_key: Annotated[
        bool, typer.Option("--require-key", help="Refuse clients that show no key.")
    ] = False,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FAULT",
            help="KIND[=VALUE][@EVENT[:NTH]][+DELAY_MS][#CONNECTION]; may be given again. KIND: "
            "drop, stall, refuse, rate_limit, expire, close.",
        ),
    ] = None,
    force_input_format: Annotated[
        WireFormat | None,
        typer.Option(help="Take audio in this format only, whatever a session asks for."),
    ] = None,
    force_output_format: Annotated[
        WireFormat | None,
        typer.Option(help="Answer in this format only, whatever a session asks for."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Makes ids and choices repeatable.")] = None,
) -> None:
    """Run the upstream simulator alone: a Realtime API that needs no key and no network.

    It has conversations (ws://HOST:PORT/v1/realtime?model=NAME), sessions that only
    transcribe (…/v1/realtime?intent=transcription) and sessions that translate
    (…/v1/realtime/translations?model=NAME).
    """
    configure_logging()
    try:
        settings = Settings(
            voice=voice or (VoiceName.SCRIPT if script else VoiceName.PARROT),
            script=read_script(script) if script else None,
            chunk_ms=chunk_ms,
            speed=speed,
            first_audio_delay_ms=first_audio_delay_ms,
            words_per_s=words_per_s,
            cancel_lag_ms=cancel_lag_ms,
            transcription=transcription,
            echo_transcript_hz=echo_transcript_hz,
            session_max_s=session_max_s,
            require_key=require_key,
            force_input_format=force_input_format,
            force_output_format=force_output_format,
            faults=_faults(fault or []),
            seed=seed,
        )
    except ConfigError as error:
        fail(str(error), MISUSED)
    _run(settings, host, port)


def _faults(written: list[str]) -> tuple[Fault, ...]:
    try:
        return tuple(parse_fault(each) for each in written)
    except ValueError as error:
        raise ConfigError(f"--fault: {error}") from error


def _run(settings: Settings, host: str, port: int) -> None:
    failure = trio.run(_serve, settings, host, port)
    if failure is not None:
        fail(f"cannot listen on {host}:{port}: {failure}. Choose another with --port.")


async def _serve(settings: Settings, host: str, port: int) -> OSError | None:
    """Serve until a signal says otherwise; returns why it could not begin."""
    async with trio.open_nursery() as nursery:
        try:
            url = await open_simulator(nursery, settings, port=port, host=host)
        except OSError as error:
            return error
        search_seldom()
        say("\n".join(greeting(settings, url)))
        with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            await anext(signals)
        nursery.cancel_scope.cancel()
    return None


def greeting(settings: Settings, url: str) -> Iterator[str]:
    """What runs where, and what to try next."""
    yield f"The simulator ({settings.voice.value}) is up at {url}"
    for fault in settings.faults:
        yield f"  a fault waits: {fault.kind.value}"
    yield f"Try, in another terminal:  {this_command(f'serve --upstream {url}')}"
