"""Who comes in: path, key, model, shape."""

from __future__ import annotations

import pytest

from rtproxy.simulator.handshake import Admitted, SessionKind, Turned, UpgradeRequest, admit
from rtproxy.simulator.settings import Settings

TARGET = "/v1/realtime?model=gpt-realtime-2.1"


def admitted(
    target: str = TARGET,
    *subprotocols: str,
    settings: Settings | None = None,
    **headers: str,
) -> Admitted:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    answer = admit(UpgradeRequest(target, pairs, subprotocols), settings or Settings())
    assert isinstance(answer, Admitted)
    return answer


def refusal(answer: Admitted) -> tuple[str | None, int | None, str] | None:
    refused = answer.refusal
    return refused and (refused.code, refused.close_code, refused.close_reason)


def test_a_key_and_a_model_are_enough() -> None:
    answer = admitted(Authorization="Bearer sk-anything")
    assert answer == Admitted("gpt-realtime-2.1", None, None)


def test_no_key_is_needed_unless_asked_for() -> None:
    assert refusal(admitted()) is None
    strict = Settings(require_key=True)
    assert refusal(admitted(settings=strict)) == (
        "invalid_api_key",
        3000,
        "invalid_request_error.invalid_api_key",
    )


@pytest.mark.parametrize("value", ["Bearer bad-key", "Bearer ", "Bearer", "Basic x", "bearer bad"])
def test_a_bad_key_passes_the_handshake_and_is_told(value: str) -> None:
    answer = admitted(authorization=value)
    assert refusal(answer) == ("invalid_api_key", 3000, "invalid_request_error.invalid_api_key")


def test_a_key_is_not_told_back() -> None:
    answer = admitted(Authorization="Bearer bad-secret-canary")
    assert answer.refusal is not None
    assert "canary" not in answer.refusal.message


def test_a_browser_shows_its_key_as_a_subprotocol() -> None:
    offered = ("realtime", "openai-insecure-api-key.ek_1", "openai-agents-sdk.0.20.0")
    assert admitted(TARGET, *offered) == Admitted("gpt-realtime-2.1", "realtime", None)
    answer = admitted(TARGET, "realtime", "openai-insecure-api-key.bad")
    assert refusal(answer) is not None


def test_the_beta_shape_is_refused() -> None:
    expected = ("beta_api_shape_disabled", 4000, "invalid_request_error.beta_api_shape_disabled")
    assert refusal(admitted(OpenAI_Beta="realtime=v1")) == expected
    assert refusal(admitted(TARGET, "realtime", "openai-beta.realtime-v1")) == expected


@pytest.mark.parametrize(
    ("target", "code", "close_code"),
    [
        ("/v1/realtime", "missing_model", 4000),
        ("/v1/realtime?model=", "missing_model", 4000),
        ("/v1/realtime?model=a%20b", "invalid_model", 4000),
        ("/v1/realtime?model=no-such-model", "model_not_found", 4004),
        ("/v1/realtime?intent=transcription&model=gpt-4o-transcribe", "invalid_model", 4000),
    ],
)
def test_models(target: str, code: str, close_code: int) -> None:
    expected = (code, close_code, f"invalid_request_error.{code}")
    assert refusal(admitted(target)) == expected


def test_an_intent_to_transcribe_needs_no_model() -> None:
    found = admitted("/v1/realtime?intent=transcription")
    assert (found.kind, found.refusal) == (SessionKind.TRANSCRIPTION, None)
    assert admitted("/v1/realtime?model=m&intent=else").kind is SessionKind.REALTIME


@pytest.mark.parametrize(
    "target", ["/", "/v1/realtime/calls", "/v1/realtime/", "/v1/realtime?call_id=rtc_1"]
)
def test_what_is_not_there(target: str) -> None:
    answer = admit(UpgradeRequest(target), Settings())
    assert isinstance(answer, Turned)
    assert answer.status == 404


def test_translation_has_a_path_of_its_own() -> None:
    found = admitted("/v1/realtime/translations?model=gpt-realtime-translate")
    assert (found.kind, found.model) == (SessionKind.TRANSLATION, "gpt-realtime-translate")
    assert refusal(admitted("/v1/realtime/translations")) == (
        "missing_model",
        4000,
        "invalid_request_error.missing_model",
    )
