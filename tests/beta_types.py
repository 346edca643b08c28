"""The beta shape as the official SDK types it: which events there are, and what each holds."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
from openai.types.beta.realtime import RealtimeServerEvent

BETA_EVENTS = {
    get_args(event.model_fields["type"].annotation)[0]: event
    for event in get_args(get_args(RealtimeServerEvent)[0])
}


def check_beta(told: dict[str, Any]) -> None:
    """Raises where the SDK's own type does not accept the event, or where there is none."""
    if "session" in told:  # these types list the models of their time
        told = {**told, "session": {**told["session"], "model": "gpt-realtime"}}
    BETA_EVENTS[told["type"]].model_validate_json(msgspec.json.encode(told), strict=True)
