"""A session's legs as runtime sees them: messages, audio, time, and every way to end."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
import structlog
import trio
import trio.testing
from rig import CLIENT, PAIRS, Pair, Rig, answered, audio_in, open_rig, pcm, said
from stream_pairs import all_of, memory_transport, socket_transport
from ws_peer import Close, WsPeer
from wsproto.events import CloseConnection, Ping, Pong

from rtproxy.legs.leg import Leg, LegsOptions, Mark, MessageKind, Side, ToSide
from rtproxy.legs.stream_driver import open_legs
from rtproxy.legs.transport import Connection, StreamTransport
from rtproxy.model.close import CloseCode, CloseReason, Origin
from rtproxy.model.errors import LegClosed

Clock = trio.testing.MockClock
DONE = CloseReason(CloseCode.DONE, "done")
pytestmark = pytest.mark.usefixtures("_in_time")


@pytest.fixture
async def _in_time() -> object:
    """A hang is a failure, not a wait; counted in the test's own time."""
    with trio.fail_after(300) as scope:
        yield scope


@pytest.fixture(params=PAIRS.values(), ids=PAIRS.keys())
def pair(request: pytest.FixtureRequest) -> Pair:
    """Each kind of transport."""
    made: Pair = request.param
    return made


async def closed_by(leg: Leg) -> CloseReason:
    """Why the leg ends, past whatever is still delivered."""
    with pytest.raises(LegClosed) as closed:
        while True:
            await leg.receive()
    return closed.value.reason


def tell(side: Side, **fields: object) -> ToSide:
    """A small message."""
    return ToSide(side, json.dumps(fields).encode())


# Messages and audio


async def test_audio_passes_both_ways_without_python(pair: Pair) -> None:
    async with open_rig(pair=pair) as rig:
        for value in range(20):
            await rig.browser.say(said(value=value))
            await rig.model.say(answered(value=value))
        for value in range(20):
            heard = json.loads(str(await rig.model.hear()))
            assert heard["type"] == "input_audio_buffer.append"
            assert heard["event_id"] == f"rt_{value + 1}"
            assert audio_in(json.dumps(heard)) == pcm(40, value)
            assert audio_in(await rig.browser.hear()) == pcm(40, value)


async def test_a_hold_stands_its_direction_still_until_it_is_answered(pair: Pair) -> None:
    async with open_rig(pair=pair) as rig:
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


async def test_a_receive_that_is_cancelled_loses_nothing(pair: Pair) -> None:
    async with open_rig(pair=pair) as rig:
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


# Time


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


# Health


async def test_a_peer_that_is_gone_without_a_word_is_found_out(autojump_clock: Clock) -> None:
    async with open_rig(pongs=False) as rig:  # faults.md row 14
        assert rig.client.pong_wait_s() is None
        rig.client.ping()
        rig.client.ping()  # one is enough
        await trio.sleep(10)
        assert rig.client.pong_wait_s() == pytest.approx(10)
        rig.client.abort()
        reason = await closed_by(rig.client)
        assert (reason.code, reason.origin) == (CloseCode.ABNORMAL, Origin.PEER)


async def test_a_peer_that_answers_pings_is_well(pair: Pair) -> None:
    async with open_rig(pair=pair) as rig:
        rig.client.ping()
        assert rig.client.pong_wait_s() is not None
        async with trio.open_nursery() as nursery:
            nursery.start_soon(rig.browser.hear)
            await rig.browser.say('{"n":1}')
            while rig.client.pong_wait_s() is not None:
                await trio.sleep(0.001)
            nursery.cancel_scope.cancel()


async def test_a_ping_from_the_peer_is_answered_while_a_hold_is_open(pair: Pair) -> None:
    async with open_rig(pair=pair) as rig:
        await rig.browser.say('{"n":1}')
        await rig.client.receive()
        await rig.browser.say_event(Ping(b"there?"))
        assert await rig.browser.hear() == Pong(b"there?")


# Endings: ours


async def test_we_close_and_the_server_side_closes_tcp_first() -> None:
    async with open_rig(pair=socket_transport) as rig, trio.open_nursery() as nursery:
        nursery.start_soon(rig.client.aclose, DONE)
        assert await rig.browser.hear() == Close(1000, "done")
        await rig.browser.hear_end()  # FIN, though this end of TCP is still open
        await rig.browser.stream.aclose()
        assert await closed_by(rig.client) == DONE


async def test_we_close_and_the_client_side_waits_for_the_server(autojump_clock: Clock) -> None:
    async with open_rig() as rig:
        gone = trio.Event()

        async def close() -> None:
            await rig.upstream.aclose(DONE)
            gone.set()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(close)
            assert await rig.model.hear() == Close(1000, "done")
            await trio.sleep(1)
            assert not gone.is_set()
            await rig.model.stream.aclose()
            await gone.wait()
        assert trio.current_time() < 2


async def test_a_peer_that_ignores_the_close_is_cut_off(autojump_clock: Clock) -> None:
    async with open_rig(polite=False) as rig:
        await rig.client.aclose(DONE)
        assert trio.current_time() == pytest.approx(3, abs=0.1)
        assert await closed_by(rig.client) == DONE
        await rig.client.aclose(DONE)  # again: nothing to do


