"""The simulator's REST: what it answers, refuses, and remembers."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from openai.types import Model
from openai.types.realtime import (
    ClientSecretCreateResponse,
    RealtimeTranslationClientSecretCreateResponse,
)

from rtproxy.simulator.desk import Desk, RestAnswer, RestRequest
from rtproxy.simulator.handshake import Admitted, SessionKind, Turned, UpgradeRequest, admit
from rtproxy.simulator.ids import Ids
from rtproxy.simulator.sdp import answer_offer
from rtproxy.simulator.settings import Settings

NOW = 1_790_000_000.5
SECRETS, CALLS = "/v1/realtime/client_secrets", "/v1/realtime/calls"
BOUNDARY = "b0undary"
OFFER = """v=0
o=- 46117 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
a=extmap-allow-mixed
m=audio 9 UDP/TLS/RTP/SAVPF 111 63 0 8
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=ice-ufrag:abcd
a=ice-pwd:0123456789012345678901
a=fingerprint:sha-256 00:11
a=setup:actpass
a=mid:0
a=sendonly
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:63 red/48000/2
a=rtpmap:0 PCMU/8000
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 0.0.0.0
a=mid:1
a=sctp-port:5000
a=max-message-size:262144
""".replace("\n", "\r\n")


@pytest.fixture
def desk() -> Desk:
    return Desk(Settings(require_key=True), Ids(b"seed"))


def ask(
    desk: Desk, method: str, path: str, body: Any = b"", kind: str = "application/json", **headers
) -> RestAnswer:
    raw = msgspec.json.encode(body) if isinstance(body, dict) else body
    told = {"authorization": "Bearer sk-1", "content-type": kind, **headers}
    return desk.answer(RestRequest(method, path, told, raw), NOW)


def error(answer: RestAnswer) -> tuple[int, str | None, str | None]:
    told = msgspec.json.decode(answer.body)["error"]
    assert set(told) == {"type", "code", "message", "param"}
    return answer.status, told["code"], told["param"]


def form(**fields: str) -> tuple[bytes, str]:
    parts = "".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    return f"{parts}--{BOUNDARY}--\r\n".encode(), f"multipart/form-data; boundary={BOUNDARY}"


def test_a_secret_is_one_by_the_official_types(desk: Desk) -> None:
    session = {"type": "realtime", "model": "m", "audio": {"output": {"voice": "ash"}}}
    asked = {"session": session, "expires_after": {"anchor": "created_at", "seconds": 60}}
    answer = ask(desk, "POST", SECRETS, asked)
    made = ClientSecretCreateResponse.model_validate_json(answer.body, strict=True)
    assert made.expires_at == int(NOW) + 60
    assert desk.bound_to(made.value, NOW) == session
    assert desk.bound_to(made.value, NOW + 60) is None


def test_a_secret_opens_its_session(desk: Desk) -> None:
    answer = ask(desk, "POST", SECRETS, {"session": {"type": "realtime", "model": "mine"}})
    value = msgspec.json.decode(answer.body)["value"]
    head = UpgradeRequest("/v1/realtime", [(b"authorization", f"Bearer {value}".encode())])
    admitted = admit(head, Settings(), lambda name: desk.bound_to(name, NOW))
    assert isinstance(admitted, Admitted)
    assert (admitted.model, admitted.refusal) == ("mine", None)
    assert admitted.session == {"type": "realtime", "model": "mine"}


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        (b"{", "invalid_json", None),
        (b"[]", "invalid_json", None),
        ({"x": 1}, "unknown_parameter", "x"),
        ({"expires_after": {"seconds": 5}}, "invalid_value", "expires_after.seconds"),
        ({"session": {"model": "m"}}, "missing_required_parameter", "session.type"),
        ({"session": {"type": "realtime", "temperature": 1}}, "unknown_parameter", None),
    ],
)
def test_a_secret_that_cannot_be(desk: Desk, body: Any, code: str, param: str | None) -> None:
    told = error(ask(desk, "POST", SECRETS, body))
    assert told[:2] == (400, code)
    assert param in {None, told[2]}


@pytest.mark.parametrize("authorization", ["Bearer bad-key", "Bearer ", ""])
def test_a_bad_key_is_refused_by_the_status(desk: Desk, authorization: str) -> None:
    answer = ask(desk, "GET", "/v1/models", authorization=authorization)
    assert error(answer)[:2] == (401, "invalid_api_key")


def test_no_key_is_refused_where_one_is_wanted(desk: Desk) -> None:
    answer = desk.answer(RestRequest("GET", "/v1/models"), NOW)
    assert error(answer)[:2] == (401, "invalid_api_key")


def test_models_are_some_by_the_official_types(desk: Desk) -> None:
    listed = msgspec.json.decode(ask(desk, "GET", "/v1/models").body)
    assert listed["object"] == "list"
    for each in listed["data"]:
        model = Model.model_validate(each, strict=True)
        assert ask(desk, "GET", f"/v1/models/{model.id}").status == 200
    assert error(ask(desk, "GET", "/v1/models/x"))[:2] == (404, "model_not_found")


@pytest.mark.parametrize("whole", [True, False])
def test_a_call_is_joined_steered_and_hung_up(desk: Desk, whole: bool) -> None:
    body, kind = form(sdp=OFFER, session='{"type":"realtime","instructions":"x"}')
    sent = (body, kind) if whole else (OFFER.encode(), "application/sdp")
    answer = ask(desk, "POST", CALLS, *sent)
    headers = dict(answer.headers)
    assert (answer.status, headers["Content-Type"]) == (201, "application/sdp")
    call_id = headers["Location"].removeprefix(f"{CALLS}/")
    wanted = {"type": "realtime", "instructions": "x"} if whole else {"type": "realtime"}
    assert desk.bound_to(call_id, NOW) == wanted
    for verb in ("accept", "refer", "hangup"):
        given = {"type": "realtime"} if verb == "accept" else {"target_uri": "tel:+1"}
        assert ask(desk, "POST", f"{CALLS}/{call_id}/{verb}", given).status == 200
    assert error(ask(desk, "POST", f"{CALLS}/{call_id}/hangup"))[:2] == (404, "call_id_not_found")
    turned = admit(UpgradeRequest(f"/v1/realtime?call_id={call_id}"), Settings())
    assert isinstance(turned, Turned)


@pytest.mark.parametrize(
    ("body", "kind", "param"),
    [
        (b"", "application/sdp", "sdp"),
        (b"v=0\r\n", "application/sdp", "sdp"),
        (b"v=0\r\nm=audio\r\n", "application/sdp", "sdp"),
        (b"v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n", "application/sdp", "sdp"),
        (OFFER.encode(), "text/plain", None),
        (*form(session="{}"), "sdp"),
        (*form(sdp=OFFER, session="{}"), "session.type"),
        (b"no parts at all", f"multipart/form-data; boundary={BOUNDARY}", "sdp"),
    ],
)
def test_an_offer_that_cannot_be(desk: Desk, body: bytes, kind: str, param: str | None) -> None:
    status, _, told = error(ask(desk, "POST", CALLS, body, kind))
    assert (status, told) == (400, param)


def test_only_so_much_is_remembered(desk: Desk) -> None:
    first = msgspec.json.decode(ask(desk, "POST", SECRETS).body)["value"]
    for _ in range(1_000):
        ask(desk, "POST", SECRETS)
    assert desk.bound_to(first, NOW) is None


def test_other_paths(desk: Desk) -> None:
    assert error(ask(desk, "DELETE", "/v1/models"))[:2] == (404, "unknown_url")


def test_the_answer_accepts_each_section_with_its_first_format() -> None:
    lines = answer_offer(OFFER, "ufrag", "p" * 24).split("\r\n")
    assert lines[-1] == ""
    sections = [line for line in lines if line.startswith("m=")]
    assert sections == [
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
    ]
    assert "a=group:BUNDLE 0 1" in lines
    for told in ("a=rtpmap:111 opus/48000/2", "a=recvonly", "a=sctp-port:5000", "a=rtcp-mux"):
        assert lines.count(told) == 1
    assert not [line for line in lines if line.startswith("a=rtpmap:63")]
    assert lines.count("a=setup:passive") == len(sections)


def test_a_secret_of_a_translation_session_opens_only_such(desk: Desk) -> None:
    asked = {"session": {"model": "m", "audio": {"output": {"language": "fr"}}}}
    answer = ask(desk, "POST", "/v1/realtime/translations/client_secrets", asked)
    made = RealtimeTranslationClientSecretCreateResponse.model_validate_json(
        answer.body, strict=True
    )
    assert made.session.audio.output is not None
    assert made.session.audio.output.language == "fr"
    shown = [(b"authorization", f"Bearer {made.value}".encode())]

    def at(path: str) -> Admitted | Turned:
        return admit(UpgradeRequest(path, shown), Settings(), lambda name: desk.bound_to(name, NOW))

    found = at("/v1/realtime/translations")
    assert isinstance(found, Admitted)
    assert (found.kind, found.model, found.refusal) == (SessionKind.TRANSLATION, "m", None)
    elsewhere = at("/v1/realtime")
    assert isinstance(elsewhere, Admitted)
    assert elsewhere.refusal is not None
    assert elsewhere.refusal.close_code == 4000


def test_a_translation_session_needs_a_model(desk: Desk) -> None:
    path = "/v1/realtime/translations/client_secrets"
    asked: dict[str, Any] = {"session": {}}
    wanted = (400, "missing_required_parameter", "session.model")
    assert error(ask(desk, "POST", path, asked)) == wanted
