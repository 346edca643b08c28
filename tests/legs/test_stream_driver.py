"""A session's legs as runtime sees them: messages, audio and time."""

from __future__ import annotations

import gc
import json
import weakref

import pytest
import structlog
import trio
import trio.testing
from rig import Ground, answered, audio_in, closed_by, open_rig, pcm, said, tell
from stream_pairs import memory_transport
from ws_peer import Close, WsPeer
from wsproto.events import Ping, Pong

from rtproxy.legs.leg import LegsOptions, Mark, MessageKind, Side
from rtproxy.legs.stream_driver import open_legs
from rtproxy.legs.transport import Connection, StreamTransport
from rtproxy.model.close import CloseCode, CloseReason, Origin
from rtproxy.model.errors import LegClosed

Clock = trio.testing.MockClock
DONE = CloseReason(CloseCode.DONE, "done")
pytestmark = pytest.mark.usefixtures("in_time")


async def test_audio_passes_both_ways_without_python(ground: Ground) -> None:
    async with open_rig(ground=ground) as rig:
        for value in range(20):
            await rig.browser.say(said(value=value))
            await rig.model.say(answered(value=value))
        for value in range(20):
            heard = json.loads(str(await rig.model.hear()))
            assert heard["type"] == "input_audio_buffer.append"
            assert heard["event_id"] == f"rt_{value + 1}"
            assert audio_in(json.dumps(heard)) == pcm(40, value)
            assert audio_in(await rig.browser.hear()) == pcm(40, value)


async def test_a_hold_stands_its_direction_still_until_it_is_answered(ground: Ground) -> None:
    async with open_rig(ground=ground) as rig:
        await rig.browser.say(said(value=1), '{"type":"commit_audio"}', said(value=2))
        message = await rig.client.receive()
        assert (message.kind, message.raw) == (MessageKind.HOLD, b'{"type":"commit_audio"}')
        await rig.model.say(answered(value=3))  # the other direction goes on
        assert audio_in(await rig.browser.hear()) == pcm(40, 3)
        rig.client.release(message, tell(Side.UPSTREAM, n=1), tell(Side.CLIENT, n=2))
        assert audio_in(await rig.model.hear()) == pcm(40, 1)
        assert json.loads(str(await rig.model.hear())) == {"n": 1}
        assert audio_in(await rig.model.hear()) == pcm(40, 2)
        assert json.loads(str(await rig.browser.hear())) == {"n": 2}


async def test_a_receive_that_is_cancelled_loses_nothing(ground: Ground) -> None:
    async with open_rig(ground=ground) as rig:
        with trio.CancelScope() as scope:
            scope.cancel()
            await rig.client.receive()
        await rig.browser.say('{"n":1}', '{"n":2}')
        for n in (1, 2):
            with trio.CancelScope() as scope:  # cancelled with a message in reach
                await trio.testing.wait_all_tasks_blocked()
                scope.cancel()
                await rig.client.receive()
            message = await rig.client.receive()
            assert json.loads(message.raw) == {"n": n}
            rig.client.release(message)


async def test_what_came_with_the_handshake_is_heard_first() -> None:
    near, stream = memory_transport()
    browser = WsPeer(stream, client=True)
    async with open_legs() as legs:
        early = browser.frames('{"n":1}', '{"n":2}')
        await browser.stream.send_all(early[-5:])
        connection = Connection(near, leftover=early[:-5])
        leg = legs.add(Side.CLIENT, connection, max_message_bytes=1000)
        for n in (1, 2):
            message = await leg.receive()
            assert json.loads(message.raw) == {"n": n}
            leg.release(message)
        leg.abort()


async def test_empty_messages_are_messages() -> None:  # faults.md row 7
    async with open_rig() as rig:
        await rig.browser.say("", b"")
        for binary in (False, True):
            message = await rig.client.receive()
            assert (message.kind, message.raw, message.binary) == (MessageKind.HOLD, b"", binary)
            rig.client.release(message)


