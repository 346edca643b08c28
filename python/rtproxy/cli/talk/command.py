"""`rtproxy talk`: ask a spoken question, hear the answer, save it; or speak into a room.

Owns the options and what is said at the end.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit, urlunsplit

import typer

from rtproxy._audio_core import HAS_OPUS
from rtproxy.cli.failure import FAILED, INTERRUPTED, MISUSED, fail
from rtproxy.cli.room.address import room_address
from rtproxy.cli.room.podium import SPOKEN, Appearance
from rtproxy.cli.room.speak import speak_in_room
from rtproxy.cli.talk.answer import answer_as_wav
from rtproxy.cli.talk.display import choose_display
from rtproxy.cli.talk.exchange import Exchange
from rtproxy.cli.talk.formats import (
    WireFormats,
    add_query,
    notation,
    parse_format,
    query_of,
)
from rtproxy.cli.talk.frontends import FRONTENDS, VOICE, Frontend
from rtproxy.cli.talk.line import Conversation, converse
from rtproxy.cli.talk.question import Question, load_question
from rtproxy.cli.talk.run import run
from rtproxy.cli.talk.screen import summary
from rtproxy.cli.talk.telephone import TWILIO
from rtproxy.cli.words import DEFAULT_URL, say
from rtproxy.model.audio_format import OPUS, PCM16_24K, LegAudio, samples_of

_FORMAT = "ENCODING[/HZ[/CHANNELS]]"

DialectName = Literal["voice", "companion", "conversation", "openai", "twilio"]
DIALECTS = {**FRONTENDS, TWILIO.name: TWILIO}


def talk(
    question: Annotated[
        Path | None,
        typer.Argument(
            help="An audio file with a spoken question: WAV in any format, FLAC, Ogg, MP3."
            " Without one, the question that ships with rtproxy is asked.",
        ),
    ] = None,
    save: Annotated[
        Path | None, typer.Option(help="Write the spoken answer to this WAV file.")
    ] = None,
    url: Annotated[
        str, typer.Option(help="Where the proxy is; the path is chosen by the dialect.")
    ] = DEFAULT_URL,
    dialect: Annotated[
        DialectName | None,
        typer.Option(help="Which protocol to speak; by default the one of the URL's path."),
    ] = None,
    mic_format: Annotated[
        str | None,
        typer.Option(
            metavar=_FORMAT,
            help="What the question is sent as, e.g. f32/48000/2, g711_ulaw or opus"
            " (pcm16/24000; by telephone g711_ulaw, in a room pcm16/16000).",
        ),
    ] = None,
    speaker_format: Annotated[
        str | None, typer.Option(metavar=_FORMAT, help="What the answer is wanted as (the same).")
    ] = None,
    binary: Annotated[
        bool, typer.Option("--binary", help="Send and hear audio as raw binary frames.")
    ] = False,
    wait: Annotated[
        float,
        typer.Option(min=0.1, help="Seconds that the proxy may be silent after the question."),
    ] = 15.0,
    fast: Annotated[
        bool, typer.Option("--fast", help="Send the question at once, not in real time.")
    ] = False,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Accept any certificate (--tls self-signed).")
    ] = False,
    room: Annotated[
        str | None, typer.Option(help="Speak into this room instead; nobody answers there.")
    ] = None,
    end: Annotated[
        bool, typer.Option("--end", help="With --room: end the talk for all who listen.")
    ] = False,
    language: Annotated[
        str | None, typer.Option(metavar="CODE", help="With --room: which language is spoken (en).")
    ] = None,
) -> None:
    """Ask the proxy a spoken question and hear its answer; or speak into a room."""
    spoken = _load(question)
    if room is not None:
        for_answers = {
            "--save": save,
            "--dialect": dialect,
            "--speaker-format": speaker_format,
        }
        _refuse("--room", for_answers, "a room answers in text")
        mic = _format("--mic-format", mic_format, SPOKEN)
        binary = binary or mic == OPUS
        address = _room_address(url, room, language, mic, binary=binary)
        speech = Appearance(
            address,
            spoken,
            mic,
            binary=binary,
            patience_s=wait,
            ends=end,
            fast=fast,
            verify=not insecure,
        )
        raise typer.Exit(speak_in_room(room, language, speech))
    for_rooms = {"--language": language, "--end": end or None}
    _refuse("a conversation", for_rooms, "name the room with --room")
    _check_save(save)
    frontend, address = choose_frontend(url, dialect)
    usual = next(iter(frontend.carries or (PCM16_24K,)))
    mic = _format("--mic-format", mic_format, usual)
    speaker = _format("--speaker-format", speaker_format, usual)
    formats = WireFormats(mic, speaker, binary=binary or OPUS in (mic, speaker))
    conversation = Conversation(
        address_for(frontend, address, formats),
        frontend,
        spoken,
        patience_s=wait,
        fast=fast,
        verify=not insecure,
    )
    say(f"asking {spoken.name} ({spoken.duration_ms / 1000:.1f} s) at {address}")
    exchange = Exchange(spoken.duration_ms, spoken.speech_ms, formats)
    status = _run(conversation, exchange)
    _report(exchange, save)
    raise typer.Exit(status)


def choose_frontend(url: str, dialect: str | None) -> tuple[Frontend, str]:
    """The protocol to speak and the full URL to speak it at.

    A URL with a path keeps it; the path then tells the dialect, unless one is named.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"ws", "wss"} or not parts.hostname:
        fail(f'--url is "{url}"; it must be like {DEFAULT_URL} (or wss://…)', MISUSED)
    path = parts.path.rstrip("/")
    if not path:
        frontend = DIALECTS[dialect] if dialect else VOICE
        return frontend, urlunsplit(parts._replace(path=frontend.path))
    by_path = next((one for one in DIALECTS.values() if path.endswith(one.path)), VOICE)
    return (DIALECTS[dialect] if dialect else by_path), url


