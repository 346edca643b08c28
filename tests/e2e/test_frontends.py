"""The frontends of the sources, each written from its document alone, on Node.

A person speaks to each in real time, hears the answer whole, speaks into the next one,
and is answered again. What the frontends know of the proxy's own additions is nothing; the
one on the page of `voice`, which is among them, knows `interrupted`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from . import speech
from .conftest import FAST_SIMULATOR
from .node_ground import FOLDER, Node
from .proxy_process import ProxyProcess, free_port

LEAD_MS = 400
# Two processes and two sockets on a busy machine lie between the proxy's clock and the
# frontend's; far less than the answers that a proxy without a clock would have sent.
SEEN_MS = 300
# Turn detection may let the start and the end of speech go.
MISSED_MS = 200
pytestmark = pytest.mark.alone

# Words are heard as words a little later than they begin.
NOTICED_MS = 250
# What the person says: a first question, a second, and words into its answer.
FIRST_MS, SECOND_MS, INTO_IT_MS = 1_000, 1_400, 700

# None: the port that WS_PORT opens.
ADDRESSES = {"001": "/", "002": None, "004": "/ws/conversation", "page": "/ws/voice"}
PAGE = Path(__file__).parents[2] / "docs/protocols/voice.md"
FRONTENDS = pytest.mark.parametrize("source", ADDRESSES)


@pytest.fixture(scope="module")
def stories(
    node: Node, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Any]]]:
    """What each frontend's person has heard; they speak at the same time."""
    folder = tmp_path_factory.mktemp("frontends")
    spoken = folder / "question.pcm"
    spoken.write_bytes(speech.question())
    extra = free_port()
    proxy = ProxyProcess(folder / "log", env=FAST_SIMULATOR | {"WS_PORT": str(extra)})

    program = re.findall(r"^```js\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    page = FOLDER / "node_modules" / "page.mjs"  # where its imports are found
    page.write_text("".join(program), encoding="utf-8")

    def story(source: str) -> Any:
        path = ADDRESSES[source]
        here = f"ws://127.0.0.1:{extra}" if path is None else f"ws://127.0.0.1:{proxy.port}{path}"
        arguments = (here, str(spoken), str(page))
        return node.run(f"frontends/frontend_{source}.mjs", *arguments).told()

    with ThreadPoolExecutor(len(ADDRESSES)) as people:
        told = {source: people.submit(story, source) for source in ADDRESSES}
        wait(told.values())  # while this test is alone: the next may not be at once
        yield told
    proxy.stop()


@dataclass(frozen=True)
class Told:
    """One story: what was said, the answers, and how far one had come when it was spoken over."""

    said: bytes
    answers: list[dict[str, Any]]
    spoken_over_ms: float


def told_by(stories: dict[str, Future[Any]], source: str) -> Told:
    """The story of a frontend that was told of no error."""
    told = stories[source].result()
    assert told["errors"] == []
    answers = [{**answer, "audio": speech.decoded(answer["audio"])} for answer in told["answers"]]
    return Told(speech.decoded(told["said"]), answers, told["spokenOverMs"])


def words(pcm: bytes, at_least_ms: float) -> None:
    """So much of it, or hardly less, is not silence."""
    loud = pcm.strip(b"\0")
    assert speech.ms(loud) >= at_least_ms - MISSED_MS, speech.ms(loud)


@FRONTENDS
def test_an_answer_is_heard_whole(stories: dict[str, Future[Any]], source: str) -> None:
    """Each of its samples is one that was said, in one stretch with all the words in it."""
    told = told_by(stories, source)
    for answer, spoken_ms in ((told.answers[0], FIRST_MS), (told.answers[2], INTO_IT_MS)):
        at = told.said.find(answer["audio"])
        assert at >= 0, "what was heard is not what was said, sample for sample"
        assert at % 2 == 0
        words(answer["audio"], spoken_ms)
        assert answer["leftMs"] <= SEEN_MS, "the answer was said to be over before it was"
        assert answer["lostMs"] <= SEEN_MS, "the frontend was told to stop before the end"


@FRONTENDS
def test_an_answer_is_cut_by_speech(stories: dict[str, Future[Any]], source: str) -> None:
    """However little the frontend does about it, no more sounds than had left already."""
    told = told_by(stories, source)
    cut = told.answers[1]["audio"]
    assert told.said.find(cut) >= 0
    more_ms = speech.ms(cut) - told.spoken_over_ms
    assert 0 <= more_ms <= NOTICED_MS + (LEAD_MS if source == "002" else 0) + SEEN_MS
    assert speech.ms(cut) < SECOND_MS


def test_what_was_cleared_is_not_answered_and_what_was_committed_is(
    stories: dict[str, Future[Any]],
) -> None:
    told = told_by(stories, "001")
    assert len(told.answers) == 4
    last = told.answers[3]["audio"]
    assert told.said.find(last) >= 0
    words(last, 800)
    assert speech.ms(last.strip(b"\0")) <= 900, "what was cleared is in it"


@pytest.mark.parametrize("source", ["002", "004"])
def test_what_is_written_is_answered_too(stories: dict[str, Future[Any]], source: str) -> None:
    told = told_by(stories, source)
    assert len(told.answers) == 4
    assert told.answers[3]["audio"]
    assert told.answers[0]["shown"]
    assert told.answers[2]["shown"]
