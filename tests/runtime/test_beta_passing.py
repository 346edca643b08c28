"""What takes its way past Python to a beta client is what Python would have told it."""

from __future__ import annotations

import json

import pytest
from tests.splice.scene import Scene

from rtproxy import _audio_core
from rtproxy.dialects import realtime
from rtproxy.dialects.beta import Beta
from rtproxy.dialects.beta_events import GA_ONLY, RENAMED, SAME
from rtproxy.model import events as ev

BETA = Beta()


def hears(raw: bytes) -> list[bytes]:
    """What the client hears of a message of the upstream's, of which Python learns nothing."""
    scene = Scene(_audio_core)
    scene.splice.attach(
        scene.upstream.leg,
        kinds=BETA.upstream_kinds(),
        wrap=BETA.upstream_wrap(),
        now=scene.now,
    )
    scene.splice.attach(
        scene.client.leg, kinds=BETA.client_kinds(), wrap=BETA.client_wrap(), now=scene.now
    )
    scene.upstream.says(raw)
    assert scene.upstream.delivers() == []
    scene.client.hears()
    return [one.payload for one in scene.client.heard]


@pytest.mark.parametrize("kind", [*SAME, *RENAMED, *GA_ONLY, realtime.AUDIO_DELTA])
def test_nobody_can_tell_who_has_translated(kind: str) -> None:
    fields = {"event_id": "event_1", "response_id": "r", "item_id": "i", "content_index": 0}
    message = {**fields, "type": kind, "delta": "AAAA", "new": [{"type": kind}]}
    raw = json.dumps(message).encode()
    told = BETA.encode(ev.Opaque(raw=raw, to_upstream=False))
    assert [json.loads(heard) for heard in hears(raw)] == [json.loads(one) for one in told]
