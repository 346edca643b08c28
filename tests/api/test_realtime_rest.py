"""The REST beside the socket: who may ask, and each way in which a body can be wrong."""

from __future__ import annotations

import random
import string
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from api.rest_house import BEARER, FORM, KEY, OFFER, SDP, RestHouse, form, open_rest_house

SECRETS, CALLS = "/v1/realtime/client_secrets", "/v1/realtime/calls"
PAGE = "https://app.example"


@pytest.mark.parametrize("path", ["/v1/models", "/openai/v1/models", "/api/realtime/metrics"])
async def test_who_shows_no_good_key_is_told_so(path: str) -> None:
    async with open_rest_house() as house:
        answer = await house.ask("GET", path, key=False)
        assert (answer.status, answer.header("www-authenticate")) == (401, "Bearer")
        wrong = await house.refusal("GET", path, b"", ("api-key", "canary-wrong"), key=False)
        assert wrong[:2] == (401, "invalid_api_key")
        for shown in (BEARER, ("api-key", KEY)):
            assert (await house.ask("GET", path, b"", shown, key=False)).status == 200
        assert (await house.ask("GET", f"{path}?token={KEY}", key=False)).status == 200


async def test_load_balancers_need_none() -> None:
    async with open_rest_house() as house:
        for path in ("/livez", "/readyz", "/health"):
            assert (await house.ask("GET", path, key=False)).status == 200


async def token(house: RestHouse, **session: Any) -> tuple[str, str]:
    answer = await house.ask("POST", SECRETS, {"session": session})
    assert answer.status == 200, answer
    return ("authorization", f"Bearer {msgspec.json.decode(answer.body)['value']}")


async def test_what_a_token_opens() -> None:
    async with open_rest_house() as house:
        bearer = await token(house)
        for path, status in (("/v1/models", 200), ("/openai/v1/models", 200)):
            assert (await house.ask("GET", path, b"", bearer, key=False)).status == status
        steering = ("POST", f"{CALLS}/rtc_1/hangup")  # a call that may be another's
        for method, path in (("POST", SECRETS), steering, ("GET", "/api/realtime/metrics")):
            refusal = await house.refusal(method, path, b"", bearer, key=False)
            assert refusal[:2] == (403, "key_required")


@pytest.mark.parametrize(
    ("body", "code", "param", "words"),
    [
        (b"{", "invalid_json", None, "not JSON"),
        (b"[]", "invalid_json", None, "must be a JSON object, not a list"),
        (b"\xff\xfe", "invalid_json", None, "not JSON"),
        (b"[" * 100 + b"]" * 100, "invalid_json", None, "deeper than 64"),
        ({"ttl": 5}, "unknown_parameter", "ttl", "There are: expires_after, session."),
        ({"expires_after": 60}, "invalid_value", "expires_after", "it must be an object"),
        (
            {"expires_after": {"second": 60}},
            "unknown_parameter",
            "expires_after.second",
            "There are: anchor, seconds.",
        ),
        (
            {"expires_after": {"anchor": "now"}},
            "invalid_value",
            "expires_after.anchor",
            'it must be "created_at"',
        ),
        *(
            (
                {"expires_after": {"seconds": seconds}},
                "invalid_value",
                "expires_after.seconds",
                "it must be a whole number from 10 to 7200.",
            )
            for seconds in (9, 7_201, 60.5, "60", True, None)
        ),
        ({"session": "x"}, "invalid_value", "session", "it must be an object"),
        (
            {"session": {"type": "x"}},
            "invalid_value",
            "session.type",
            'one of "realtime", "transcription"',
        ),
        (
            {"session": {"audio": {"output": {"speed": 9}}}},
            "invalid_value",
            "session.audio.output.speed",
            "0.25",
        ),
        ({"session": {"colour": 1}}, "invalid_value", "session.colour", "here may stand: "),
    ],
)
async def test_a_secret_that_cannot_be(
    body: bytes | dict[str, Any], code: str, param: str | None, words: str
) -> None:
    async with open_rest_house() as house:
        status, told_code, told_param, message = await house.refusal("POST", SECRETS, body)
        assert (status, told_code, told_param) == (400, code, param)
        assert words in message


async def test_a_session_that_fits_into_no_token() -> None:
    async with open_rest_house() as house:
        noise = "".join(random.Random(7).choices(string.ascii_letters, k=20_000))
        refusal = await house.refusal("POST", SECRETS, {"session": {"instructions": noise}})
        assert refusal[1:3] == ("string_above_max_length", "session")


async def test_names_of_before_ga_and_transcription() -> None:
    async with open_rest_house() as house:
        old = {"session": {"modalities": ["text", "audio"], "voice": "ash", "temperature": 0.8}}
        session = msgspec.json.decode((await house.ask("POST", SECRETS, old)).body)["session"]
        assert session["audio"]["output"]["voice"] == "ash"
        assert (session["output_modalities"], session["model"]) == (["audio"], "gpt-realtime-2.1")
        assert "temperature" not in session
        heard = {"audio": {"input": {"transcription": {"model": "whisper-1"}}}}
        asked = {"session": {"type": "transcription", **heard}}
        session = msgspec.json.decode((await house.ask("POST", SECRETS, asked)).body)["session"]
        assert session["object"] == "realtime.transcription_session"
        assert "model" not in session