def _refuse(what: str, options: Mapping[str, object], why: str) -> None:
    """End the command where it was given options that are not for `what`."""
    given = [option for option, value in options.items() if value is not None]
    if given:
        fail(f"{' and '.join(given)}: not for {what}; {why}", MISUSED)


def _room_address(url: str, room: str, language: str | None, mic: LegAudio, *, binary: bool) -> str:
    audio = {} if mic == SPOKEN else query_of(mic)
    audio |= {"audio": "binary"} if binary else {}
    try:
        return room_address(url, room, "speaker", language, audio)
    except ValueError as error:
        fail(str(error), MISUSED)


def _load(question: Path | None) -> Question:
    try:
        return load_question(question)
    except ValueError as error:
        fail(str(error), MISUSED)


def _format(option: str, written: str | None, usual: LegAudio) -> LegAudio:
    if written is None:
        return usual
    try:
        wanted = parse_format(written)
    except ValueError as error:
        fail(f'{option} is "{written}": {error}', MISUSED)
    if wanted == OPUS and not HAS_OPUS:
        fail(
            f"{option} is opus, and this rtproxy is built without it. Install cmake and a C"
            " compiler, and build it again.",
            MISUSED,
        )
    return wanted


def address_for(frontend: Frontend, address: str, formats: WireFormats) -> str:
    """The URL at which this frontend speaks these formats; the command ends where it cannot."""
    if frontend.carries is None:
        try:
            return add_query(address, formats)
        except ValueError as error:
            fail(str(error), MISUSED)
    carried = ", ".join(map(notation, frontend.carries))
    sides = {"--mic-format": formats.mic, "--speaker-format": formats.speaker}
    for option, audio_format in sides.items():
        if audio_format not in frontend.carries:
            fail(
                f"{option} is {audio_format}; {frontend.name} takes {carried}."
                " The dialects voice and conversation take any.",
                MISUSED,
            )
    if formats.binary:
        fail(f"--binary is for voice and conversation; {frontend.name} has text alone", MISUSED)
    return address


def _check_save(save: Path | None) -> None:
    if save is not None and not save.parent.is_dir():
        fail(f"the answer cannot be saved as {save}: there is no folder {save.parent}", MISUSED)


def _run(conversation: Conversation, exchange: Exchange) -> int:
    """Hold the conversation; the exit status."""
    with choose_display() as display:
        completed = run(conversation.url, converse, conversation, exchange, display)
    if not completed:
        return INTERRUPTED
    return FAILED if exchange.failure else 0


def _report(exchange: Exchange, save: Path | None) -> None:
    for line in summary(exchange.totals()):
        say(line)
    if exchange.failure:
        print(f"rtproxy: it ended early: {exchange.failure}", file=sys.stderr)
    if save is None:
        return
    if not exchange.answer:
        print(f"rtproxy: nothing was heard, so {save} was not written", file=sys.stderr)
        return
    try:
        save.write_bytes(
            answer_as_wav(bytes(exchange.answer), samples_of(exchange.formats.speaker))
        )
    except OSError as error:
        fail(f"the answer cannot be saved as {save}: {error.strerror}")
    say(f"saved the answer as {save}")
