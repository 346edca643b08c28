"""What surrounds a conversation: JSON, refusals at the door, the session cap, faults."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from rtproxy.simulator.commands import Close, Command, Drop, Send
from rtproxy.simulator.connection import Connection
from rtproxy.simulator.errors import invalid_api_key
from rtproxy.simulator.faults import FaultPlan, parse_fault
from rtproxy.simulator.handshake import Admitted
from rtproxy.simulator.ids import Ids
from rtproxy.simulator.settings import Settings, VoiceName
from rtproxy.simulator.voices.script import Line, Script, Turn

from .play import CREATED_AT, MODEL, PLAIN, check


def connection(
    *faults: str, settings: Settings = PLAIN, admitted: Admitted | None = None, number: int = 1
) -> Connection:
    plan = FaultPlan([parse_fault(fault) for fault in faults], number)
    admitted = admitted or Admitted(MODEL, None, None)
    return Connection(admitted, settings, plan, Ids(b"test"), CREATED_AT, 0.0)


def ask(**fields: Any) -> str:
    return msgspec.json.encode(fields).decode()


def shown(commands: list[Command]) -> list[Any]:
    """Events by their type, other commands as they are."""
    return [each.event["type"] if isinstance(each, Send) else each for each in commands]


def drained(core: Connection, until: float = 60.0) -> list[tuple[float, Any]]:
    """All that comes until then, with its time."""
    seen = []
    while (due := core.next_due()) is not None and due <= until:
        seen += [(due, each) for each in shown(core.tick(due))]
    return seen


def error_in(commands: list[Command]) -> dict[str, Any]:
    (command,) = commands
    assert isinstance(command, Send)
    check(command.event)
    error: dict[str, Any] = command.event["error"]
    return error


@pytest.mark.parametrize(
    ("raw", "code", "words"),
    [
        ("", "invalid_json", "truncated"),
        ("{", "invalid_json", "truncated"),
        ("nope", "invalid_json", "invalid"),
        ('{"type":NaN}', "invalid_json", "invalid"),
        ("[" * 100_000, "invalid_json", "deep"),
        ('{"a":' * 100_000, "invalid_json", "deep"),
        ('{"a":' * 65 + "1" + "}" * 65, "invalid_json", "deep"),
        ("[" * 65 + "]" * 65, "invalid_json", "deep"),
        ("[]", "invalid_event", "list"),
        ("null", "invalid_event", "None"),
        ("7", "invalid_event", "int"),
        (b"{}", "invalid_event", "binary"),
        (b"", "invalid_event", "binary"),
    ],
)
def test_what_is_no_event_is_refused_and_survived(raw: str | bytes, code: str, words: str) -> None:
    core = connection()
    core.open(0.0)
    error = error_in(core.receive(raw, 0.0))
    assert (error["type"], error["code"]) == ("invalid_request_error", code)
    assert words in error["message"]
    answer = shown(core.receive(ask(type="input_audio_buffer.clear"), 0.0))
    assert answer == ["input_audio_buffer.cleared"]


def test_deep_enough_for_any_tool_is_not_too_deep() -> None:
    core = connection()
    core.open(0.0)
    parameters: dict[str, Any] = {}
    for _ in range(58):
        parameters = {"properties": parameters}
    tool = {"type": "function", "name": "f", "parameters": parameters}
    session = {"type": "realtime", "tools": [tool]}
    assert shown(core.receive(ask(type="session.update", session=session), 0.0)) == [
        "session.updated"
    ]


def test_the_last_of_duplicate_keys_counts() -> None:
    core = connection()
    core.open(0.0)
    raw = '{"type":"x","type":"input_audio_buffer.clear"}'
    assert shown(core.receive(raw, 0.0)) == ["input_audio_buffer.cleared"]


def test_it_begins_with_session_created() -> None:
    assert shown(connection().open(0.0)) == ["session.created"]


def test_a_refusal_is_told_and_the_connection_closed() -> None:
    core = connection(admitted=Admitted(MODEL, None, invalid_api_key("bad***")))
    told, closed = core.open(0.0)
    error = error_in([told])
    assert (error["code"], error["message"]) == (
        "invalid_api_key",
        "Incorrect API key provided: bad***.",
    )
    assert closed == Close(3000, "invalid_request_error.invalid_api_key")
    assert core.receive(ask(type="response.create"), 0.0) == []
    assert core.tick(100.0) == []


def test_a_session_lasts_an_hour() -> None:
    core = connection()
    core.open(5.0)
    assert core.next_due() == 3605.0
    told, closed = core.tick(3605.0)
    error = error_in([told])
    text = "Your session hit the maximum duration of 60 minutes."
    assert (error["code"], error["message"]) == ("session_expired", text)
    assert closed == Close(1001, text)


def test_drop_in_the_middle_of_an_answer() -> None:
    core = connection("drop@response.output_audio.delta:2")
    core.open(0.0)
    core.receive(ask(type="response.create"), 0.0)
    seen = [each for _, each in drained(core)]
    assert seen[-2:] == ["response.output_audio.delta", Drop()]
    assert seen.count("response.output_audio.delta") == 2


def test_stall_for_ever_after_the_handshake() -> None:
    core = connection("stall")
    assert core.open(0.0) == []
    assert core.receive(ask(type="response.create"), 0.0) == []
    assert drained(core) == []


def test_stall_for_a_while_holds_everything_back_in_order() -> None:
    core = connection("stall=5000@response.created")
    core.open(0.0)
    assert shown(core.receive(ask(type="response.create"), 0.0)) == ["response.created"]
    assert core.receive(ask(type="input_audio_buffer.clear"), 0.1) == []
    seen = drained(core)
    assert {time for time, _ in seen} == {5.0}
    kinds = [kind for _, kind in seen]
    assert kinds[:2] == ["input_audio_buffer.cleared", "response.output_item.added"]
    assert kinds[-1] == "rate_limits.updated"


def test_expire_after_a_delay() -> None:
    core = connection("expire+2500")
    core.open(0.0)
    text = "Your session hit the maximum duration of 60 minutes."
    assert drained(core) == [(2.5, "error"), (2.5, Close(1001, text))]


def test_close_with_a_code() -> None:
    core = connection("close=1012@session.created")
    closed = Close(1012, "the simulator was told to close")
    assert shown(core.open(0.0)) == ["session.created", closed]


def test_rate_limit_fails_the_next_responses() -> None:
    core = connection("rate_limit=2")
    core.open(0.0)
    statuses = []
    for now in (0.0, 10.0, 20.0):
        core.receive(ask(type="response.create"), now)
        while (due := core.next_due()) is not None and due < now + 9:
            for command in core.tick(due):
                assert isinstance(command, Send)
                if command.event["type"] == "response.done":
                    statuses.append(command.event["response"]["status"])
    assert statuses == ["failed", "failed", "completed"]


def test_a_fault_on_one_connection_leaves_the_others_alone() -> None:
    assert shown(connection("drop#1").open(0.0)) == [Drop()]
    assert shown(connection("drop#1", number=2).open(0.0)) == ["session.created"]


def test_a_script_may_strike() -> None:
    script = Script(turns=[Turn(answer=[Line(error="odd"), Line(fault="close=1013")])])
    core = connection(settings=replace(PLAIN, voice=VoiceName.SCRIPT, script=script))
    core.open(0.0)
    core.receive(ask(type="response.create"), 0.0)
    kinds = [kind for _, kind in drained(core)]
    assert kinds == ["error", Close(1013, "the simulator was told to close")]


def test_nothing_is_due_without_a_reason() -> None:
    core = connection()
    core.open(0.0)
    assert core.next_due() == 3600.0
    assert core.tick(1.0) == []
