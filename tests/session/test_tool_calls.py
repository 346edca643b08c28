"""Tools that the client runs: outputs in order, one answer after the last."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from playbook import Playbook
from rtproxy.model import events as ev
from rtproxy.session import commands as cmd
from rtproxy.session.tool_calls import MAX_ROUNDS, ToolCalls
from session.stage import answering, over, ready, refused, told, updated

ARGUMENTS = '{"city":"Rome"}'
HALF = '{"city":"Ro'


def made(call_id: str, response_id: str = "resp_1", arguments: str = ARGUMENTS) -> ev.CallMade:
    return ev.CallMade(
        response_id=response_id,
        item_id=f"item_{call_id}",
        call_id=call_id,
        name="weather",
        arguments=arguments,
    )


def output(call_id: str, text: str = "sunny", **more: Any) -> ev.ToolAnswered:
    return ev.ToolAnswered(call_id=call_id, output=text, **more)


def created(number: int, call_id: str, text: str = "sunny") -> cmd.ToUpstream:
    item = {"type": "function_call_output", "call_id": call_id, "output": text}
    return cmd.ToUpstream(ev.ItemCreate(event_id=f"rtp_{number}", item=item))


def asked(number: int) -> cmd.ToUpstream:
    return cmd.ToUpstream(ev.ResponseCreate(event_id=f"rtp_{number}"))


def calling(*call_ids: str) -> Playbook:
    """A response that makes these calls, and is not over."""
    play = answering(ready())
    for call_id in call_ids:
        play >> made(call_id)
        play.skip()
    return play


def test_a_call_is_told_behind_the_start_of_its_response() -> None:
    play = answering(ready()) >> made("a")
    called = ev.ToolCalled(
        call_id="a",
        name="weather",
        arguments='{"city":"Rome"}',
        response_id="resp_1",
        item_id="item_a",
    )
    play << told(called, "resp_1")
    play.rest()


def test_an_output_goes_upstream_and_then_the_answer_is_asked_for() -> None:
    play = over(calling("a")).skip() >> output("a", event_id="mine")
    play << created(2, "a") << asked(3)
    play.rest()


def test_no_answer_is_asked_for_while_the_response_may_make_more_calls() -> None:
    play = calling("a") >> output("a")
    play << created(2, "a")
    play.rest()
    over(play)
    assert play.left()[-1] == asked(3)


def test_outputs_keep_the_order_of_the_calls_whichever_tool_is_done_first() -> None:
    play = over(calling("a", "b", "c")).skip() >> output("c", "3")
    play.rest()
    play >> output("a", "1") << created(2, "a", "1")
    play.rest()
    play >> output("b", "2") << created(3, "b", "2") << created(4, "c", "3") << asked(5)
    play.rest()


@given(st.integers(1, 6), st.randoms(use_true_random=False))
def test_any_order_of_answers_gives_one_order_of_outputs(count: int, dice: random.Random) -> None:
    names = [f"call_{number}" for number in range(count)]
    calls, sent, rounds = ToolCalls(), [], 0
    for name in names:
        calls.called(made(name))
    steps = [*names, ""]
    dice.shuffle(steps)
    for name in steps:
        if name:
            commands, complete = calls.answered(output(name))
            sent += [command.event.item["call_id"] for command in commands]  # type: ignore[union-attr] # outputs alone
        else:
            _, complete = calls.response_over({"id": "resp_1", "status": "completed"})
        rounds += complete
    assert sent == names
    assert rounds == 1


def test_a_call_that_nobody_made_is_named_with_those_that_wait() -> None:
    play = calling("a") >> output("b", event_id="mine")
    failure = refused(play)
    assert (failure.code, failure.param, failure.event_id) == ("unknown_call", "callId", "mine")
    assert "'b'" in failure.message
    assert failure.message.endswith("waiting for an output: a.")


def test_the_first_output_of_a_call_counts() -> None:
    play = calling("a", "b") >> output("a")
    play.skip() >> output("a", "again")
    assert refused(play).code == "call_answered"
    over(play).skip()
    play >> output("b") << created(3, "b") << asked(4)


def test_calls_of_a_response_that_was_cut_may_still_be_answered() -> None:
    play = calling("a") >> ev.SpeechStarted(audio_start_ms=0, item_id="u")
    play.skip() >> ev.SpeechStopped(audio_end_ms=9, item_id="u")
    over(play.skip(), status="cancelled").skip()
    play >> output("a") << created(2, "a") << asked(3)
    play.rest()


def test_a_call_that_was_cut_while_it_was_written_is_none() -> None:
    play = calling("a") >> made("b", arguments=HALF)
    play.rest()
    play >> output("a") << created(2, "a")
    over(play, status="cancelled")
    assert play.left()[-1] == asked(3), "the whole one is answered, and all that there is"
    play >> output("b")
    assert refused(play).code == "unknown_call"


def test_a_response_whose_only_call_was_cut_is_not_gone_on_with() -> None:
    play = answering(ready()) >> made("a", arguments=HALF)
    over(play, status="cancelled")
    assert not [one for one in play.left() if isinstance(one, cmd.ToUpstream)]


def test_arguments_that_are_no_json_for_good_are_the_clients_to_judge() -> None:
    play = answering(ready()) >> made("a", arguments=HALF)
    over(play)
    called = play.left()[-1]
    assert isinstance(called, cmd.ToClient)
    assert isinstance(called.event, ev.ToolCalled)
    assert called.event.arguments == HALF
    play >> output("a", "these are no arguments")
    play << created(2, "a", "these are no arguments") << asked(3)


def test_a_model_that_has_run_away_ends_no_session() -> None:
    play = answering(ready()) >> made("a", arguments="[" * 100_000)
    play.rest()


def test_who_speaks_is_answered_anyway_with_the_output_before_them() -> None:
    play = over(calling("a")).skip() >> ev.SpeechStarted(audio_start_ms=0, item_id="u")
    play.skip() >> output("a") << created(2, "a")
    play.rest()


def test_who_speaks_is_not_answered_where_turn_detection_asks_for_nothing() -> None:
    play = answering(ready(updated(create_response=False))) >> made("a")
    over(play.skip()).skip() >> ev.SpeechStarted(audio_start_ms=0, item_id="u")
    play.skip() >> output("a") << created(2, "a") << asked(3)


def test_the_answer_waits_for_one_that_is_under_way() -> None:
    play = over(calling("a")).skip()
    answering(play, "resp_2", "item_2").skip() >> output("a") << created(2, "a")
    play.rest()
    over(play, "resp_2")
    assert play.left()[-1] == asked(3)


def test_calls_of_two_responses_are_kept_apart() -> None:
    play = over(calling("a")).skip()
    answering(play, "resp_2", "item_2") >> made("b", "resp_2")
    over(play.skip(), "resp_2").skip() >> output("b") << created(2, "b") << asked(3)
    play >> output("a") << created(4, "a")


def test_a_response_outside_the_conversation_calls_nobody() -> None:
    play = ready() >> ev.ResponseCreated(response={"id": "oob", "conversation_id": None})
    play.skip() >> made("a", "oob")
    play.rest()
    over(play, "oob")
    assert not [one for one in play.left() if isinstance(one, cmd.ToUpstream)]


def test_a_refused_output_is_told_with_the_clients_own_id() -> None:
    play = over(calling("a")).skip() >> output("a", event_id="mine")
    wrong = ev.Failure(code="invalid_value", message="no", param="item.output", event_id="rtp_2")
    play.skip() >> ev.ErrorTold(error=wrong)
    (_, command) = play.left()
    assert isinstance(command.event, ev.ErrorTold)
    assert command.event.error.event_id == "mine"
    assert command.event.error.param == "item.output"


def test_a_client_that_never_answers_is_remembered_within_a_bound() -> None:
    calls = ToolCalls()
    for number in range(MAX_ROUNDS + 1):
        calls.called(made(f"call_{number}", f"resp_{number}"))
    (refusal,), _ = calls.answered(output("call_0"))
    assert isinstance(refusal, cmd.ToClient)
    (sent,), _ = calls.answered(output("call_1"))
    assert isinstance(sent, cmd.ToUpstream)
