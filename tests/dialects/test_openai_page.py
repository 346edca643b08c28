"""What the page of the `openai` dialect shows of the beta shape is what is said and told."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from rtproxy.dialects import realtime
from rtproxy.dialects.beta import Beta
from rtproxy.dialects.beta_events import FROM_UPSTREAM, GA_ONLY
from rtproxy.dialects.openai import OpenAI
from rtproxy.model import events as ev

PAGE = (Path(__file__).parents[2] / "docs/protocols/openai.md").read_text(encoding="utf-8")


def pairs(heading: str) -> list[tuple[Any, Any]]:
    """The JSON blocks below a heading, two by two."""
    section = PAGE.split(f"### {heading}\n")[1].split("\n##")[0]
    blocks = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", section, re.DOTALL)]
    assert len(blocks) % 2 == 0
    return list(zip(blocks[::2], blocks[1::2], strict=True))


@pytest.mark.parametrize(("beta", "ga"), pairs("What the client says"))
def test_what_the_client_says(beta: Any, ga: Any) -> None:
    (event,) = Beta().decode(json.dumps(beta).encode(), binary=False)
    assert json.loads(realtime.encode_client(event)) == ga


@pytest.mark.parametrize(("ga", "beta"), pairs("What the client is told"))
def test_what_the_client_is_told(ga: Any, beta: Any) -> None:
    opaque = ev.Opaque(raw=json.dumps(ga).encode(), to_upstream=False)
    (told,) = Beta().encode(opaque)
    assert json.loads(told) == beta


def test_every_name_that_changes_is_on_the_page() -> None:
    table = PAGE.split("### What the client is told")[1]
    rows = re.findall(r"^\| (`.*) \| (`.*) \|$", table, re.MULTILINE)
    shown = {(ga, beta) for row in rows[:4] for ga, beta in named(*row)}
    renamed = set()
    for kind in FROM_UPSTREAM:
        for told in Beta().encode(ev.Opaque(raw=message(kind), to_upstream=False)):
            name = json.loads(told)["type"]
            renamed |= {(kind, name)} if name != kind else set()
    assert shown == renamed
    assert "conversation.item.done" in GA_ONLY


def named(ga: str, beta: str) -> list[tuple[str, str]]:
    """`a.delta`, `.done` are two names."""
    names = [re.findall(r"`([^`]+)`", cell) for cell in (ga, beta)]
    whole = [[cell[0], *(cell[0].rpartition(".")[0] + more for more in cell[1:])] for cell in names]
    return list(zip(*whole, strict=True))


def message(kind: str) -> bytes:
    """One of this type that can be translated."""
    return json.dumps({"type": kind, "item": {"type": "message"}}).encode()


def test_every_path_is_on_the_page() -> None:
    assert set(re.findall(r"^\| `(/[\w/]+)", PAGE, re.MULTILINE)) == set(OpenAI().paths)
