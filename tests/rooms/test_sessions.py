"""What translators are opened with."""

from __future__ import annotations

from openai.types.realtime import RealtimeSessionCreateRequest

from rtproxy.personas.catalog import Catalog
from rtproxy.rooms.sessions import interpreter_session


def test_the_shipped_interpreter_is_told_its_language_and_only_writes() -> None:
    session = interpreter_session(Catalog().find("interpreter").session_object(), "de")
    RealtimeSessionCreateRequest.model_validate(session, strict=True)
    assert session["instructions"].endswith("The target language is German (de).")
    assert session["output_modalities"] == ["text"]
    heard = {"format": {"type": "audio/pcm", "rate": 24_000}, "turn_detection": None}
    assert session["audio"] == {"input": heard}


def test_a_persona_may_say_where_the_language_stands_and_how_noise_is_reduced() -> None:
    reduction = {"type": "far_field"}
    persona = {
        "instructions": "Write {language}, and nothing but {language}.",
        "audio": {"input": {"noise_reduction": reduction}, "output": {"voice": "alloy"}},
        "temperature": 0.3,
        "model": "gpt-realtime-mini",
        "max_output_tokens": 500,
    }
    session = interpreter_session(persona, "fr")
    assert session["instructions"] == "Write French (fr), and nothing but French (fr)."
    assert session["audio"]["input"]["noise_reduction"] == reduction
    assert session["max_output_tokens"] == 500
    assert not {"temperature", "model"} & set(session)


def test_without_a_persona_the_language_is_still_told() -> None:
    assert interpreter_session({}, "xx")["instructions"] == "The target language is xx (xx)."