async def test_a_body_that_is_too_large() -> None:
    async with open_rest_house(RTPROXY_LIMITS__REQUEST_BYTES="2048") as house:
        large = {"session": {"instructions": "x" * 3_000}}
        assert (await house.refusal("POST", SECRETS, large))[:2] == (
            413,
            "request_entity_too_large",
        )


@pytest.mark.parametrize(
    ("headers", "body", "status", "param"),
    [
        ((SDP,), b"hello", 400, "sdp"),
        ((SDP,), b"", 400, "sdp"),
        ((("content-type", "text/plain"),), OFFER.encode(), 415, None),
        ((), OFFER.encode(), 415, None),
        ((FORM,), form(session="{}"), 400, "sdp"),
        ((FORM,), form(sdp=OFFER, session="{"), 400, "session"),
        ((FORM,), form(sdp=OFFER, session="[]"), 400, "session"),
        ((FORM,), form(sdp=OFFER, session='{"colour":1}'), 400, "session.colour"),
        ((SDP,), b"v=0\r\ns=-\r\n", 400, "sdp"),
    ],
)
async def test_an_offer_that_cannot_be(
    headers: tuple[tuple[str, str], ...], body: bytes, status: int, param: str | None
) -> None:
    """The last ones are refused by the upstream, in its own words."""
    async with open_rest_house() as house:
        refusal = await house.refusal("POST", CALLS, body, *headers)
        assert (refusal[0], refusal[2]) == (status, param)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/rtc_unknown/hangup", 404),
        ("/rtc_1/dance", 404),
        ("/..%2f..%2fmodels/accept", 404),
        ("/rtc_1%3fx=y/accept", 404),
        ("/rtc_1%0d%0aX-Evil:1/accept", 404),
    ],
)
async def test_calls_that_cannot_be_steered(path: str, status: int) -> None:
    async with open_rest_house() as house:
        assert (await house.ask("POST", CALLS + path)).status == status


@pytest.mark.parametrize("name", ["no-such-model", "a%2fb", "..", "%2e%2e%2fmodels", "a%20b%3fc"])
async def test_models_that_do_not_exist(name: str) -> None:
    async with open_rest_house() as house:
        assert (await house.ask("GET", f"/v1/models/{name}")).status == 404


async def test_the_persona_answers_a_call_that_brings_no_session() -> None:
    async with open_rest_house() as house:
        made = await house.ask("POST", f"{CALLS}?persona=dr_sarah", OFFER.encode(), SDP)
        assert made.status == 201
        refusal = await house.refusal("POST", f"{CALLS}?persona=nobody", OFFER.encode(), SDP)
        assert refusal[:3] == (400, "unknown_persona", "persona")
        assert refusal[3].startswith("There is no persona 'nobody'; there are: ally")


async def test_other_methods_and_paths() -> None:
    async with open_rest_house() as house:
        assert (await house.refusal("GET", SECRETS))[:2] == (405, "method_not_allowed")
        assert (await house.refusal("GET", "/v1/nothing"))[:2] == (404, "not_found")


async def test_pages_of_other_origins() -> None:
    with capture_logs() as logged:
        await ask_from_pages()
    assert not [line for line in logged if line["event"] == "contained"]


async def ask_from_pages() -> None:
    async with open_rest_house(RTPROXY_SERVER__ALLOWED_ORIGINS=PAGE) as house:
        offer = OFFER.encode()
        evil = await house.ask("POST", CALLS, offer, SDP, ("origin", "https://evil.example"))
        assert evil.status == 403
        good = await house.ask("POST", CALLS, offer, SDP, ("origin", PAGE))
        assert (good.status, good.header("access-control-allow-origin")) == (201, PAGE)
        asking = (
            ("origin", PAGE),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "authorization,content-type"),
        )
        may = await house.ask("OPTIONS", CALLS, b"", *asking, key=False)
        assert may.status == 204
        assert may.header("access-control-allow-headers") == "authorization,content-type"
        none = await house.ask("OPTIONS", CALLS, b"", ("origin", "https://evil.example"), key=False)
        assert none.header("access-control-allow-origin") is None


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"voice": 5}, "voice"),
        ({"client_secret": 5}, "client_secret"),
        ({"client_secret": {"seconds": 60}}, "client_secret"),
        (
            {"client_secret": {"expires_after": {"seconds": 5}}},
            "client_secret.expires_after.seconds",
        ),
        ({"colour": 1}, "colour"),
    ],
)
async def test_a_secret_in_the_shape_of_before_ga_that_cannot_be(
    body: dict[str, Any], param: str
) -> None:
    async with open_rest_house() as house:
        refusal = await house.refusal("POST", "/v1/realtime/sessions", body)
        assert (refusal[0], refusal[2]) == (400, param)
