"""Which tools a session has."""

from __future__ import annotations

from typing import Any

import pytest

from rtproxy.model import events as ev
from rtproxy.session.offer import Offer

CLOCK = {"type": "function", "name": "clock", "parameters": {}}
NEWS = {"type": "function", "name": "news"}
SHOP = {"type": "mcp", "server_label": "shop", "server_url": "https://shop.example/mcp"}
WHOLE = {"tools": [CLOCK, NEWS]}


def update(**session: Any) -> ev.SessionUpdate:
    return ev.SessionUpdate(event_id="mine", session=session)


def beside(event: ev.SessionUpdate) -> ev.SessionUpdate | ev.Misunderstood:
    return Offer(frozenset({"clock"})).beside(event, WHOLE)


def test_a_clients_tools_come_beside_ours_and_in_the_place_of_its_own() -> None:
    assert beside(update(tools=[SHOP])) == update(tools=[CLOCK, SHOP])
    assert beside(update(tools=[])) == update(tools=[CLOCK])


def test_what_names_no_tools_stays_as_it_is() -> None:
    event = update(instructions="Be kind.")
    assert beside(event) is event
    event = update(tools=[NEWS])
    assert Offer().beside(event, WHOLE) is event


@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_name_of_ours_is_taken(index: int) -> None:
    tools = [NEWS, SHOP]
    tools.insert(index, {"type": "function", "name": "clock"})
    refused = beside(update(tools=tools))
    assert isinstance(refused, ev.Misunderstood)
    assert (refused.param, refused.event_id) == (f"tools[{index}].name", "mine")
    assert refused.message.endswith("Taken are: clock.")


def test_names_are_the_upstreams_word() -> None:
    offer = Offer(frozenset({"clock"}))
    assert offer.has("anything"), "nobody has said what there is"
    offer.take_terms({"tools": [CLOCK, NEWS, SHOP, "?"]})
    assert (offer.has("news"), offer.has("oracle")) == (True, False)
    assert offer.names == ["clock", "news"]
    assert offer.servers == ("shop",)
    offer.take_terms({"instructions": "of something else"})
    assert offer.has("news")
