"""The log: one event a line, for people on a terminal, as JSON for machines.

Owns the set-up of structlog and of the standard library's logging, which the
libraries below us use: both end in the same chain, so that nothing is written
around the redaction. Must not know what is logged. Written to stderr; stdout
belongs to commands.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable, MutableMapping
from typing import Any, Literal, TextIO

import structlog

from rtproxy.observability.outlet import outlet_to
from rtproxy.observability.redact import Redactor
from rtproxy.observability.tracebacks import bounded_traceback

Level = Literal["debug", "info", "warning", "error"]
Format = Literal["auto", "console", "json"]

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

_STRUCTLOGS_OWN = {"_record", "_from_structlog"}

# What these say below warning is about their own insides.
_QUIET = ("hypercorn", "trio-websocket", "quart", "asyncio")


def configure_logging(
    level: Level = "info",
    format_: Format = "auto",
    *,
    secrets: Iterable[str] = (),
    stream: TextIO | None = None,
) -> None:
    """Set up logging for the process; called once, by who composes it.

    Args:
        level: what is less than this is not written.
        format_: "console" for people, "json" for machines, "auto" for console
            where the stream is a terminal.
        secrets: values that must never appear, beside what looks like a secret.
        stream: where to; stderr by default.
    """
    stream = sys.stderr if stream is None else stream
    people = format_ == "console" or (format_ == "auto" and stream.isatty())
    redact = _Redaction(Redactor(secrets), keep_lines=people)
    before: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(bounded_traceback),
        redact,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *before,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    output = outlet_to(stream)
    output.setFormatter(_formatter(before, redact, people=people, colors=stream.isatty()))
    root = logging.getLogger()
    root.handlers[:] = [output]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING))


def _formatter(
    before: list[Any], redact: _Redaction, *, people: bool, colors: bool
) -> logging.Formatter:
    renderer: Any = (
        structlog.dev.ConsoleRenderer(
            colors=colors, exception_formatter=structlog.dev.plain_traceback
        )
        if people
        else structlog.processors.JSONRenderer()
    )
    rendering: list[Any] = [renderer, redact.line]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=before,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
    )


class _Redaction:
    """Secrets and control characters out of an event, then secrets out of the line.

    Twice, because each sees what the other cannot: the event knows the names of
    its values, the line is everything that is really written.
    """

    def __init__(self, redactor: Redactor, *, keep_lines: bool) -> None:
        self._redactor = redactor
        self._keep_lines = keep_lines

    def __call__(
        self, _logger: Any, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """Clean every value; only a traceback may have lines."""
        for name in list(event):
            if name not in _STRUCTLOGS_OWN:
                event[name] = self._clean(name, event[name])
        return event

    def _clean(self, name: str, value: object) -> object:
        cleaned = self._redactor.value(value, name)
        if isinstance(cleaned, str) and name != "exception":
            # A line break in an id would let a client write log lines of its own.
            return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", cleaned)
        return cleaned

    def line(self, _logger: Any, _method: str, line: str) -> str:
        """The finished line, redacted once more."""
        return self._redactor.text(line)
