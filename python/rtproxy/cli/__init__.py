"""The commands: one file each, imported only when it is asked for.

Owns the list of commands and what is common to all. `main` is the program.
A module is imported when its command is run or described, so that `rtproxy
--version` needs no network library and `rtproxy talk` no web server.
"""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

_COMMANDS = {
    "serve": "rtproxy.cli.serve",
    "talk": "rtproxy.cli.talk.command",
    "listen": "rtproxy.cli.listen",
    "simulate": "rtproxy.cli.simulate",
    "load": "rtproxy.cli.load",
    "personas": "rtproxy.cli.personas",
    "tools": "rtproxy.cli.tools",
    "check": "rtproxy.cli.check",
}


class LazyCommands(TyperGroup):
    """Finds a command by importing the module that the table names."""

    def list_commands(self, ctx: Any) -> list[str]:
        """In the order of the table, which is the order of need."""
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command; None where there is none of that name."""
        module = _COMMANDS.get(cmd_name)
        if module is None:
            return None
        command = getattr(import_module(module), cmd_name)
        if isinstance(command, typer.Typer):  # it has commands of its own
            return typer.main.get_command(command)
        single = typer.Typer(add_completion=False)
        single.command(cmd_name)(command)
        return typer.main.get_command(single)


main = typer.Typer(
    cls=LazyCommands,
    name="rtproxy",
    help="A voice proxy between frontends and the OpenAI Realtime API.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_version(value: bool) -> None:
    if value:
        from rtproxy import __version__

        print(f"rtproxy {__version__}")
        raise typer.Exit


@main.callback()
def _common(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Say which version."
        ),
    ] = False,
) -> None:
    """A voice proxy between frontends and the OpenAI Realtime API."""