async def test_a_long_message_crosses_a_slow_stream() -> None:
    ours, theirs = trio.testing.lockstep_stream_pair()
    async with open_legs(LegsOptions(lead_ms=None)) as legs, trio.open_nursery() as nursery:
        leg = legs.add(Side.CLIENT, Connection(StreamTransport(ours)), max_message_bytes=1000)
        text = "x" * 300_000
        leg.send(text.encode())
        leg.send(b"after")
        browser = WsPeer(theirs, client=True)
        assert await browser.hear() == text
        assert await browser.hear() == "after"
        nursery.start_soon(leg.aclose, DONE)
        await browser.hear_all()
        await theirs.aclose()


async def test_audio_leaves_no_more_than_its_lead_ahead(autojump_clock: Clock) -> None:
    async with open_rig(LegsOptions(lead_ms=400)) as rig:
        started = trio.current_time()
        await rig.model.say(*(answered(100, value=n) for n in range(30)))
        for n in range(30):
            assert audio_in(await rig.browser.hear()) == pcm(100, n)
            ahead_s = n * 0.1 - (trio.current_time() - started)
            assert ahead_s <= 0.4 + 1e-6
            assert n < 5 or ahead_s > 0.4 - 0.005  # nor later than it may


async def test_a_mark_comes_when_what_is_before_it_has_been_played(autojump_clock: Clock) -> None:
    async with open_rig(LegsOptions(lead_ms=400)) as rig:
        started = trio.current_time()
        await rig.model.say(answered(1000), '{"type":"response.done"}')
        done = await rig.upstream.receive()
        rig.upstream.release(done, Mark("r1", b"over"))
        mark = await rig.client.receive()
        assert (mark.kind, mark.raw) == (MessageKind.MARK, b"over")
        assert trio.current_time() - started == pytest.approx(1.0, abs=0.01)
        counters = rig.legs.counters("i1")
        assert counters is not None
        assert counters.heard_ms == pytest.approx(1000, abs=10)
        rig.client.release(mark, tell(Side.CLIENT, n=1))
        await rig.browser.hear()
        assert json.loads(str(await rig.browser.hear())) == {"n": 1}


async def test_a_cut_answer_stops_and_says_what_was_heard(autojump_clock: Clock) -> None:
    async with open_rig(LegsOptions(lead_ms=400)) as rig:
        await rig.model.say(*(answered(100) for _ in range(50)))
        await trio.sleep(1)
        [(item, part, heard_ms, received_ms)] = rig.legs.drop("r1")
        assert (item, part, received_ms) == ("i1", 0, 5000)
        assert heard_ms == pytest.approx(1000, abs=10)
        rig.client.send(b"last")
        heard = 0
        while await rig.browser.hear() != "last":
            heard += 1
        assert heard <= 15


async def test_a_report_of_the_client_corrects_what_was_heard(autojump_clock: Clock) -> None:
    async with open_rig(LegsOptions(lead_ms=400)) as rig:
        assert rig.legs.playing() is None
        assert not rig.legs.playback("i1", 0.0)
        await rig.model.say(*(answered(100) for _ in range(50)))
        await trio.sleep(1)
        assert rig.legs.playing() == "i1"
        assert rig.legs.playback("i1", 700.0)
        await trio.sleep(0.5)
        [(_, _, heard_ms, _)] = rig.legs.drop("r1")
        assert heard_ms == pytest.approx(1_200, abs=10)


async def test_a_client_ahead_of_its_time_is_read_at_the_pace_of_its_audio(
    autojump_clock: Clock,
) -> None:  # faults.md row 22
    async with open_rig(LegsOptions(lead_ms=None, burst_ms=1000)) as rig:
        started = trio.current_time()

        async def upload() -> None:
            for n in range(100):
                await rig.browser.say(said(100, value=n))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(upload)
            for n in range(100):  # nothing is lost
                assert audio_in(await rig.model.hear()) == pcm(100, n)
        # 10 s of audio less the burst; what one read brings may come early.
        assert 3 < trio.current_time() - started < 10


