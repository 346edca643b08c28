"""Messages of the small dialects whose fields have rules of their own (`model.field_rules`).

Owns the way from such a message to an event, or to the `Misunderstood` that names the
field. Must not know any message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rtproxy.dialects.json_text import event_id_of
from rtproxy.model import events as ev
from rtproxy.model.field_rules import FieldError, Place, Rule

Fields = dict[str, Any]


def by_rules(
    meaning: Callable[[Fields], ev.Event],
) -> tuple[Any, Callable[[Fields], Sequence[ev.Event]]]:
    """A message that means one event; `meaning` raises FieldError where it means none."""

    def read(fields: Fields) -> Sequence[ev.Event]:
        try:
            return [meaning(fields)]
        except FieldError as wrong:
            message = f"{fields['type']}: {wrong.message}"
            event_id = event_id_of(fields)
            return [
                ev.Misunderstood(
                    code="invalid_field", message=message, param=wrong.param, event_id=event_id
                )
            ]

    return dict[str, Any], read


def field(fields: Mapping[str, Any], name: str, rule: Rule, at: Place, default: Any = None) -> Any:
    """A field by its rule; the default where it is left out, or null. Raises FieldError."""
    value = fields.get(name)
    return default if value is None else rule.read(value, at.inside(name))
