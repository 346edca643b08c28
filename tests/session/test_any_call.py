"""Whatever a client does and whenever: nothing is lost, nothing is told twice or too early."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from rtproxy.model import events as ev
from rtproxy.session.states import State
from rtproxy.simulator.settings import Settings, VoiceName
from rtproxy.simulator.voices.script import Line, Script, Turn
from session.call import Call
from simulator.sounds import noise, silence

SCRIPT = Script(
    turns=[
        Turn(answer=[Line(say="Hello there.", audio_ms=700)]),
        Turn(
            answer=[
                Line(say="Let me look.", audio_ms=300),
                Line(call="weather", arguments={"city": "Rome"}),
                Line(wait_ms=100),
                Line(call="clock"),
                Line(call="news"),
            ]
        ),
        Turn(answer=[Line(call="weather"), Line(say="And so on.", audio_ms=900)]),
        Turn(answer=[Line(call="clock")]),
    ],
    at_end="repeat",
)
WORLD = Settings(voice=VoiceName.SCRIPT, script=SCRIPT, first_audio_delay_ms=60)
TYPED = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}
# What the upstream may say to us, who cannot know everything at once.
RACES = {"response_cancel_not_active", "conversation_already_has_active_response"}
# What the client itself brings about.
ITS_OWN = {"input_audio_buffer_commit_empty"}


def types(call: Call) -> None:
    call.says(ev.ItemCreate(item=TYPED), ev.ResponseCreate())


def speaks(call: Call) -> None:
    call.speaks(silence(300) + noise(400) + silence(400))


def begins_to_speak(call: Call) -> None:
    call.speaks(noise(300))


def commits(call: Call) -> None:
    call.says(ev.InputCommit(respond=True))


def interrupts(call: Call) -> None:
    call.says(ev.Interrupt())


def reports(call: Call) -> None:
    item = call.lane.playing()
    if item is not None:
        call.says(ev.Playback(played_ms=(call.lane.sent_ms(item) or 0.0) / 2))


def answers_the_last_call(call: Call) -> None:
    made = [event for event in call.told if isinstance(event, ev.ToolCalled)]
    done = {event.item["call_id"] for event in call.asked if is_output(event)}
    left = [event.call_id for event in made if event.call_id not in done]
    for call_id in left[-1:]:
        call.says(ev.ToolAnswered(call_id=call_id, output="sunny"))


def says_how_far_the_proxys_tool_is(call: Call) -> None:
    for made in call.calls[-1:]:
        call.says(ev.ToolProgressed(call_id=made.call_id, text="half way"))


def ends_the_proxys_tool(call: Call) -> None:
    for made in call.calls[-1:]:
        call.says(ev.ToolRan(call_id=made.call_id, output="noon"))


def forges_the_proxys_output(call: Call) -> None:
    for made in call.calls[-1:]:
        call.says(ev.ToolAnswered(call_id=made.call_id, output="forged"))


def asks_aside(call: Call) -> None:
    call.says(ev.AskAside(response={"instructions": "Sum up."}, last_items=3))


def asks_in_the_proxy(call: Call) -> None:
    count = sum(isinstance(event, ev.ResponseCreate) for event in call.asked)
    call.says(ev.AskAside(number=count))


def is_output(event: ev.Event) -> bool:
    return isinstance(event, ev.ItemCreate) and event.item["type"] == "function_call_output"


DOINGS: list[Callable[[Call], None]] = [
    types,
    speaks,
    begins_to_speak,
    commits,
    interrupts,
    reports,
    answers_the_last_call,
    says_how_far_the_proxys_tool_is,
    ends_the_proxys_tool,
    forges_the_proxys_output,
    asks_aside,
    asks_in_the_proxy,
]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(DOINGS), st.sampled_from([0.0, 0.04, 0.3, 1.2]))),
    st.sampled_from([1.0, 4.0, 100.0]),
)
def test_every_answer_is_told_once_in_order_and_nothing_of_ours_is_refused(
    doings: list[tuple[Callable[[Call], None], float]], speed: float
) -> None:
    call = Call(replace(WORLD, speed=speed), "clock")
    for do, then_s in doings:
        do(call)
        call.wait(then_s)
    call.speaks(silence(1_000))
    for _ in range(200):
        if call.quiet:
            break
        call.wait(0.5)
    assert call.quiet, "somebody still waits for something"
    assert call.session.state is State.READY
    assert {failure.code for failure in call.refused} <= RACES | ITS_OWN
    assert {told.error.code for told in of(call, ev.ErrorTold)} <= ITS_OWN | {"unknown_call"}
    assert_told_in_order(call)
    assert_outputs_in_order(call)
    assert_each_question_aside_is_answered(call)
    assert [item.item_id for item in call.session._history] == call.order
    assert_transcripts_in_spoken_order(call)
    assert all(before_ms <= become_items_ms for before_ms, become_items_ms in call.forgotten)


def of(call: Call, kind: type[ev.Event]) -> list[ev.Event]:
    return [event for event in call.told if isinstance(event, kind)]


def assert_told_in_order(call: Call) -> None:
    """Started, then whatever, then over: each once."""
    began: Counter[str] = Counter()
    over: Counter[str] = Counter()
    for event in call.told:
        match event:
            case ev.AnswerStarted(response_id=name):
                began[name] += 1
            case ev.AnswerOver(response_id=name):
                over[name] += 1
                assert began[name] == 1
            case ev.AnswerPlayed(response_id=name) | ev.ToolCalled(response_id=name):
                assert began[name] == 1
                assert isinstance(event, ev.ToolCalled) or not over[name]
    assert began == over
    assert set(began.values()) <= {1}


def assert_outputs_in_order(call: Call) -> None:
    made = [event.call_id for event in call.told if isinstance(event, ev.ToolCalled)]
    made += [run.call_id for run in call.calls]
    sent = [event.item["call_id"] for event in call.asked if is_output(event)]
    assert len(set(sent)) == len(sent)
    by_response: dict[str, list[str]] = {}
    for event in of(call, ev.ToolCalled):
        by_response.setdefault(event.response_id, []).append(event.call_id)
    for calls in by_response.values():
        passed = [one for one in sent if one in calls]
        assert passed == calls[: len(passed)]
    assert set(sent) <= set(made)
    assert "forged" not in [event.item["output"] for event in call.asked if is_output(event)]
    assert_ends_are_told_once(call)


def assert_ends_are_told_once(call: Call) -> None:
    """Of each tool of the proxy's: begun once, ended once at most, its result said once."""
    ended = Counter(
        event.call_id
        for event in call.told
        if isinstance(event, ev.ToolProgress) and event.state == "done"
    )
    assert set(ended.values()) <= {1}
    said = [
        event.item.get("output") == "noon" or event.item.get("role") == "system"
        for event in call.asked
        if isinstance(event, ev.ItemCreate)
    ]
    assert sum(said) <= len(ended)


