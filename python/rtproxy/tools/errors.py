"""What goes wrong with a tool: as it is written, and as it runs.

Owns the kinds. Must not know what follows from any of them.
"""

from __future__ import annotations

from rtproxy.model.errors import ConfigError


class UnusableTool(ConfigError):
    """A tool, or a file of tools, that cannot be offered; one line that says where and why."""


class ToolError(Exception):
    """Raised by a tool: its message is for the model, which may say it or try otherwise.

    Whatever else a tool raises the model learns nothing of, but that it failed.
    """


class WrongArguments(Exception):
    """The model called a tool with arguments that it does not take; the message says which."""