async def test_a_peer_that_is_gone_without_a_word_is_found_out(autojump_clock: Clock) -> None:
    async with open_rig(pongs=False) as rig:  # faults.md row 14
        started, silent = trio.current_time(), trio.Event()
        rig.client.keep_alive(every_s=15, within_s=10, silent=silent.set)
        reason = await closed_by(rig.client)
        assert (reason.code, reason.origin) == (CloseCode.ABNORMAL, Origin.PEER)
        assert reason.text == "no answer to a ping for 10 s"
        assert silent.is_set()
        assert trio.current_time() - started == pytest.approx(25, abs=0.1)


async def test_a_peer_that_answers_pings_is_well(ground: Ground) -> None:
    async with open_rig(ground=ground) as rig, trio.open_nursery() as nursery:
        silent = trio.Event()
        rig.client.keep_alive(every_s=0.01, within_s=5, silent=silent.set)
        nursery.start_soon(rig.browser.hear)
        with trio.move_on_after(0.1) as well:
            await closed_by(rig.client)
        assert well.cancelled_caught
        assert not silent.is_set()
        nursery.cancel_scope.cancel()


async def test_a_silent_peer_is_told_of_and_can_be_cut_off(ground: Ground) -> None:
    async with open_rig(ground=ground, pongs=False) as rig:
        for leg in (rig.client, rig.upstream):
            silent = trio.Event()
            leg.keep_alive(every_s=0.05, within_s=0.02, silent=silent.set)
            assert (await closed_by(leg)).text == "no answer to a ping for 20 ms"
            assert silent.is_set()
            leg.abort()
        with trio.fail_after(1):
            await rig.client.aclose(DONE)


async def test_a_ping_from_the_peer_is_answered_while_a_hold_is_open(ground: Ground) -> None:
    async with open_rig(ground=ground) as rig:
        await rig.browser.say('{"n":1}')
        await rig.client.receive()
        await rig.browser.say_event(Ping(b"there?"))
        assert await rig.browser.hear() == Pong(b"there?")


async def test_a_panic_in_the_splice_ends_this_session_with_1011(autojump_clock: Clock) -> None:
    async with open_rig() as rig, open_rig() as other:
        with structlog.testing.capture_logs() as logs:
            splice, number = rig.legs._splice, rig.client.number  # type: ignore[attr-defined] # behind the interface
            with rig.legs._junction:  # type: ignore[attr-defined] # as above
                splice.panic_for_test(number)
        [error_id] = [entry["error_id"] for entry in logs if entry["event"] == "contained"]
        for leg in (rig.client, rig.upstream):
            reason = await closed_by(leg)
            assert (reason.code, reason.origin) == (CloseCode.OUR_FAULT, Origin.US)
            assert error_id in reason.text
        for peer in (rig.browser, rig.model):
            close = await peer.hear()
            assert isinstance(close, Close)
            assert close.code == 1011
            await peer.stream.aclose()
        # Whatever runtime still does with the legs is harmless.
        rig.client.send(b"x")
        rig.legs.post([tell(Side.CLIENT, n=1)])
        assert rig.legs.drop("r1") == []
        await rig.client.aclose(DONE)
        with pytest.raises(LegClosed):
            rig.legs.add(Side.UPSTREAM, Connection(memory_transport()[0]), max_message_bytes=1000)
        other.client.send(b"alive")
        assert await other.browser.hear() == "alive"


async def test_a_session_that_is_over_leaves_nothing_to_the_collector(ground: Ground) -> None:
    gc.collect()
    gc.disable()
    try:
        async with open_rig(ground=ground) as rig:
            await rig.browser.say(said())
            await rig.model.hear()
            junction = weakref.ref(rig.legs._junction)  # type: ignore[attr-defined] # behind the interface
            leg = rig.client
        await leg.aclose(DONE)  # late, and harmless
        del rig, leg
        assert junction() is None
    finally:
        gc.enable()


async def test_a_wrong_release_is_a_bug_of_ours_and_is_told() -> None:
    async with open_rig() as rig:
        await rig.browser.say('{"n":1}')
        message = await rig.client.receive()
        rig.client.release(message)
        with pytest.raises(ValueError):  # noqa: PT011 - the words are the splice's
            rig.client.release(message)
