"""What the load says and understands, and that the proxy's own dialects agree."""

from __future__ import annotations

import base64
import json

import pytest

from rtproxy.dialects.registry import choose_dialect
from rtproxy.load.frontends import COMPANION, CONVERSATION, FRONTENDS, VOICE, Frontend, Kind
from rtproxy.model import events as ev

PAYLOAD = base64.b64encode(bytes(8))
SMALL = [VOICE, COMPANION, CONVERSATION]


@pytest.mark.parametrize("frontend", FRONTENDS.values(), ids=lambda one: one.name)
def test_the_proxy_speaks_each_dialect_where_the_load_expects_it(frontend: Frontend) -> None:
    dialect = choose_dialect(frontend.path.partition("?")[0], {}, ())
    assert dialect is not None
    assert dialect.name == frontend.name
    json.loads(frontend.wrap(PAYLOAD))


@pytest.mark.parametrize("frontend", SMALL, ids=lambda one: one.name)
def test_the_proxy_understands_what_is_said(frontend: Frontend) -> None:
    dialect = choose_dialect(frontend.path, {}, ())
    assert dialect is not None
    (event,) = dialect.decode(frontend.wrap(PAYLOAD), binary=False)
    assert isinstance(event, ev.InputAudio)


@pytest.mark.parametrize(
    ("event", "kind", "words"),
    [
        (ev.SessionReady(session_id="s", model="m", voice="v"), Kind.READY, ""),
        (ev.AnswerStarted(response_id="r", item_id="i"), Kind.ANSWER_BEGINS, ""),
        (ev.OutputTextDelta(response_id="r", item_id="i", delta="Hel"), Kind.WORD, "Hel"),
        (ev.AnswerOver(response_id="r", status="completed"), Kind.ANSWER_OVER, ""),
        (ev.ErrorTold(error=ev.Failure(code="c", message="m")), Kind.TROUBLE, "c: m"),
        (ev.SpeechStarted(audio_start_ms=0, item_id="i"), Kind.OTHER, ""),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("frontend", SMALL, ids=lambda one: one.name)
def test_what_is_told_is_understood(
    frontend: Frontend, event: ev.Event, kind: Kind, words: str
) -> None:
    dialect = choose_dialect(frontend.path, {}, ())
    assert dialect is not None
    (raw,) = dialect.encode(event)
    assert frontend.read(raw) == (kind, words)


def test_each_session_is_another_users() -> None:
    dialect = choose_dialect(COMPANION.path, {}, ())
    assert dialect is not None
    users = set()
    for number in range(3):
        auth, start = COMPANION.introduce(number)
        (introduced,) = dialect.decode(auth, binary=False)
        assert isinstance(introduced, ev.Introduced)
        users.add(introduced.user_id)
        (asked,) = dialect.decode(start, binary=False)
        assert asked == ev.StartAsked(message_type="start_realtime", traits={}, session={})
    assert len(users) == 3
    assert VOICE.introduce(0) == []
