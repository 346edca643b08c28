"""`docs/protocols/openai-rest.md`: each request that it shows is answered as it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from api.rest_house import RestHouse, open_rest_house

PAGE = Path(__file__).parents[2] / "docs" / "protocols" / "openai-rest.md"
EXAMPLES = re.findall(
    r"^```http\n(.*?)^```\n```http\n(.*?)^```",
    PAGE.read_text(encoding="utf-8"),
    re.MULTILINE | re.DOTALL,
)
# What differs each time: the beginning of an id or a token, and a time.
VARYING = {"expires_at"}


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 5


@pytest.mark.parametrize(
    ("asked", "answered"), EXAMPLES, ids=[e[0].split("\n")[0] for e in EXAMPLES]
)
async def test_an_example_is_answered_as_the_page_says(asked: str, answered: str) -> None:
    head, _, body = asked.partition("\n\n")
    first, *lines = head.strip().split("\n")
    method, path = first.split()
    headers = [(name.lower(), value) for name, _, value in (line.partition(": ") for line in lines)]
    sent = body.replace("\n", "\r\n") if body.startswith("v=0") else body
    async with open_rest_house() as house:
        await _hold(house, method, path, sent.encode(), headers, answered)


async def _hold(
    house: RestHouse,
    method: str,
    path: str,
    body: bytes,
    headers: list[tuple[str, str]],
    answered: str,
) -> None:
    answer = await house.ask(method, path, body, *headers, key=False)
    status, *lines = answered.strip().split("\n")
    assert answer.status == int(status), answer
    for line in lines:
        if line.startswith("{"):
            _agree(msgspec.json.decode(line), msgspec.json.decode(answer.body))
        else:
            name, _, value = line.partition(": ")
            _agree(value, answer.header(name.lower()))


def _agree(told: Any, true: Any, name: str = "") -> None:
    if isinstance(told, dict):
        for key, value in told.items():
            _agree(value, true[key], key)
    elif isinstance(told, str) and told.endswith("…"):
        assert true.startswith(told[:-1])
    elif name not in VARYING:
        assert true == told
