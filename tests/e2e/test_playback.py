"""What a client says that it has played is what the upstream is told to keep."""

from __future__ import annotations

import pytest
import trio

from .conftest import StartProxy
from .dialect import CONVERSATION
from .peer import Peer
from .recorded_upstream import RecordedUpstream

pytestmark = pytest.mark.alone

# Two processes and a socket on a busy machine lie between what is said and what is done.
CLOSE_MS = 150


async def listening(
    nursery: trio.Nursery, start_proxy: StartProxy
) -> tuple[Peer, RecordedUpstream]:
    """A client that has heard a second of a long answer."""
    upstream = await RecordedUpstream().serve(nursery)
    proxy = start_proxy("--upstream", upstream.url)
    peer = await CONVERSATION.open(nursery, proxy.port)
    await peer.send({"type": "text", "text": "tell me everything"})
    await peer.next(CONVERSATION.delta)
    await trio.sleep(1.0)
    return peer, upstream


@pytest.mark.parametrize("cut_by", ["interrupt", "speech"])
async def test_the_upstream_keeps_what_was_reported_and_the_time_since(
    start_proxy: StartProxy, nursery: trio.Nursery, cut_by: str
) -> None:
    peer, upstream = await listening(nursery, start_proxy)
    await peer.send({"type": "playback", "itemId": "item_long", "playedMs": 300})
    reported_at = trio.current_time()
    await trio.sleep(0.5)
    wanted_ms = 300 + (trio.current_time() - reported_at) * 1000
    if cut_by == "interrupt":
        await peer.send({"type": "interrupt"})
    else:
        await upstream.say(
            type="input_audio_buffer.speech_started", audio_start_ms=0, item_id="item_user"
        )
    events = await peer.until(CONVERSATION.done)
    truncate = await upstream.next("conversation.item.truncate")
    assert truncate["audio_end_ms"] == pytest.approx(wanted_ms, abs=CLOSE_MS)
    assert (truncate["item_id"], truncate["content_index"]) == ("item_long", 0)
    tail = [event for event in events if event["type"] not in {"audio_delta", "speech_started"}]
    assert [event["type"] for event in tail] == ["interrupted", "audio_done", "response_done"]
    assert tail[0]["playedMs"] == truncate["audio_end_ms"]
    assert tail[0]["itemId"] == "item_long"
    assert tail[2]["status"] == "cancelled"
    nursery.cancel_scope.cancel()


async def test_without_a_report_it_is_the_clock_that_counts(
    start_proxy: StartProxy, nursery: trio.Nursery
) -> None:
    peer, upstream = await listening(nursery, start_proxy)
    await peer.send({"type": "interrupt"})
    truncate = await upstream.next("conversation.item.truncate")
    assert truncate["audio_end_ms"] == pytest.approx(1_000, abs=CLOSE_MS)
    nursery.cancel_scope.cancel()


async def test_reports_that_cannot_be_are_told_and_change_nothing(
    start_proxy: StartProxy, nursery: trio.Nursery
) -> None:
    peer, upstream = await listening(nursery, start_proxy)
    began = trio.current_time()
    for report, param in [
        ({"playedMs": 9_000}, "playedMs"),
        ({"playedMs": -1}, "playedMs"),
        ({"playedMs": 5, "itemId": "item_nobody"}, "itemId"),
    ]:
        await peer.send({"type": "playback", "event_id": str(report), **report})
        error = await peer.next("error")
        assert (error["param"], error["fatal"]) == (param, False)
        assert error["event_id"] == str(report)
    await peer.send({"type": "interrupt"})
    truncate = await upstream.next("conversation.item.truncate")
    elapsed_ms = 1_000 + (trio.current_time() - began) * 1000
    assert truncate["audio_end_ms"] == pytest.approx(elapsed_ms, abs=CLOSE_MS)
    await peer.send({"type": "playback", "playedMs": 5})  # nothing plays any more: silent
    await peer.send({"type": "ping"})
    assert "error" not in [event["type"] for event in await peer.until("pong")]
    nursery.cancel_scope.cancel()
