"""Who answers whom, and in which order wishes go over each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtproxy.model.brief import Brief
from rtproxy.model.events import Misunderstood, StartAsked
from rtproxy.personas.casting import Casting, Role
from rtproxy.personas.catalog import Catalog, UnknownPersonaError


@pytest.fixture
def casting(tmp_path: Path) -> Casting:
    (tmp_path / "guide.toml").write_text(
        """
        instructions = "You are a guide."
        voice = "cedar"
        greeting = "Hello!"
        [session]
        model = "gpt-realtime-2"
        turn_detection = { type = "server_vad", threshold = 0.7 }
        """
    )
    roles = {
        "voice": Role("ally", {}),
        "companion": Role(
            "guide",
            {
                "instructions": "You are a pilot.",
                "audio": {
                    "output": {"voice": "ash", "speed": 1.2},
                    "input": {"turn_detection": {"type": "server_vad", "silence_duration_ms": 9}},
                },
            },
        ),
    }
    return Casting(Catalog(tmp_path), roles)


def test_a_dialect_has_its_persona_unless_the_client_names_one(casting: Casting):
    assert casting.persona_of("voice") == "ally"
    usual = casting.brief("voice")
    assert usual == casting.at_connect("voice", {})
    assert (usual.opening, usual.model) == (None, None)
    named = casting.at_connect("voice", {"persona": "guide"})
    assert isinstance(named, Brief)
    assert named.session["audio"]["output"]["voice"] == "cedar"
    assert named.model == "gpt-realtime-2"
    assert "model" not in named.session


def test_what_is_changed_goes_over_the_persona_and_the_client_over_both(casting: Casting):
    brief = casting.brief("companion", session={"audio": {"output": {"voice": "sage"}}})
    audio = brief.session["audio"]
    assert audio["output"] == {
        "format": {"type": "audio/pcm", "rate": 24_000},
        "voice": "sage",
        "speed": 1.2,
    }
    detection = audio["input"]["turn_detection"]
    assert (detection["threshold"], detection["silence_duration_ms"]) == (0.7, 9)
    assert detection["create_response"] is True


def test_traits_follow_whichever_instructions_count(casting: Casting):
    words = casting.brief("companion", traits={"humor": 0}).session["instructions"]
    assert words.startswith("You are a pilot.\n\nHow you are")
    assert "You do not joke." in words


def test_who_speaks_first_knows_who_it_is(casting: Casting):
    opening = casting.brief("companion").opening
    assert opening is not None
    assert opening.keys() == {"instructions"}
    assert opening["instructions"].startswith("You are a pilot.")
    assert opening["instructions"].endswith("Hello!")


def test_a_start_goes_over_the_address(casting: Casting):
    query = {"persona": "ally"}
    by_address = casting.at_start("companion", query, StartAsked())
    assert isinstance(by_address, Brief)
    assert by_address.opening is None
    by_message = casting.at_start("companion", query, StartAsked(persona="guide"))
    assert by_message == casting.brief("companion")


def test_nobody_of_that_name(casting: Casting):
    with pytest.raises(UnknownPersonaError):
        casting.brief("voice", persona="nobody")
    wanted = Misunderstood(
        code="unknown_persona",
        message="There is no persona 'nobody'; there are: ally, companion, dr_sarah, guide, "
        "interpreter, transcriber.",
        param="persona",
    )
    assert casting.at_connect("voice", {"persona": "nobody"}) == wanted
    assert casting.at_start("voice", {}, StartAsked(persona="nobody")) == wanted


def test_traits_out_of_range_are_named(casting: Casting):
    told = casting.at_start("voice", {}, StartAsked(traits={"humor": 101}))
    assert isinstance(told, Misunderstood)
    assert (told.code, told.param) == ("invalid_field", "humor")
    assert "a whole number from 0 to 100" in told.message


def test_an_edit_counts_for_the_next_session(casting: Casting, tmp_path: Path):
    (tmp_path / "guide.toml").write_text('instructions = "You are another."')
    assert casting.catalog.refresh()
    assert casting.brief("voice", persona="guide").session["instructions"] == "You are another."


def test_no_session_can_change_what_another_gets(casting: Casting):
    first, second = casting.brief("voice"), casting.brief("voice")
    first.session["audio"]["output"]["voice"] = "changed"
    first.session.clear()
    assert casting.brief("voice") == second
    assert second.session["audio"]["output"]["voice"] == "alloy"


def test_what_is_kept_is_what_would_be_made(casting: Casting):
    for dialect in casting.roles:
        for persona in casting.catalog.names:
            made = casting.brief(dialect, persona=persona, session={"tools": []})
            kept = casting.brief(dialect, persona=persona)
            assert {**kept.session, "tools": []} == {**made.session, "tools": []}
            assert (kept.opening, kept.model) == (made.opening, made.model)
