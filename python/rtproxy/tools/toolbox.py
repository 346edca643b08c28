"""The tools of one process: those of the user's files, and the built-in ones.

Owns which there are, which of them every session is offered, and the refusal of a file
that cannot be used. Must not know what becomes of a call.
"""

from __future__ import annotations

import importlib.util
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from rtproxy.config import ToolsConfig
from rtproxy.model.event import Json
from rtproxy.tools.builtin import builtin_tools
from rtproxy.tools.errors import UnusableTool
from rtproxy.tools.tool import Tool


@dataclass(frozen=True, slots=True)
class Toolbox:
    """All tools by name.

    Attributes:
        tools: every one that a persona may name.
        usual: the names of those that a session has whose persona names none.
    """

    tools: Mapping[str, Tool] = field(default_factory=dict)
    usual: tuple[str, ...] = ()

    @property
    def declared(self) -> dict[str, Json]:
        """Each as a session declares it."""
        return {name: tool.declared for name, tool in self.tools.items()}


def open_toolbox(config: ToolsConfig) -> Toolbox:
    """Read the files that a configuration names, and add the built-in tools.

    A tool of the user's takes the place of a built-in one of the same name. Raises
    UnusableTool, in one line, where anything cannot be used: nothing starts half
    configured.
    """
    own = _unique(tool for file in config.files for tool in read_tools(Path(file)))
    tools = {**{tool.name: tool for tool in builtin_tools(config)}, **own}
    for name in config.use:
        if name not in tools:
            hint = "" if name != "lookup" else " (lookup needs tools.lookup.file)"
            raise UnusableTool(
                f'tools.use has "{name}"; it must be of: {", ".join(sorted(tools))}{hint}'
            )
    return Toolbox(tools, tuple(dict.fromkeys((*own, *config.use))))


def read_tools(file: Path) -> list[Tool]:
    """The tools in the namespace of a Python file, in its order; UnusableTool for a bad one."""
    found = list(_unique(_tools_in(_namespace(file))).values())
    if not found:
        raise UnusableTool(f"{file} has no tool; mark an async function with @rtproxy.tool")
    return found


def _namespace(file: Path) -> Mapping[str, object]:
    """Run the file as a module of its own; what stands beside it can be imported."""
    name = f"_rtproxy_tools_{sha256(str(file.resolve()).encode()).hexdigest()[:12]}_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if not file.is_file() or spec is None or spec.loader is None:
        raise UnusableTool(f"{file} is no Python file; name one that ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses look up what their annotations name
    folder = str(file.resolve().parent)
    if folder not in sys.path:
        sys.path.append(folder)
    try:
        spec.loader.exec_module(module)
    except UnusableTool:
        raise
    except (Exception, SystemExit) as error:  # the user's code, which may raise anything
        raise UnusableTool(_fault(file, error)) from error
    return vars(module)


def _fault(file: Path, error: BaseException) -> str:
    """Where in the file it went wrong, and how."""
    if isinstance(error, SyntaxError) and error.filename == str(file):
        return f"{file}:{error.lineno}: this is not Python: {error.msg}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [each for each in frames if each.filename == str(file)]
    at = f"{file}:{own[-1].lineno}" if own else str(file)
    said = str(error).strip().partition("\n")[0]
    return f"{at}: it cannot be imported: {type(error).__name__}{f': {said}' if said else ''}"


def _tools_in(namespace: Mapping[str, object]) -> Iterator[Tool]:
    return (value for value in namespace.values() if isinstance(value, Tool))


def _unique(tools: Iterable[Tool]) -> dict[str, Tool]:
    """By name; the same tool may come twice (imported from another file), two may not."""
    found: dict[str, Tool] = {}
    for tool in tools:
        other = found.setdefault(tool.name, tool)
        if other is not tool:
            raise UnusableTool(
                f'{tool.origin}: there is another tool "{tool.name}", at {other.origin}; give one'
                ' of them another name: @tool(name="…")'
            )
    return found
