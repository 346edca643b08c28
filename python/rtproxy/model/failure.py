"""What goes wrong between two peers: errors that are told, and messages that make no sense.

Owns their shape, which is GA's `error` object; they are read as part of `events`. Must
not know how any of them looks on a wire, nor what follows from it.
"""

from __future__ import annotations

import msgspec

from rtproxy.model.event import Event


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """What an error says: GA's `error` object.

    `event_id` is the event that caused it, where one did.
    """

    type: str = "invalid_request_error"
    code: str | None = None
    message: str = ""
    param: str | None = None
    event_id: str | None = None


class ErrorTold(Event, frozen=True, kw_only=True):
    """Something was refused or failed; `fatal` if a close follows.

    `about` is the client's own type of the message that brought it about, if one did.
    """

    error: Failure
    fatal: bool = False
    about: str | None = None


class Misunderstood(Event, frozen=True, kw_only=True):
    """A client's message that its dialect could not understand.

    `code` as the upstream would name it, `param` the field that was wrong.
    """

    code: str
    message: str
    param: str | None = None

    @property
    def failure(self) -> Failure:
        """The same as an error that its sender is told."""
        return Failure(
            code=self.code, message=self.message, param=self.param, event_id=self.event_id
        )
