"""A dialect that is added as its page says, and nothing else, holds a conversation.

The package is copied, the page's file laid into the copy and the page's lines into its
registry; what is served is the copy.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import rtproxy

from . import speech
from .conftest import FAST_SIMULATOR
from .dialect import Dialect
from .peer import Peer
from .proxy_process import ProxyProcess
from .witness import witnessed

PAGE = (Path(__file__).parents[2] / "docs/adding-a-dialect.md").read_text(encoding="utf-8")

INTERCOM = Dialect(
    name="intercom",
    path="/door",
    ready="ready",
    append="sound",
    append_key="pcm",
    delta="sound",
    delta_key="pcm",
    started="response_started",
    done="silence",
)


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language on the page."""
    found = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert found
    return found


def patched(source: str, diff: str) -> str:
    """The source with the lines that a diff adds after the one that it shows."""
    shown, *added = diff.splitlines()
    assert shown[0] == " "
    assert all(line[0] == "+" for line in added)
    before = f"{shown[1:]}\n"
    assert source.count(before) == 1, f"not a line of the registry: {before}"
    return source.replace(before, before + "".join(f"{line[1:]}\n" for line in added))


def packaged(folder: Path) -> None:
    """A copy of the package with the dialect in it."""
    copy = folder / "rtproxy"
    shutil.copytree(
        Path(rtproxy.__file__).parent,
        copy,
        copy_function=os.symlink,
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    (program,) = blocks("python")
    (copy / "dialects" / "intercom.py").write_text(program, encoding="utf-8")
    registry = copy / "dialects" / "registry.py"
    source = registry.read_text(encoding="utf-8")
    for diff in blocks("diff"):
        source = patched(source, diff)
    registry.unlink()  # a link so far
    registry.write_text(source, encoding="utf-8")


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProxyProcess]:
    """A proxy that knows the dialect of the page."""
    folder = tmp_path_factory.mktemp("package")
    packaged(folder)
    environment = FAST_SIMULATOR | {"PYTHONPATH": str(folder)}
    process = ProxyProcess(folder / "log", env=environment)
    yield process
    process.stop()


@pytest.mark.parametrize("address", ["/door", "/ws/voice?dialect=intercom&persona=dr_sarah"])
async def test_it_holds_a_conversation(proxy: ProxyProcess, address: str) -> None:
    spoken = speech.utterance(800, after_ms=0)
    async with witnessed(proxy) as nursery:
        peer = await Peer.connect(nursery, proxy.port, address)
        await peer.next(INTERCOM.ready)
        await INTERCOM.speak(peer, spoken)
        await peer.send({"type": "released"})
        events = await peer.until(INTERCOM.done)
        heard = b"".join(INTERCOM.audio_of(event) for event in events)
        assert speech.ms(heard) > 600
        assert spoken.find(heard) >= 0
        assert any(event["type"] == "display" and event["line"] for event in events)
        await peer.send({"type": "ring"})
        assert "known are: sound, released, " in (await peer.next("error"))["message"]
