"""`create_response`: a client of a small dialect asks for an answer, or for one beside it.

Owns the message's fields, what each may be, and GA's names for them. Must not know any
dialect, nor what becomes of the answer.
"""

from __future__ import annotations

from typing import Any

from rtproxy.dialects.by_rules import Fields, by_rules, field
from rtproxy.model import events as ev
from rtproxy.model.aside import MARK
from rtproxy.model.field_rules import Choice, FieldError, Listed, Number, Place, Rule, Text
from rtproxy.model.session_fields import SESSION

# The upstream takes so many keys of metadata; beside the conversation one is the proxy's.
METADATA_KEYS = 16
_LONGEST_KEY = 64
_LONGEST_VALUE = 512
_VALUE = f"text of at most {_LONGEST_VALUE} characters"

# The core remembers no more than this (`session.history`).
MOST_ITEMS = 1_000

_CONVERSATION = Choice(("none", "auto"))
_LAST_ITEMS = Number(0, MOST_ITEMS, whole=True)


class _Item:
    """An item, or a reference to one; what else it has is for the upstream to judge."""

    may_be = "an object with a type that is text, as GA has items"

    def read(self, value: object, at: Place) -> dict[str, Any]:
        if not isinstance(value, dict) or not isinstance(value.get("type"), str):
            raise at.wrong(value, self.may_be)
        return dict(value)


class _Metadata:
    """Texts by name; `ours`: so many of the upstream's keys are taken."""

    def __init__(self, *, ours: int) -> None:
        self._most = METADATA_KEYS - ours
        of_all = f" (the proxy needs one of the upstream's {METADATA_KEYS})" if ours else ""
        self.may_be = (
            f"an object of at most {self._most} texts{of_all}, each of at most {_LONGEST_VALUE} "
            f"characters under a name of 1 to {_LONGEST_KEY}"
        )

    def read(self, value: object, at: Place) -> dict[str, str]:
        if not isinstance(value, dict):
            raise at.wrong(value, self.may_be)
        if len(value) > self._most:
            words = f"{at.path} is an object of {len(value)} texts; it must be {self.may_be}."
            raise FieldError(at.path, words)
        for name, text in value.items():
            if not 0 < len(name) <= _LONGEST_KEY:
                raise at.wrong(name, self.may_be)
            if name == MARK:
                words = f"{at.inside(name).path} is the proxy's own; use another name."
                raise FieldError(at.inside(name).path, words)
            if not isinstance(text, str) or len(text) > _LONGEST_VALUE:
                raise at.inside(name).wrong(text, _VALUE)
        return dict(value)


# What of it goes upstream, and what it is called there.
_INPUT = Listed(_Item())
_FIELDS: dict[str, tuple[str, Rule]] = {
    "instructions": ("instructions", Text()),
    "input": ("input", _INPUT),
    "modalities": ("output_modalities", SESSION["output_modalities"]),
    "maxOutputTokens": ("max_output_tokens", SESSION["max_output_tokens"]),
}


def _asked(fields: Fields) -> ev.Event:
    top = Place("")
    aside = field(fields, "conversation", _CONVERSATION, top, "none") == "none"
    rules = {**_FIELDS, "metadata": ("metadata", _Metadata(ours=1 if aside else 0))}
    named = {ga: field(fields, name, rule, top) for name, (ga, rule) in rules.items()}
    response = {name: value for name, value in named.items() if value is not None}
    last_items = field(fields, "lastItems", _LAST_ITEMS, top)
    kind = ev.AskAside if aside else ev.ResponseCreate
    event_id = field(fields, "event_id", Text(), top)
    return kind(event_id=event_id, response=response, last_items=last_items)


CREATE_RESPONSE = by_rules(_asked)
