"""What a ringing telephone is answered with, and to whom."""

from __future__ import annotations

from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest
from quart.typing import TestClientProtocol as Client

from rtproxy.api.application import create_application
from rtproxy.api.telephone import twiml
from rtproxy.credentials.twilio import signature
from rtproxy.dialects.twilio import STREAM_PATH
from rtproxy.runtime.process import Process
from rtproxy.runtime.switchboard import Switchboard

TOKEN = "0123456789abcdef"
FORM = [("CallSid", "CA1"), ("Caller", ""), ("From", "+15551234567"), ("Digits", "12 +&#")]
HOST = "rtproxy.test:8443"


def client(**switchboard: object) -> Client:
    state = Process("simulator", lambda: 0.0, 0.0)
    board = Switchboard(**switchboard)  # type: ignore[arg-type]  # each test says its own
    return create_application(state, switchboard=board).test_client()


def stream_of(body: str) -> tuple[str, dict[str, str]]:
    """The stream's URL and parameters, read as XML."""
    (connect,) = ET.fromstring(body)
    (stream,) = connect
    assert (connect.tag, stream.tag) == ("Connect", "Stream")
    return stream.attrib["url"], {each.attrib["name"]: each.attrib["value"] for each in stream}


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_either_method_is_answered_with_the_host_that_was_asked(method: str) -> None:
    response = await client().open("/twilio/voice", method=method, headers={"Host": HOST})
    assert response.status_code == 200
    assert response.content_type == "text/xml; charset=utf-8"
    assert stream_of(await response.get_data(as_text=True)) == (f"wss://{HOST}{STREAM_PATH}", {})


@pytest.mark.parametrize(
    ("board", "headers", "url"),
    [
        ({"public_url": "https://voice.example.com/"}, {}, "wss://voice.example.com"),
        ({"public_url": "https://example.com/voice"}, {}, "wss://example.com/voice"),
        ({}, {"X-Forwarded-Host": "evil.example"}, f"wss://{HOST}"),
        ({"trust_forwarded": True}, {"X-Forwarded-Host": "a.example, b"}, "wss://a.example"),
        ({"trust_forwarded": True}, {}, f"wss://{HOST}"),
    ],
)
async def test_where_the_stream_goes(
    board: dict[str, object], headers: dict[str, str], url: str
) -> None:
    response = await client(**board).get("/twilio/voice", headers={"Host": HOST, **headers})
    assert stream_of(await response.get_data(as_text=True))[0] == url + STREAM_PATH


async def test_what_is_meant_for_the_stream_becomes_its_parameters() -> None:
    query = urlencode({"persona": "a\"<&'b", "token": "k", "other": "x"})
    response = await client().get(f"/twilio/voice?{query}", headers={"Host": HOST})
    _, parameters = stream_of(await response.get_data(as_text=True))
    assert parameters == {"persona": "a\"<&'b", "token": "k"}


async def test_what_xml_cannot_say_is_left_out() -> None:
    response = await client().get("/twilio/voice?persona=a%00b&token=%1b")
    assert stream_of(await response.get_data(as_text=True))[1] == {}


async def test_a_signed_request_is_answered_and_another_is_not() -> None:
    asking = client(auth_token=TOKEN, public_url="https://voice.example.com")
    path = "/twilio/voice?persona=ally"
    signed = signature(f"https://voice.example.com{path}", FORM, TOKEN)
    for headers, form, status in [
        ({"X-Twilio-Signature": signed}, FORM, 200),
        ({"X-Twilio-Signature": signed}, FORM[1:], 403),
        ({"X-Twilio-Signature": signed[::-1]}, FORM, 403),
        ({}, FORM, 403),
    ]:
        response = await asking.post(path, headers=headers, form=dict(form))
        assert response.status_code == status, (headers, form)


async def test_a_signed_get_has_its_query_in_the_url() -> None:
    asking = client(auth_token=TOKEN, secure=True)
    path = "/twilio/voice?CallSid=CA1&From=%2B1555"
    signed = signature(f"https://{HOST}{path}", (), TOKEN)
    headers = {"Host": HOST, "X-Twilio-Signature": signed}
    assert (await asking.get(path, headers=headers)).status_code == 200
    assert (await asking.get(path + "&x=1", headers=headers)).status_code == 403


def test_the_answer_is_xml_whatever_is_in_it() -> None:
    url, parameters = stream_of(twiml('wss://a/"<>&', {"a<": "&\"'"}))
    assert (url, parameters) == ('wss://a/"<>&', {"a<": "&\"'"})
