"""Frontends of rooms on Node: source 003's, from its document alone, and the page's own.

In each, two read along in two languages, one speaks two sentences, and somebody comes
after the first. Who wrote the first one knows of no floor and no `room_state` but what
its document has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from . import speech
from .conftest import FAST_SIMULATOR
from .node_ground import FOLDER, Node
from .proxy_process import ProxyProcess

PAGE = Path(__file__).parents[2] / "docs/protocols/broadcast.md"
SOURCES = ("003", "room_page")
EACH = pytest.mark.parametrize("source", SOURCES)
MEMBERS = ("speaker", "en", "de", "late")


@pytest.fixture(scope="module")
def evenings(
    node: Node, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Any]]]:
    """What everybody has read, in two rooms at the same time."""
    folder = tmp_path_factory.mktemp("rooms")
    spoken = folder / "speech.pcm"
    spoken.write_bytes(speech.at_16k(speech.question()))
    program = re.findall(r"^```js\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    page = FOLDER / "node_modules" / "room_page.mjs"  # where its imports are found
    page.write_text("".join(program), encoding="utf-8")
    proxy = ProxyProcess(folder / "log", env=FAST_SIMULATOR)

    def evening(source: str) -> Any:
        room = f"ws://127.0.0.1:{proxy.port}/ws/rooms/evening_{source}"
        arguments = (room, str(spoken), str(page))
        return node.run(f"frontends/frontend_{source}.mjs", *arguments).told()

    with ThreadPoolExecutor(len(SOURCES)) as people:
        yield {source: people.submit(evening, source) for source in SOURCES}
    proxy.stop()


@EACH
def test_everybody_reads_every_sentence_in_the_order_of_speech(
    evenings: dict[str, Future[Any]], source: str
) -> None:
    told = evenings[source].result()
    items = [[line["item"] for line in told[member]["lines"]] for member in MEMBERS]
    assert len(set(items[0])) == 2
    assert items == [items[0]] * len(MEMBERS)
    assert [told[member]["errors"] for member in MEMBERS] == [[]] * len(MEMBERS)


@EACH
def test_each_reads_their_own_language(evenings: dict[str, Future[Any]], source: str) -> None:
    told = evenings[source].result()
    spoken = [line["text"] for line in told["speaker"]["lines"]]
    assert all("of speech" in text for text in spoken)
    assert [line["text"] for line in told["en"]["lines"]] == spoken
    for member in ("de", "late"):
        assert all(line["text"].startswith("[de] ") for line in told[member]["lines"])


@EACH
def test_what_grew_became_what_was_said(evenings: dict[str, Future[Any]], source: str) -> None:
    told = evenings[source].result()
    grown = [line for member in ("en", "de") for line in told[member]["lines"]]
    assert all(line["grown"] == line["text"] for line in grown)
    assert told["late"]["lines"][0]["grown"] is None, "it was done before anybody came"