async def test_both_legs_say_goodbye_while_the_session_is_cancelled(autojump_clock: Clock) -> None:
    heard: list[object] = []

    async def listen(peer: WsPeer) -> None:
        heard.append(await peer.hear())
        await peer.stream.aclose()

    async def session(rig: Rig) -> None:
        try:
            await trio.sleep_forever()
        finally:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(rig.client.aclose, CloseReason(1001, "stopping"))
                nursery.start_soon(rig.upstream.aclose, DONE)

    async with trio.open_nursery() as peers:
        with trio.move_on_after(1):
            async with open_rig() as rig:
                peers.start_soon(listen, rig.browser)
                peers.start_soon(listen, rig.model)
                await session(rig)
    assert Close(1000, "done") in heard
    assert Close(1001, "stopping") in heard
    assert trio.current_time() < 2


@pytest.mark.parametrize("code", [1005, 1006])
async def test_codes_that_never_stand_in_a_frame_are_not_sent(code: int) -> None:
    async with open_rig() as rig, trio.open_nursery() as nursery:
        nursery.start_soon(rig.client.aclose, CloseReason(code, "as it came"))
        close = await rig.browser.hear()
        assert isinstance(close, Close)
        assert close.code in {1000, 1011}
        await rig.browser.stream.aclose()


async def test_an_abort_is_immediate(pair: Pair) -> None:
    async with open_rig(pair=pair) as rig:
        rig.client.abort()
        assert (await closed_by(rig.client)).code == CloseCode.ABNORMAL
        assert isinstance(await rig.browser.hear(), Close)
        await rig.client.aclose(DONE)


async def test_a_body_that_fails_closes_its_legs_with_1011() -> None:
    heard: list[object] = []

    async def listen(peer: WsPeer) -> None:
        heard.append(await peer.hear())
        await peer.stream.aclose()

    async with trio.open_nursery() as peers:
        with pytest.raises(ZeroDivisionError):
            async with open_rig() as rig:
                peers.start_soon(listen, rig.browser)
                peers.start_soon(listen, rig.model)
                raise ZeroDivisionError
    assert heard == [Close(1011, "internal error")] * 2


# Endings: theirs


async def test_the_peers_close_is_answered_and_told(pair: Pair) -> None:
    async with open_rig(pair=pair) as rig:
        await rig.browser.say('{"n":1}')
        await rig.browser.say_event(CloseConnection(4001, "enough"))
        message = await rig.client.receive()
        assert json.loads(message.raw) == {"n": 1}
        rig.client.release(message, tell(Side.UPSTREAM, still="sent"))
        reason = await closed_by(rig.client)
        assert (reason.code, reason.text, reason.origin) == (4001, "enough", Origin.PEER)
        close = await rig.browser.hear()
        assert isinstance(close, Close)
        assert close.code == 4001
        assert json.loads(str(await rig.model.hear())) == {"still": "sent"}
        await rig.browser.stream.aclose()
        assert await closed_by(rig.client) == reason  # as often as it is asked


async def test_a_peer_that_just_goes_is_1006(pair: Pair) -> None:
    async with open_rig(pair=pair) as rig:
        await rig.model.stream.aclose()
        reason = await closed_by(rig.upstream)
        assert (reason.code, reason.origin) == (CloseCode.ABNORMAL, Origin.PEER)
        assert reason.text


async def test_what_a_peer_said_before_it_went_is_heard() -> None:
    # An upstream tells its error and closes at once; our next write fails before
    # we have read it.
    async with open_rig(pair=socket_transport) as rig:
        await rig.model.say('{"type":"error"}')
        await rig.model.say_event(CloseConnection(1001, "session expired"))
        await rig.model.stream.aclose()
        for _ in range(5):
            rig.upstream.send(b"x" * 100_000)
        message = await rig.upstream.receive()
        assert json.loads(message.raw) == {"type": "error"}
        rig.upstream.release(message)
        assert (await closed_by(rig.upstream)).text == "session expired"


async def test_a_client_that_does_not_read_is_closed_and_the_other_leg_lives(
    autojump_clock: Clock,
) -> None:  # faults.md row 13
    ours, theirs = trio.testing.lockstep_stream_pair()
    options = LegsOptions(lead_ms=None, waiting_messages=50)
    far, model = memory_transport()
    async with open_legs(options) as legs:
        client = legs.add(Side.CLIENT, Connection(StreamTransport(ours)), max_message_bytes=1000)
        upstream = legs.add(Side.UPSTREAM, Connection(far), max_message_bytes=1000)
        legs.attach(client, CLIENT)
        for n in range(60):
            client.send(json.dumps({"n": n}).encode())
        reason = await closed_by(client)
        assert reason.code == CloseCode.TRY_LATER
        await client.aclose(reason)
        assert trio.current_time() < 12
        upstream.send(b"alive")
        assert await WsPeer(model, client=False).hear() == "alive"
        upstream.abort()
    await theirs.aclose()


