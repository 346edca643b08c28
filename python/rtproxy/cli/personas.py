"""`rtproxy personas`: who there is, what each asks the upstream for, what is wrong with a file.

Owns the words. Starts nothing, dials nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from rtproxy.cli.cast import cast, tools_of
from rtproxy.cli.failure import FAILED, MISUSED, fail
from rtproxy.cli.options import ConfigFile, configured
from rtproxy.cli.words import say
from rtproxy.personas.catalog import SHIPPED, UnknownPersonaError
from rtproxy.personas.persona_file import faults_of, read_persona

personas = typer.Typer(
    name="personas",
    help="Who answers: list the personas, show what one asks for, check the files.",
    no_args_is_help=True,
    add_completion=False,
)

_PIPE_WIDTH = 200  # where nobody sees the edge of a screen


@personas.command("list")
def list_personas(config: ConfigFile = None) -> None:
    """Name the personas that there are, and whom each answers."""
    casting = cast(configured(config, None, {}))
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("name", "answers", "from", "description"):
        table.add_column(heading, no_wrap=heading != "description")
    for name in casting.catalog.names:
        answers = ", ".join(each for each in casting.roles if casting.persona_of(each) == name)
        file = casting.catalog.origins[name]
        origin = "shipped" if file.parent == SHIPPED else str(file)
        table.add_row(name, answers, origin, casting.catalog.find(name).description)
    console = Console()
    if not console.is_terminal:
        console.width = _PIPE_WIDTH
    console.print(table, markup=False)


@personas.command("show")
def show_persona(
    name: Annotated[str, typer.Argument(help="As `rtproxy personas list` names it.")],
    dialect: Annotated[
        str | None,
        typer.Option(help="With what the configuration changes for clients of this dialect."),
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Print the session that the upstream would be asked for, as JSON."""
    casting = cast(configured(config, None, {}))
    if dialect is not None and dialect not in casting.roles:
        fail(f'--dialect is "{dialect}"; it must be one of {", ".join(casting.roles)}', MISUSED)
    try:
        if dialect is None:
            persona = casting.catalog.find(name)
            session, _ = casting.tools.resolved(persona.session_object())
            shown = {"session": session, "model": persona.model}
        else:
            shown = asdict(casting.brief(dialect, persona=name))
    except UnknownPersonaError as error:
        fail(str(error), MISUSED)
    said = {key: shown[key] for key in ("session", "opening", "model") if shown.get(key)}
    Console().print_json(msgspec.json.encode(said).decode())


@personas.command("check")
def check_personas(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="Files or folders; without any, all in use."),
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Read persona files, and say of each what is wrong with it, and on which line."""
    loaded = configured(config, None, {})
    tools = tools_of(loaded)
    places = paths or [SHIPPED, loaded.personas_folder]
    faults = 0
    for file in _files(places):
        wrong = list(faults_of(file, tools))
        faults += len(wrong)
        for fault in wrong:
            say(str(fault))
        if not wrong:
            persona = read_persona(file)
            notes = "".join(f"\n  note: {note}" for note in persona.notes)
            say(f"{file}: {persona.name} can be used.{notes}")
    if faults:
        fail(f"{faults} fault{'s' * (faults > 1)}; each line says what to mend", FAILED)


def _files(places: list[Path]) -> Iterator[Path]:
    for place in places:
        if place.is_dir():
            yield from sorted(place.glob("*.toml"))
        elif place.exists():
            yield place
        elif place.suffix:
            fail(f"{place} is no file; name a persona's file, or a folder of them", MISUSED)
