"""`rtproxy tools`: which tools there are, and what the model is told of those in a file.

Owns the words. Starts nothing, calls nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from rtproxy.cli.cast import opened
from rtproxy.cli.failure import MISUSED, fail
from rtproxy.cli.options import ConfigFile, configured
from rtproxy.cli.words import say
from rtproxy.model.errors import ConfigError
from rtproxy.tools.tool import Tool
from rtproxy.tools.toolbox import read_tools

tools = typer.Typer(
    name="tools",
    help="What the model may call in the proxy: list the tools, check a file of them.",
    no_args_is_help=True,
    add_completion=False,
)

_PIPE_WIDTH = 200  # where nobody sees the edge of a screen
_HEADINGS = ("name", "offered", "deadline", "from", "description")
ToolFiles = Annotated[
    list[str] | None, typer.Option("--tools", metavar="FILE", help="As for `rtproxy serve`.")
]


@tools.command("list")
def list_tools(config: ConfigFile = None, files: ToolFiles = None) -> None:
    """Name the tools that there are, and say whom each is offered."""
    loaded = configured(config, None, {"tools.files": files})
    toolbox = opened(loaded)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for heading in _HEADINGS:
        table.add_column(heading, no_wrap=heading != "description")
    for name, tool in toolbox.tools.items():
        offered = "always" if name in toolbox.usual else "by name"
        deadline_s = tool.deadline_s or loaded.tools.deadline_s
        table.add_row(name, offered, f"{deadline_s:g} s", tool.origin, _summary(tool))
    console = Console()
    if not console.is_terminal:
        console.width = _PIPE_WIDTH
    console.print(table, markup=False)


@tools.command("check")
def check_tools(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Python files.")],
) -> None:
    """Read files of tools, and print what the model would be told of each."""
    for file in files:
        try:
            found = read_tools(file)
        except ConfigError as error:
            fail(str(error), MISUSED)
        for tool in found:
            say(f"{tool.origin}: {tool.name} can be used.{_note(tool)}")
            Console(soft_wrap=True).print_json(msgspec.json.encode(tool.declared).decode())


def _summary(tool: Tool) -> str:
    return tool.description.partition("\n")[0]


def _note(tool: Tool) -> str:
    if tool.description:
        return ""
    return "\n  note: it has no docstring: the model must guess from its name when to call it."