async def test_a_write_that_takes_too_long_ends_the_leg(autojump_clock: Clock) -> None:
    ours, theirs = trio.testing.lockstep_stream_pair()  # faults.md row 50
    async with open_legs(LegsOptions(lead_ms=None, send_s=10)) as legs:
        leg = legs.add(Side.CLIENT, Connection(StreamTransport(ours)), max_message_bytes=1000)
        leg.send(b"never read")
        assert (await closed_by(leg)).code == CloseCode.ABNORMAL
        assert trio.current_time() == pytest.approx(10, abs=0.1)
        leg.send(b"nor this")
        assert b"nor this" not in await all_of(theirs)  # which ends: it is closed
        await leg.aclose(DONE)


async def test_a_write_that_is_cancelled_ends_the_leg(autojump_clock: Clock) -> None:
    ours, theirs = trio.testing.lockstep_stream_pair()  # faults.md row 50
    transport = StreamTransport(ours)
    with trio.move_on_after(1):
        async with open_legs(LegsOptions(lead_ms=None)) as legs:
            leg = legs.add(Side.CLIENT, Connection(transport), max_message_bytes=1000)
            leg.send(b"never read")
            await trio.sleep_forever()
    assert transport.closed
    assert trio.current_time() < 5


# Endings: broken rules (faults.md rows 2, 5, 6, 8, 9, 10)

MASK = b"\0\0\0\0"
OVERSIZE = b"\x81\xff" + (17 << 20).to_bytes(8, "big") + MASK


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (OVERSIZE, 1009),
        (OVERSIZE + bytes(100_000) + b"\x82\x85" + MASK + b"hello", 1009),
        (b"\x81\xff" + (2**63 - 1).to_bytes(8, "big") + MASK, 1009),
        (b"\x81\x82" + MASK + b"\xc3\x28", 1007),
        (b"\x01\x81" + MASK + b"\xc3" + b"\x80\x81" + MASK + b"\x28", 1007),
        (b"\xc1\x80" + MASK, 1002),  # RSV1: compression that was not agreed on
        (b"\x83\x80" + MASK, 1002),  # reserved opcode
        (b"\x81\x02hi", 1002),  # not masked
        (b"\x09\x80" + MASK, 1002),  # fragmented ping
        (b"\x80\x80" + MASK, 1002),  # continuation of nothing
        (b"\x01\x80" + MASK + (b"\x00\x81" + MASK + b"x") * 5000, 1008),
    ],
)
async def test_a_broken_rule_is_told_by_its_code(pair: Pair, data: bytes, code: int) -> None:
    async with open_rig(pair=pair) as rig:
        with suppress(trio.BrokenResourceError):
            await rig.browser.stream.send_all(data)
        heard = await rig.browser.hear()
        assert isinstance(heard, Close)
        assert heard.code == code
        reason = await closed_by(rig.client)
        assert (reason.code, reason.origin) == (code, Origin.PEER)
        rig.upstream.send(b"alive")
        assert await rig.model.hear() == "alive"
        await rig.browser.stream.aclose()


async def test_a_flood_behind_a_broken_rule_does_not_drown_the_close_frame() -> None:
    async with (
        open_rig(pair=socket_transport, polite=False) as rig,
        trio.open_nursery() as nursery,
    ):

        async def flood() -> None:
            with suppress(trio.BrokenResourceError):
                await rig.browser.stream.send_all(OVERSIZE + bytes(3_000_000))
                await rig.browser.stream.aclose()

        nursery.start_soon(flood)
        heard = await rig.browser.hear()
        assert isinstance(heard, Close)
        assert heard.code == 1009


async def test_a_frame_that_stalls_is_closed(autojump_clock: Clock) -> None:
    async with open_rig() as rig:
        await rig.browser.stream.send_all(b"\x81\x85" + MASK + b"hel")
        started = trio.current_time()
        heard = await rig.browser.hear()
        assert isinstance(heard, Close)
        assert heard.code == 1008
        assert trio.current_time() - started == pytest.approx(10, abs=0.1)


# Containment


async def test_a_panic_in_the_splice_ends_this_session_with_1011(autojump_clock: Clock) -> None:
    async with open_rig() as rig, open_rig() as other:
        with structlog.testing.capture_logs() as logs:
            splice, number = rig.legs._splice, rig.client.number  # type: ignore[attr-defined]
            with rig.legs._junction:  # type: ignore[attr-defined]
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
        assert rig.client.pong_wait_s() is None
        await rig.client.aclose(DONE)
        with pytest.raises(LegClosed):
            rig.legs.add(Side.UPSTREAM, Connection(memory_transport()[0]), max_message_bytes=1000)
        other.client.send(b"alive")
        assert await other.browser.hear() == "alive"


async def test_a_wrong_release_is_a_bug_of_ours_and_is_told() -> None:
    async with open_rig() as rig:
        await rig.browser.say('{"n":1}')
        message = await rig.client.receive()
        rig.client.release(message)
        with pytest.raises(ValueError):  # noqa: PT011 - the words are the splice's
            rig.client.release(message)
