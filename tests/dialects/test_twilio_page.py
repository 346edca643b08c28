"""What the page of the `twilio` dialect shows is what is understood, said and configured."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from textwrap import dedent
from typing import Any

import msgspec
import pytest

from rtproxy.api.telephone import twiml
from rtproxy.config.schema import DialectConfig, TwilioConfig
from rtproxy.dialects.twilio import STREAM_PATH, Twilio
from rtproxy.model import events as ev
from rtproxy.session.keypad import MAX_KEYS, PAUSE_S, pressed

PAGE = (Path(__file__).parents[2] / "docs/protocols/twilio.md").read_text(encoding="utf-8")
FROM, TO = PAGE.split("\n## What Twilio is told\n")
SID = "MZ18ad3ab5a668481ce02b83e7395059f0"
STARTED = Twilio().after(ev.StreamStarted(stream_id=SID))


def blocks(language: str, text: str) -> list[str]:
    found = re.findall(rf"^( *)```{language}\n(.*?)^\1```", text, re.MULTILINE | re.DOTALL)
    return [dedent(block) for _, block in found]


SAID: dict[str, dict[str, Any]] = {
    message["event"]: message for message in map(json.loads, blocks("json", FROM))
}


@pytest.mark.parametrize(
    ("name", "events"),
    [
        ("start", [ev.StreamStarted, ev.Introduced, ev.StartAsked]),
        ("media", [ev.InputAudio]),
        ("dtmf", [ev.KeyPressed]),
        ("mark", [ev.Playback]),
        ("stop", [ev.Hangup]),
    ],
)
def test_what_twilio_says(name: str, events: list[type[ev.Event]]) -> None:
    dialect = Twilio() if name == "start" else STARTED
    raw = json.dumps(SAID[name]).encode()
    assert [type(event) for event in dialect.decode(raw, binary=False)] == events


def test_what_twilio_is_told() -> None:
    media, mark, clear = map(json.loads, blocks("json", TO))
    assert [json.loads(clear_) for clear_ in STARTED.encode(cut())] == [clear]
    assert (media["event"], media["media"]["payload"]) == (
        "media",
        SAID["media"]["media"]["payload"],
    )
    assert mark == {key: SAID["mark"][key] for key in mark}


def cut() -> ev.Interrupted:
    return ev.Interrupted(item_id="item_1", played_ms=240)


def test_the_answer_to_a_call() -> None:
    (shown,) = blocks("xml", PAGE)
    told = twiml(f"wss://voice.example.com{STREAM_PATH}", {"persona": "ally"})
    assert shown.strip() == told


def test_the_configuration_can_be_read() -> None:
    (shown,) = blocks("toml", PAGE)
    told = tomllib.loads(shown)
    plain = {key: value for key, value in told["twilio"].items() if key != "auth_token"}
    assert msgspec.convert(plain, TwilioConfig, strict=True).public_url == plain["public_url"]
    assert msgspec.convert(told["dialect"]["twilio"], DialectConfig).persona == "dr_sarah"
    assert set(told["twilio"]) <= {field.name for field in msgspec.structs.fields(TwilioConfig)}


def test_the_numbers_and_words_of_keys() -> None:
    assert (PAUSE_S, MAX_KEYS) == (2.0, 64)
    assert "two seconds without one" in FROM
    assert f"until there are {MAX_KEYS}" in FROM
    assert f"`{pressed('12#').item['content'][0]['text']}`" in FROM
