"""The load finds out a relay that loses, repeats, reorders or changes what it carries."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
import trio
from benches.relay.load import Load, Plan, Tally
from benches.relay.measure import cpu_s
from benches.relay.report import first_of
from benches.relay.speech import Speech
from benches.relay.wire import CLOSE, TEXT, Frames, RelayError, Socket, accept, frame
from wsproto.connection import Connection, ConnectionType
from wsproto.events import Message, TextMessage

Relay = Callable[[int, str], Iterator[str]]
PLAN = Plan(sessions=2, warm_up_s=0.1, window_s=0.3)


def honest(number: int, audio: str) -> Iterator[str]:
    yield audio


def loses_the_fifth(number: int, audio: str) -> Iterator[str]:
    if number != 5:
        yield audio


def repeats_the_fifth(number: int, audio: str) -> Iterator[str]:
    yield from [audio, audio] if number == 5 else [audio]


def changes_the_fifth(number: int, audio: str) -> Iterator[str]:
    yield f"{audio[:-4]}AAAA" if number == 5 else audio


def loses_the_last(number: int, audio: str) -> Iterator[str]:
    if number != PLAN.chunks - 1:
        yield audio


async def say_back(link: Socket, relay: Relay) -> None:
    """One connection of a relay that has no upstream."""
    with closing(link):
        await _say_back(link, await accept(link), relay)


async def _say_back(link: Socket, frames: Frames, relay: Relay) -> None:
    link.write(frame(TEXT, b'{"type":"session_ready"}'))
    number = 0
    while data := await link.read():
        for opcode, payload in frames.feed(data):
            if opcode == CLOSE:
                return
            for audio in relay(number, json.loads(payload)["audio"]):
                link.write(
                    frame(TEXT, json.dumps({"type": "audio_chunk", "audio": audio}).encode())
                )
            number += 1


async def run_load(relay: Relay, probe: Callable[[], None]) -> Tally:
    """The load against such a relay."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    port = listener.getsockname()[1]

    async def serve(nursery: trio.Nursery) -> None:
        while True:
            await trio.lowlevel.wait_readable(listener)
            nursery.start_soon(say_back, Socket(listener.accept()[0]), relay)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve, nursery)
        with listener:
            tally = await Load(PLAN).run(port, probe)
            nursery.cancel_scope.cancel()
    return tally


async def test_an_honest_relay_is_measured() -> None:
    probes: list[float] = []
    tally = await run_load(honest, lambda: probes.append(trio.current_time()))
    in_window = round(PLAN.sessions * PLAN.window_s * 25)
    assert len(probes) == 2
    assert probes[1] - probes[0] == pytest.approx(PLAN.window_s, rel=0.5)
    assert abs(tally.sent - in_window) <= 1
    assert 0 < tally.received <= PLAN.sessions * PLAN.chunks


@pytest.mark.parametrize(
    ("relay", "complaint"),
    [
        (loses_the_fifth, "lost, repeated or reordered"),
        (repeats_the_fifth, "lost, repeated or reordered"),
        (changes_the_fifth, "never sent"),
        (loses_the_last, "never got all"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_a_relay_that_cheats_is_found_out(
    relay: Relay, complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benches.relay.load.TAIL_S", 0.2)
    with pytest.raises(BaseExceptionGroup) as found:
        await run_load(relay, lambda: None)
    assert complaint in str(first_of(found.value))


def test_the_masked_speech_is_what_wsproto_reads() -> None:
    speech = Speech(3)
    server = Connection(ConnectionType.SERVER)
    for number in range(3):
        server.receive_data(bytes(speech.chunk(number)))
        text = "".join(e.data for e in server.events() if isinstance(e, TextMessage))
        message = json.loads(text)
        assert message["type"] == "audio_input"
        assert speech.recognise(message["audio"]) == number
        with pytest.raises(RelayError):
            Speech(4).recognise(message["audio"])


@pytest.mark.parametrize("size", [0, 5, 125, 126, 65_535, 65_536])
def test_frames_cut_anywhere(size: int) -> None:
    client = Connection(ConnectionType.CLIENT)
    text = "a" * size
    data = client.send(Message(data=text)) + client.send(Message(data="end"))
    for cut in {1, 2, 3, 7, len(data) // 2, len(data) - 1}:
        frames = Frames()
        got = [*frames.feed(data[:cut]), *frames.feed(data[cut:])]
        assert got == [(TEXT, text.encode()), (TEXT, b"end")]


def test_the_clock_of_a_process_counts_its_work() -> None:
    before, began = cpu_s(os.getpid()), time.process_time()
    while time.process_time() - began < 0.05:
        pass
    assert cpu_s(os.getpid()) - before == pytest.approx(time.process_time() - began, rel=0.1)
