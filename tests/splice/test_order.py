"""Order: a direction stands still at a hold; control frames pass."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.splice.scene import DELTA, Scene, delta, message, sound, spoken, written


def test_a_hold_stands_its_direction_still_until_it_is_answered(scene: Scene) -> None:
    scene.upstream.says(message("first"), delta(40), message("second"))
    assert scene.upstream.delivers() == ["hold first"]
    assert scene.client.hears() == []

    scene.to_client("answer")
    scene.upstream.release()
    assert scene.client.hears() == ["answer", "audio 40"]
    assert scene.upstream.delivers() == ["hold second"]


def test_the_other_direction_goes_on(scene: Scene) -> None:
    scene.upstream.says(message("first"))
    scene.client.says(spoken(20))
    assert scene.upstream.delivers() == ["hold first"]
    assert scene.upstream.hears() == ["audio 20"]


def test_control_frames_pass_a_hold(scene: Scene) -> None:
    peer = scene.upstream.peer
    scene.upstream.feed(
        peer.text(message("first")) + peer.text(message("second")) + peer.ping(b"?")
    )
    assert scene.upstream.hears() == ["pong"]
    assert scene.upstream.heard[0].payload == b"?"
    assert scene.upstream.delivers() == ["hold first"]


def test_a_commit_never_includes_later_audio(scene: Scene) -> None:
    scene.client.says(spoken(20), message("commit_audio"), spoken(30))
    assert scene.client.delivers() == ["hold commit_audio"]
    scene.to_upstream("commit")
    scene.client.release()
    assert scene.upstream.hears() == ["audio 20", "commit", "audio 30"]


def test_a_hold_may_be_answered_with_nothing_and_to_both_sides(scene: Scene) -> None:
    scene.client.says(message("nothing"), message("both"))
    scene.client.delivers()
    scene.client.release()
    assert scene.client.delivers() == ["hold both"]
    scene.to_upstream("there")
    scene.to_client("here")
    scene.client.release()
    assert (scene.upstream.hears(), scene.client.hears()) == (["there"], ["here"])


def test_a_relayed_message_goes_on_verbatim_with_a_copy_to_python(scene: Scene) -> None:
    raw = b'{ "unknown" : [1e0, "\\u00e9"], "type":"relayed" }'
    scene.upstream.says(raw)
    assert scene.upstream.delivers() == ["copy relayed"]
    assert scene.upstream.messages[0].hold == 0
    assert scene.client.hears() == ["relayed"]
    assert scene.client.heard[0].payload == raw


def test_what_is_passed_on_or_ignored_is_not_delivered(scene: Scene) -> None:
    raw = b'{ "unknown" : [1e0, "\\u00e9"], "type":"passed on" }'
    scene.upstream.says(raw, message("ignored"), message("relayed"))
    assert scene.upstream.delivers() == ["copy relayed"]
    assert scene.client.hears() == ["passed on", "relayed"]
    assert scene.client.heard[0].payload == raw


def test_what_is_renamed_passes_but_for_its_type(scene: Scene) -> None:
    raw = b'{ "unknown" : [1e0, "\\u00e9", {"type":"old name"}], "type" : "old name" }'
    scene.upstream.says(raw, b'{"type":"old\\u0020name"}')
    assert scene.upstream.delivers() == ["hold old name"]
    assert scene.client.hears() == ["new name"]
    assert scene.client.heard[0].payload == raw[:-12] + b'"new name" }'


def test_what_is_renamed_waits_behind_the_start_of_its_answer(scene: Scene) -> None:
    scene.upstream.says(delta(40, "r0"))
    scene.when_played("started", "r1", starts=True)
    scene.upstream.says(message("old name", response_id="r1"), message("old name"))
    assert scene.client.hears() == ["audio 40", "new name"]
    scene.wait(40)
    assert scene.client.hears() == ["started", "new name"]


def test_words_are_told_in_the_clients_message(scene: Scene) -> None:
    scene.upstream.says(written('é "\n/'), written("hm", None, content_index=1))
    assert scene.upstream.delivers() == []
    assert scene.client.hears() == ["say", "heard"]
    said, heard = (one.payload.decode() for one in scene.client.heard)
    assert said == '{"type":"say","item":"i1","of":"r1","text":"é \\"\\n/"}'
    assert heard == '{"type":"heard","item":"i1","text":"hm"}'


def test_words_wait_behind_the_start_of_their_answer(scene: Scene) -> None:
    scene.upstream.says(delta(40, "r0"))
    scene.when_played("response_started", "r1", starts=True)
    scene.upstream.says(written("one"), written("other", "r2"), delta(40), written("two"))
    assert scene.client.hears() == ["audio 40", "say"]
    scene.wait(40)
    assert scene.client.hears() == ["response_started", "say", "say", "audio 40"]


def test_words_of_a_cut_answer_are_told_and_those_out_of_band_are_not(scene: Scene) -> None:
    scene.drop("r1")
    scene.splice.exclude("r2")
    scene.upstream.says(written("still"), written("never", "r2"))
    assert scene.client.hears() == ["say"]
    assert b"still" in scene.client.heard[0].payload
    assert scene.upstream.delivers() == []


@pytest.mark.parametrize(
    "fields",
    [
        {"item_id": 7},
        {"response_id": None},
        {"delta": None},
        {"content_index": 1.5},
        {"event_id": 1},
        {"more": "\n"},
    ],
)
def test_words_that_are_unusual_are_held(scene: Scene, fields: dict[str, object]) -> None:
    plain = {"response_id": "r1", "item_id": "i1", "delta": "a"}
    scene.upstream.says(message("words", **{**plain, **fields}))
    assert scene.upstream.delivers() == ["hold words"]
    assert scene.client.hears() == []


def test_relay_as_default_still_holds_what_is_named(scene: Scene) -> None:
    scene.attach(scene.upstream, default="relay", hold=["special"])
    scene.upstream.says(message("whatever"), message("special"), message("more"))
    assert scene.upstream.delivers() == ["copy whatever", "hold special"]
    assert scene.client.hears() == ["whatever"]
    scene.upstream.release()
    assert scene.client.hears() == ["more"]


@pytest.mark.parametrize(
    "raw",
    [
        b'{"type":"rel\\u0061yed"}',
        b'{"type":"relayed","type":"relayed"}',
        b'["relayed"]',
        b'{"type":"relayed"',
        b'{"type":"relayed"} x',
        b'{"type":7}',
        b"{}",
        b"",
        b'{"type":"relayed","deep":' + b"[" * 65 + b"]" * 65 + b"}",
        b'{"type":"relayed","not a number":NaN}',
    ],
)
def test_what_the_scanner_is_not_sure_of_is_held(scene: Scene, raw: bytes) -> None:
    scene.upstream.says(raw)
    scene.upstream.delivers()
    assert scene.upstream.messages[0].kind == scene.core.MessageKind.HOLD
    assert scene.upstream.messages[0].raw == raw
    assert scene.client.hears() == []


@pytest.mark.parametrize("payload", ['"AAA"', '"AAB="', '"A A="', '"AA=="x', "7", "null", '"A-__"'])
def test_audio_that_is_not_strict_base64_is_held(scene: Scene, payload: str) -> None:
    raw = b'{"type":"%s","delta":%s}' % (DELTA.encode(), payload.encode())
    scene.upstream.says(raw, delta(20))
    scene.upstream.delivers()
    assert [one.raw for one in scene.upstream.messages] == [raw]
    scene.upstream.release()
    assert scene.client.hears() == ["audio 20"]


def test_audio_that_is_not_whole_samples_is_held(scene: Scene) -> None:
    raw = message("audio_input", audio="AAAA")  # three bytes
    scene.client.says(raw)
    scene.client.delivers()
    assert [one.raw for one in scene.client.messages] == [raw]
    assert scene.splice.input_ms() == 0


def test_a_held_message_may_turn_out_to_be_audio(scene: Scene) -> None:
    """JSON may legally escape what base64 needs; Python reads it and hands it back."""
    escaped = spoken(b"\xff\xff" * 480).replace(b"/", b"\\/")
    scene.client.says(escaped, message("commit_audio"), spoken(20))
    scene.client.delivers()
    leg, hold = scene.client.leg, scene.client.open_hold
    plain = escaped.replace(b"\\/", b"/")
    assert not scene.splice.resubmit(leg, hold, message("commit_audio"), scene.now)
    assert scene.splice.resubmit(leg, hold, plain, scene.now)
    assert scene.splice.input_ms() == 20
    scene.client.release()
    assert scene.client.delivers() == ["hold commit_audio"]
    assert scene.upstream.hears() == ["audio 20"]
    with pytest.raises(ValueError, match=r"."):
        scene.splice.resubmit(leg, hold, plain, scene.now)


def test_binary_is_held_unless_it_is_the_audio(scene: Scene) -> None:
    audio = sound(20)
    scene.client.feed(scene.client.peer.binary(audio))
    scene.client.delivers()
    assert (scene.client.messages[0].raw, scene.client.messages[0].binary) == (audio, True)
    scene.client.release()

    scene.attach(scene.client, audio={}, binary="audio", wrap=scene.core.Wrap.binary())
    scene.client.feed(scene.client.peer.binary(audio))
    assert scene.client.delivers() == []
    assert scene.upstream.hears() == ["audio 20"]
    scene.upstream.says(delta(40))
    assert scene.client.hears() == ["binary 1920"]


def test_holds_are_released_once_and_by_their_own_number(scene: Scene) -> None:
    scene.client.says(message("one"), message("two"))
    scene.client.delivers()
    leg, hold = scene.client.leg, scene.client.open_hold
    with pytest.raises(ValueError, match=r"."):
        scene.splice.release(leg, hold + 1_000, scene.now)
    scene.splice.release(leg, hold, scene.now)
    with pytest.raises(ValueError, match=r"."):
        scene.splice.release(leg, hold, scene.now)
    assert scene.client.delivers() == ["hold two"]


def test_a_message_in_fragments_with_a_ping_between_is_one_message(scene: Scene) -> None:
    raw = delta(40)
    peer = scene.upstream.peer
    data = peer.fragments(raw[:10], raw[10:900], b"", raw[900:], between=peer.ping(b"."))
    for begin in range(0, len(data), 7):
        scene.upstream.feed(data[begin : begin + 7])
    assert scene.upstream.hears() == ["pong", "pong", "pong"]
    assert scene.client.hears() == ["audio 40"]
    assert scene.client.heard_audio == sound(40)


def test_a_frame_that_has_begun_is_finished_before_a_control_frame(scene: Scene) -> None:
    scene.upstream.says(delta(40), delta(20))
    assert scene.client.pulls(100) == []
    scene.client.feed(scene.client.peer.ping(b"?"))
    assert scene.client.hears(max_bytes=11) == ["audio 40", "pong", "audio 20"]


def test_what_answers_a_hold_goes_out_although_its_leg_has_gone(scene: Scene) -> None:
    scene.client.says(message("commit_audio"))
    scene.client.delivers()
    scene.detach(scene.client)
    scene.splice.forget(scene.client.leg)
    scene.to_upstream("commit")
    scene.client.release()
    assert scene.upstream.hears() == ["commit"]


def test_templates_fill_every_slot(stage: Callable[..., Scene]) -> None:
    scene = stage(lead_ms=None)
    first = '{"r":$response_id,"i":$item_id,"c":$content_index,"n":$number,"audio":"$audio"}'
    second = '{"type":"mark $ms"}'
    scene.attach(scene.client, wrap=scene.core.Wrap.template(first, second), audio={})
    scene.upstream.says(delta(40), delta(20))
    scene.upstream.says(b'{"delta":"AAAAAAAA","type":"%s"}' % DELTA.encode())
    assert scene.client.hears()[:4] == ["audio 40", "mark 40", "audio 20", "mark 60"]
    heads = [one.payload.split(b',"audio"')[0] for one in scene.client.heard[:5:2]]
    assert heads == [
        b'{"r":"r1","i":"i1","c":0,"n":1',
        b'{"r":"r1","i":"i1","c":0,"n":2',
        b'{"r":null,"i":null,"c":null,"n":3',
    ]


def test_an_id_may_stand_inside_a_string(stage: Callable[..., Scene]) -> None:
    scene = stage(lead_ms=None)
    wrap = scene.core.Wrap.template('{"type":"$item:$ms of it"}')
    scene.attach(scene.client, wrap=wrap, audio={})
    scene.upstream.says(delta(40), delta(20))
    scene.upstream.says(b'{"delta":"AAAAAAAA","item_id":7,"type":"%s"}' % DELTA.encode())
    assert scene.client.hears() == ["i1:40 of it", "i1:60 of it", ":0 of it"]


def test_audio_may_have_to_say_more_and_its_type_under_another_key(scene: Scene) -> None:
    only = {"sid": "MZ1", "media.track": "inbound"}
    kinds = {"type_key": "event", "audio": {"media": "media.payload"}, "only": only}
    scene.attach(scene.client, **kinds)
    audio = '{"event":"media","sid":"%s","media":{"track":"%s","payload":"AAAAAAAA"}}'
    scene.client.says((audio % ("MZ1", "inbound")).encode())
    assert len(scene.upstream.hears()) == 1
    for wrong in (("MZ2", "inbound"), ("MZ1", "outbound"), ("MZ1", "in\\u0062ound")):
        scene.client.says((audio % wrong).encode())
        scene.client.delivers()
        scene.client.release()
    scene.client.says(b'{"type":"media","sid":"MZ1","media":{"track":"inbound","payload":""}}')
    scene.client.delivers()
    scene.client.release()
    assert scene.upstream.hears() == []


def test_verbatim_and_renamed_leave_the_message_alone(stage: Callable[..., Scene]) -> None:
    scene = stage(lead_ms=None)
    raw = b'{"x":[1, 2],"type":"%s", "delta":"AAAAAAAA","response_id":"r1"}' % DELTA.encode()
    scene.attach(scene.client, wrap=scene.core.Wrap.verbatim(), audio={})
    scene.upstream.says(raw)
    scene.client.hears()
    scene.attach(scene.client, wrap=scene.core.Wrap.renamed("response.audio.delta"), audio={})
    scene.upstream.says(raw)
    scene.client.hears()
    renamed = raw.replace(DELTA.encode(), b"response.audio.delta")
    assert [one.payload for one in scene.client.heard] == [raw, renamed]


def test_numbers_are_per_leg(scene: Scene) -> None:
    scene.client.says(spoken(20), spoken(20))
    scene.upstream.hears()
    old, scene.upstream = scene.upstream, scene.newcomer("upstream")
    scene.attach(scene.upstream)
    scene.client.says(spoken(20))
    scene.upstream.hears()
    numbers = [one.payload.split(b'"event_id":')[1][:6] for one in old.heard + scene.upstream.heard]
    assert numbers == [b'"rt_1"', b'"rt_2"', b'"rt_1"']
