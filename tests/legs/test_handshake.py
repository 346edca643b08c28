"""Upgrade requests, judged; and both handshakes against each other."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtproxy.legs.client_handshake import ClientHandshake, Switched
from rtproxy.legs.handshake import accept_token, read_offer, switching_headers, wants_websocket
from rtproxy.legs.http1 import RequestHead, RequestReader, RequestRefused

GOOD = {
    "host": "localhost",
    "upgrade": "websocket",
    "connection": "keep-alive, Upgrade",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version": "13",
}


def head_of(*, method: str = "GET", version: str = "1.1", **changes: str | None) -> RequestHead:
    """A good upgrade request, changed; None removes a header."""
    named = {name.replace("_", "-"): value for name, value in changes.items()}
    headers = {**GOOD, **named}
    return RequestHead(
        method, "/", version, tuple((k, v) for k, v in headers.items() if v is not None)
    )


def test_the_accept_token_is_that_of_the_rfc() -> None:
    # RFC 6455 section 1.3
    assert accept_token("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.parametrize(
    ("upgrade", "wanted"),
    [
        ("websocket", True),
        ("WebSocket", True),
        ("h2c, websocket", True),
        ("h2c", False),
        (None, False),
    ],
)
def test_an_upgrade_is_recognised(upgrade: str | None, wanted: bool) -> None:
    assert wants_websocket(head_of(upgrade=upgrade)) is wanted


def test_an_offer_is_read() -> None:
    offer = read_offer(head_of(sec_websocket_protocol="realtime, openai-beta.v1"))
    assert offer.key == GOOD["sec-websocket-key"]
    assert offer.subprotocols == ("realtime", "openai-beta.v1")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (head_of(method="POST"), 400),
        (head_of(version="1.0"), 400),
        (head_of(connection="keep-alive"), 400),
        (head_of(sec_websocket_version="8"), 426),
        (head_of(sec_websocket_version=None), 426),
        (head_of(sec_websocket_key=None), 400),
        (head_of(sec_websocket_key="c2hvcnQ="), 400),
        (head_of(sec_websocket_key="dGhlIHNhbXBsZSBub25jZQ==!"), 400),
        (head_of(sec_websocket_key="ünicode"), 400),
    ],
)
def test_a_wrong_upgrade_is_refused(head: RequestHead, status: int) -> None:
    with pytest.raises(RequestRefused) as refused:
        read_offer(head)
    assert refused.value.status == status


def test_a_refused_version_names_the_right_one() -> None:
    with pytest.raises(RequestRefused) as refused:
        read_offer(head_of(sec_websocket_version="7"))
    assert ("Sec-WebSocket-Version", "13") in refused.value.headers


def test_extensions_are_never_accepted() -> None:
    offer = read_offer(head_of(sec_websocket_extensions="permessage-deflate"))
    names = [name.lower() for name, _ in switching_headers(offer, None)]
    assert "sec-websocket-extensions" not in names


def test_only_an_offered_subprotocol_is_chosen() -> None:
    offer = read_offer(head_of(sec_websocket_protocol="realtime"))
    assert ("Sec-WebSocket-Protocol", "realtime") in switching_headers(offer, "realtime")
    with pytest.raises(ValueError, match="did not offer"):
        switching_headers(offer, "other")


@given(key=st.binary(min_size=16, max_size=16), leftover=st.binary(max_size=40), data=st.data())
def test_both_handshakes_understand_each_other(
    key: bytes, leftover: bytes, data: st.DataObject
) -> None:
    client = ClientHandshake(
        host="localhost:8000",
        target="/v1/realtime?model=m",
        key=key,
        headers=[("Authorization", "Bearer k")],
        subprotocols=["a", "b"],
    )
    reader = RequestReader()
    head = reader.feed(client.request)
    assert head is not None
    assert head.value("authorization") == "Bearer k"
    offer = read_offer(head)
    assert base64.b64decode(offer.key) == key
    assert reader.leftover() == b""
    answer = reader.switch(switching_headers(offer, "b")) + leftover
    cut = data.draw(st.integers(0, len(answer) - 1))
    early = client.feed(answer[:cut]) if cut else None
    if isinstance(early, Switched):  # the cut fell into the leftover
        assert answer.endswith(leftover)
        assert early.leftover == leftover[: cut - len(answer)]
        return
    assert early is None
    outcome = client.feed(answer[cut:])
    assert isinstance(outcome, Switched)
    assert (outcome.subprotocol, outcome.leftover) == ("b", leftover)
