"""Tools that the proxy runs, as the core sees them: whose they are, and what then."""

from __future__ import annotations

import json
from typing import Any

from playbook import Playbook
from rtproxy.model import events as ev
from rtproxy.session import commands as cmd
from rtproxy.session.lifetime import INACTIVE_S
from rtproxy.session.tool_calls import MAX_ROUNDS, MAX_RUNNING
from session.stage import answering, over, ready, told, updated

OURS = frozenset({"clock", "order_status"})
DECLARED = [{"type": "function", "name": name} for name in ("clock", "order_status", "weather")]


def agreed(**detection: Any) -> ev.SessionUpdated:
    event = updated(**detection)
    return ev.SessionUpdated(session={**event.session, "tools": DECLARED})


def begun(**detection: Any) -> Playbook:
    """An answer of a session that has the proxy's tools and the client's."""
    return answering(ready(agreed(**detection), tools=OURS))


def made(call_id: str, name: str = "clock", arguments: str = "{}") -> ev.CallMade:
    return ev.CallMade(
        response_id="resp_1",
        item_id=f"item_{call_id}",
        call_id=call_id,
        name=name,
        arguments=arguments,
    )


def progress(call_id: str, state: ev.ToolState, text: str | None = None) -> ev.ToolProgress:
    return ev.ToolProgress(call_id=call_id, name="clock", state=state, text=text)


def ran(call_id: str, output: str = "noon", failure: str | None = None) -> ev.ToolRan:
    return ev.ToolRan(call_id=call_id, output=output, failure=failure)


def item(number: int, call_id: str, output: str = "noon") -> cmd.ToUpstream:
    said = {"type": "function_call_output", "call_id": call_id, "output": output}
    return cmd.ToUpstream(ev.ItemCreate(event_id=f"rtp_{number}", item=said))


def asked(number: int) -> cmd.ToUpstream:
    return cmd.ToUpstream(ev.ResponseCreate(event_id=f"rtp_{number}"))


def late(number: int, call_id: str, words: str) -> cmd.ToUpstream:
    text = f"The tool clock (call {call_id}) {words}"
    content = [{"type": "input_text", "text": text}]
    said = {"type": "message", "role": "system", "content": content}
    return cmd.ToUpstream(ev.ItemCreate(event_id=f"rtp_{number}", item=said))


IN_PROGRESS = '{"status":"in_progress","progress":"half way"}'


def outputs(play: Playbook) -> list[str]:
    """The outputs that went upstream."""
    sent = [one.event for one in play.left() if isinstance(one, cmd.ToUpstream)]
    return [one.item["output"] for one in sent if isinstance(one, ev.ItemCreate)]


def test_a_tool_of_ours_is_run_and_its_beginning_told_behind_the_answers_start() -> None:
    play = begun() >> made("a", arguments='{"zone":"UTC"}')
    play << cmd.RunTool("a", "clock", '{"zone":"UTC"}')
    play << told(progress("a", "started"), "resp_1")
    play.rest()


def test_its_output_goes_upstream_and_the_answer_is_asked_for() -> None:
    play = over((begun() >> made("a")).skip()).skip()
    play >> ran("a") << told(progress("a", "done"), "resp_1") << item(2, "a") << asked(3)
    play.rest()


def test_outputs_of_ours_and_of_the_clients_keep_the_order_of_the_calls() -> None:
    play = begun() >> made("a") << cmd.RunTool("a", "clock", "{}")
    play.skip() >> made("b", "weather")
    play.skip() >> made("c") << cmd.RunTool("c", "clock", "{}")
    over(play.skip()).skip()
    play >> ran("c", "3") << told(progress("c", "done"), "resp_1")
    play.rest()
    play >> ev.ToolAnswered(call_id="b", output="2")
    play.rest()
    play >> ran("a", "1") << told(progress("a", "done"), "resp_1")
    play << item(2, "a", "1") << item(3, "b", "2") << item(4, "c", "3") << asked(5)
    play.rest()


def test_a_failure_is_told_and_the_conversation_goes_on() -> None:
    play = over((begun() >> made("a")).skip()).skip()
    play >> ran("a", "{}", "It broke.") << told(progress("a", "failed", "It broke."), "resp_1")
    play << item(2, "a", "{}") << asked(3)


def test_the_first_end_of_a_call_counts() -> None:
    play = over((begun() >> made("a")).skip()).skip()
    (play >> ran("a", "{}", "Too late.")).skip()
    play >> ran("a")
    play.rest()


def test_a_client_cannot_answer_for_a_tool_of_ours() -> None:
    play = (begun() >> made("a")).skip() >> ev.ToolAnswered(call_id="a", output="forged")
    (command,) = play.left()
    assert command.event.error.code == "unknown_call"
    assert command.event.error.message.endswith("waiting for an output: none.")


def test_progress_is_the_output_and_the_result_an_item_of_the_systems() -> None:
    play = over((begun() >> made("a")).skip()).skip()
    play >> ev.ToolProgressed(call_id="a", text="half way")
    (
        play
        << told(progress("a", "running", "half way"), "resp_1")
        << item(2, "a", IN_PROGRESS)
        << asked(3)
    )
    play >> ev.ToolProgressed(call_id="a", text="nearly")
    play << told(progress("a", "running", "nearly"), "resp_1")
    answering(play, "resp_2", "item_2")
    over(play, "resp_2").skip()
    play >> ran("a") << told(progress("a", "done"), "resp_1")
    play << late(4, "a", "is done. What it has come to: noon") << asked(5)
    play.rest()