def assert_each_question_aside_is_answered(call: Call) -> None:
    """To who asked, once; and nothing of it is in the conversation."""
    outside = [
        event.response
        for event in call.asked
        if isinstance(event, ev.ResponseCreate)
        and (event.response or {}).get("conversation") == "none"
    ]
    answered = of(call, ev.AsideAnswered)
    assert len(answered) + len(call.asides) == len(outside)
    assert len({event.response_id for event in answered}) == len(answered)
    assert not {event.response_id for event in answered} & {
        event.response_id for event in of(call, ev.AnswerStarted)
    }


def assert_transcripts_in_spoken_order(call: Call) -> None:
    """But for what was written down only when the answer to it was over."""
    told: list[ev.InputTranscriptDone | ev.OutputTextDone] = []
    over: set[str] = set()
    for event in call.spoken:
        if isinstance(event, ev.AnswerOver):
            over.add(event.response_id)
        if not isinstance(event, ev.InputTranscriptDone | ev.OutputTextDone):
            continue
        place = call.order.index(event.item_id)
        assert event.previous_item_id == (call.order[place - 1] if place else None)
        early = [one for one in told if call.order.index(one.item_id) > place]
        assert all(isinstance(one, ev.OutputTextDone) and one.response_id in over for one in early)
        told.append(event)
