"""Every way in which a leg ends, from our side and from the peer's."""

from __future__ import annotations

import json

import pytest
import trio
import trio.testing
from rig import CLIENT, Ground, Rig, closed_by, open_rig, tell
from stream_pairs import all_of, memory_transport
from ws_peer import Close, WsPeer
from wsproto.events import CloseConnection

from rtproxy.legs.leg import LegsOptions, Side
from rtproxy.legs.stream_driver import open_legs
from rtproxy.legs.transport import Connection, StreamTransport
from rtproxy.model.close import CloseCode, CloseReason, Origin

Clock = trio.testing.MockClock
DONE = CloseReason(CloseCode.DONE, "done")
pytestmark = pytest.mark.usefixtures("in_time")


async def test_we_close_and_the_server_side_closes_tcp_first(socket_ground: Ground) -> None:
    async with open_rig(ground=socket_ground) as rig, trio.open_nursery() as nursery:
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


async def test_an_abort_is_immediate(ground: Ground) -> None:
    async with open_rig(ground=ground) as rig:
        rig.client.abort()
        assert (await closed_by(rig.client)).code == CloseCode.ABNORMAL
        assert isinstance(await rig.browser.hear(), Close)
        await rig.client.aclose(DONE)


async def test_a_body_that_fails_closes_its_legs_with_1011() -> None:
    heard: list[object] = []

    async def listen(peer: WsPeer) -> None:
        heard.append(await peer.hear())
        await peer.stream.aclose()

    async def fail() -> None:
        async with open_rig() as rig:
            peers.start_soon(listen, rig.browser)
            peers.start_soon(listen, rig.model)
            raise ZeroDivisionError

    async with trio.open_nursery() as peers:
        with pytest.raises(ZeroDivisionError):
            await fail()
    assert heard == [Close(1011, "internal error")] * 2


async def test_the_peers_close_is_answered_and_told(ground: Ground) -> None:
    async with open_rig(ground=ground) as rig:
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


async def test_a_peer_that_just_goes_is_1006(ground: Ground) -> None:
    async with open_rig(ground=ground) as rig:
        await rig.model.stream.aclose()
        reason = await closed_by(rig.upstream)
        assert (reason.code, reason.origin) == (CloseCode.ABNORMAL, Origin.PEER)
        assert reason.text


async def test_what_a_peer_said_before_it_went_is_heard(socket_ground: Ground) -> None:
    # An upstream tells its error and closes at once; our next write fails before
    # we have read it.
    async with open_rig(ground=socket_ground) as rig:
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
    ours, _theirs = trio.testing.lockstep_stream_pair()  # faults.md row 50
    transport = StreamTransport(ours)
    with trio.move_on_after(1):
        async with open_legs(LegsOptions(lead_ms=None)) as legs:
            leg = legs.add(Side.CLIENT, Connection(transport), max_message_bytes=1000)
            leg.send(b"never read")
            await trio.sleep_forever()
    assert transport.closed
    assert trio.current_time() < 5