def test_a_late_failure_is_said_as_one() -> None:
    play = over((begun() >> made("a")).skip()).skip()
    (play >> ev.ToolProgressed(call_id="a", text="half way")).skip()
    over(answering(play, "resp_2", "item_2"), "resp_2").skip()
    play >> ran("a", "{}", "It broke.") << told(progress("a", "failed", "It broke."), "resp_1")
    play << late(4, "a", "has failed. What it has come to: {}") << asked(5)


def test_a_late_result_waits_for_the_floor() -> None:
    play = over((begun() >> made("a")).skip()).skip()
    (play >> ev.ToolProgressed(call_id="a", text="half way")).skip()
    answering(play, "resp_2", "item_2")
    play >> ran("a") << told(progress("a", "done"), "resp_1")
    play << late(4, "a", "is done. What it has come to: noon")
    play.rest()
    over(play, "resp_2")
    assert play.left()[-1] == asked(5)


def test_a_result_before_its_turn_takes_the_place_of_the_progress() -> None:
    play = (begun() >> made("a", "weather")).skip() >> made("b")
    over(play.skip()).skip()
    play >> ev.ToolProgressed(call_id="b", text="half way")
    play << told(progress("b", "running", "half way"), "resp_1")
    play >> ran("b") << told(progress("b", "done"), "resp_1")
    play.rest()
    play >> ev.ToolAnswered(call_id="a", output="sun")
    play << item(2, "a", "sun") << item(3, "b", "noon") << asked(4)


def test_a_late_result_does_not_ask_before_all_outputs_are_there() -> None:
    play = (begun() >> made("a")).skip() >> made("b", "weather")
    over(play.skip()).skip()
    (play >> ev.ToolProgressed(call_id="a", text="half way")).skip()
    play >> ran("a") << told(progress("a", "done"), "resp_1")
    play << late(3, "a", "is done. What it has come to: noon")
    play.rest()
    play >> ev.ToolAnswered(call_id="b", output="sun") << item(4, "b", "sun") << asked(5)


def test_who_speaks_is_answered_anyway() -> None:
    play = over((begun() >> made("a")).skip()).skip()
    play >> ev.SpeechStarted(audio_start_ms=0, item_id="u")
    play.skip() >> ran("a") << told(progress("a", "done"), "resp_1") << item(2, "a")
    play.rest()


def test_a_tool_that_nobody_has_is_told_to_model_and_client() -> None:
    play = begun() >> made("a", "oracle")
    note, error, output = play.left()
    assert note == cmd.Note("tool_unknown", "warning", {"tool": "oracle"})
    failure = error.event.error
    assert (failure.code, failure.param) == ("unknown_tool", "name")
    assert "there are: clock, order_status, weather." in failure.message
    said = json.loads(output.event.item["output"])
    assert said["error"]["code"] == "unknown_tool"
    over(play)
    assert play.left()[-1] == asked(3)


def test_its_output_stands_before_the_answer_even_where_its_arguments_were_unclear() -> None:
    play = begun() >> made("a", "oracle", '{"half')
    play.rest()
    over(play)
    sent = [one.event for one in play.left() if isinstance(one, cmd.ToUpstream)]
    assert [type(one) for one in sent] == [ev.ItemCreate, ev.ResponseCreate]


def test_a_call_of_ours_that_was_cut_while_it_was_written_is_not_run() -> None:
    play = begun() >> made("a", arguments='{"zo')
    over(play, status="cancelled")
    assert not [one for one in play.left() if isinstance(one, cmd.RunTool)]


def test_so_many_run_at_once_and_no_more() -> None:
    play = begun()
    for number in range(MAX_RUNNING):
        (play >> made(f"a{number}")).skip()
    play >> made("one too many")
    assert not [one for one in play.left() if isinstance(one, cmd.RunTool)]
    for number in range(MAX_RUNNING):
        play.skip() >> ran(f"a{number}")
    refused = outputs(play)[-1]
    assert json.loads(refused)["error"]["code"] == "too_many_calls"
    play >> made("now there is room") << cmd.RunTool("now there is room", "clock", "{}")
    play.skip()


def test_a_result_whose_round_was_forgotten_is_still_said() -> None:
    play = (begun() >> made("a")).skip()
    for number in range(MAX_ROUNDS):
        call = ev.CallMade(
            response_id=f"r{number}",
            item_id="i",
            call_id=f"b{number}",
            name="weather",
            arguments="",
        )
        (play >> call).skip()
    play >> ran("a") << told(progress("a", "done"), "resp_1")
    play << late(2, "a", "is done. What it has come to: noon")
    play.skip()


def test_a_session_whose_tool_runs_is_not_inactive() -> None:
    play = over((begun() >> made("a")).skip()).skip()
    play >> ev.MarkReached(token=b"over 0 resp_1")
    play.skip()
    play.now = INACTIVE_S + 1
    play >> ev.TimePassed()
    play.rest()
    (play >> ran("a")).skip()
    play.now = 3 * INACTIVE_S
    play >> ev.TimePassed()
    assert isinstance(play.left()[-1], cmd.End)


def test_a_result_after_the_answer_was_cut_is_said_and_answered() -> None:
    play = (begun() >> made("a")).skip() >> ev.Interrupt()
    over(play.skip(), status="cancelled").skip()
    play >> ran("a") << told(progress("a", "done"), "resp_1")
    assert [type(one.event) for one in play.left()] == [ev.ItemCreate, ev.ResponseCreate]
