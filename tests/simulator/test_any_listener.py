"""Whatever a client sends to a session that only listens: no crash, and no event that is none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rtproxy.simulator.commands import Close
from rtproxy.simulator.settings import TranscriptionPlace

from .play import PLAIN, Json, Play, TranscriptionPlay, TranslationPlay
from .sounds import noise, silence, turn

SOUNDS = {
    "turn": turn(300),
    "click": noise(60),
    "speech": noise(400),
    "pause": silence(350),
    "silence": silence(1_500),
    "crumb": noise(7)[:100],
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["transcription", "de", ""]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
KEYS = st.sampled_from(["type", "event_id", "session", "audio", "item_id", "include", "x"])
Moves = list[tuple[str, Any]]


def moves(events: st.SearchStrategy[Json]) -> st.SearchStrategy[Moves]:
    """What a client does: it speaks, it sends, sensibly or not, and it waits."""
    say = st.tuples(st.just("say"), st.sampled_from(sorted(SOUNDS)))
    sent = events | st.dictionaries(KEYS, JSON, max_size=3)
    wait = st.tuples(st.just("wait"), st.sampled_from([0.01, 0.3, 2.0]))
    return st.lists(say | st.tuples(st.just("send"), sent) | wait, min_size=8, max_size=30)


def event(event_type: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    """Events of one type."""
    return st.fixed_dictionaries({"type": st.just(event_type), **fields})


def played(play: Play, script: Moves) -> list[Json]:
    """All that is answered, to the last; `Play` checks each event."""
    events = list(play.opening)
    for what, with_what in script:
        if play.commands:
            break  # the session has closed
        if what == "say":
            events += play.say(SOUNDS[with_what], len(SOUNDS[with_what]))
        elif what == "send":
            events += play._events(play.core.receive(with_what, play.now))
        else:
            events += play.wait(with_what)
    return events + play.rest()


DETECTION = st.sampled_from(
    [
        None,
        {"type": "server_vad", "silence_duration_ms": 0},
        {"type": "semantic_vad", "eagerness": "high"},
        {"type": "semantic_vad", "eagerness": "sometimes"},
    ]
)
MODEL = st.sampled_from(["whisper-1", "gpt-4o-transcribe-diarize", "gpt-realtime-whisper"])
INPUT = st.fixed_dictionaries(
    {},
    optional={
        "turn_detection": DETECTION,
        "transcription": st.none() | st.fixed_dictionaries({"model": MODEL}),
        "format": st.sampled_from([{"type": "audio/pcmu"}, {"type": "audio/pcm"}]),
    },
)
TO_TRANSCRIBE = st.one_of(
    event("input_audio_buffer.append", audio=st.just("AAAA=")),
    event("input_audio_buffer.commit"),
    event("input_audio_buffer.clear"),
    event("response.create"),
    event(
        "session.update",
        session=st.fixed_dictionaries(
            {
                "type": st.just("transcription"),
                "audio": st.fixed_dictionaries({"input": INPUT}),
            },
            optional={"include": st.just(["item.input_audio_transcription.logprobs"])},
        ),
    ),
)


@settings(max_examples=150)
@given(script=moves(TO_TRANSCRIBE), words_per_s=st.sampled_from([None, 3.0]))
def test_any_client_of_a_transcription_session(script: Moves, words_per_s: float | None) -> None:
    vary = TranscriptionPlace.VARY
    play = TranscriptionPlay(replace(PLAIN, transcription=vary, words_per_s=words_per_s))
    script = [("send", _update({"transcription": {"model": "whisper-1"}})), *script]
    events = played(play, script)
    added = [each["item"]["id"] for each in events if each["type"] == "conversation.item.added"]
    ended = [each["item_id"] for each in events if each["type"].endswith("transcription.completed")]
    assert len(set(ended)) == len(ended)
    assert set(ended) <= set(added)
    assert not [each for each in events if each["type"].startswith("response.")]


def _update(heard: Json) -> Json:
    return {
        "type": "session.update",
        "session": {"type": "transcription", "audio": {"input": heard}},
    }


LANGUAGE = st.sampled_from(["de", "fr", "xx"])
TO_TRANSLATE = st.one_of(
    event("session.input_audio_buffer.append", audio=st.just("AAAA=")),
    event("input_audio_buffer.commit"),
    event("session.close"),
    event(
        "session.update",
        session=st.fixed_dictionaries(
            {
                "audio": st.fixed_dictionaries(
                    {"output": st.fixed_dictionaries({"language": LANGUAGE})}
                )
            }
        ),
    ),
    event(
        "session.update",
        session=st.just({"audio": {"input": {"transcription": {"model": "whisper-1"}}}}),
    ),
)


@settings(max_examples=150)
@given(script=moves(TO_TRANSLATE), words_per_s=st.sampled_from([None, 3.0]))
def test_any_client_of_a_translation_session(script: Moves, words_per_s: float | None) -> None:
    play = TranslationPlay(replace(PLAIN, words_per_s=words_per_s))
    events = played(play, script)
    for side in ("input", "output"):
        text = f"session.{side}_transcript.delta"
        times = [each["elapsed_ms"] for each in events if each["type"] == text]
        assert times == sorted(times)
    closed = [each["type"] for each in events].count("session.closed")
    assert play.commands == [Close(1000, "")] * closed
    if closed:
        assert events[-1]["type"] == "session.closed"
