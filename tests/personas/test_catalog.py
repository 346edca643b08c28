"""The catalog: newest good versions, whatever becomes of the files."""

from __future__ import annotations

import os
import resource
from itertools import count
from pathlib import Path

import pytest

from rtproxy.personas.catalog import Catalog, Happened, UnknownPersonaError
from rtproxy.personas.persona_file import PersonaError

_TIMES = count(1_700_000_000)


def write(file: Path, text: str) -> None:
    """A new version, surely of another time than the one before it."""
    file.write_text(text, encoding="utf-8")
    now = next(_TIMES)
    os.utime(file, (now, now))


def says(name: str) -> str:
    return f'name = "{name}"\ninstructions = "I am {name}."'


def happened(catalog: Catalog) -> list[tuple[Happened, str]]:
    return [(change.happened, change.file.name) for change in catalog.refresh()]


def test_an_unknown_name_tells_the_known():
    with pytest.raises(UnknownPersonaError) as caught:
        Catalog().find("../../etc/passwd")
    assert str(caught.value) == (
        "there is no persona '../../etc/passwd'; there are: "
        "ally, companion, dr_sarah, interpreter, transcriber"
    )
    assert isinstance(caught.value, KeyError)


def test_nothing_happens_where_nothing_changes(tmp_path: Path):
    write(tmp_path / "a.toml", says("guide"))
    catalog = Catalog(tmp_path)
    assert catalog.refresh() == []
    assert catalog.find("guide").instructions == "I am guide."


def test_ones_own_takes_the_place_of_a_shipped_one(tmp_path: Path):
    write(tmp_path / "ally.toml", 'instructions = "Mine."')
    catalog = Catalog(tmp_path)
    assert catalog.find("ally").instructions == "Mine."
    assert catalog.origins["ally"] == tmp_path / "ally.toml"
    assert catalog.origins["companion"].name == "companion.toml"


def test_an_edit_is_found_in_either_file(tmp_path: Path):
    (tmp_path / "guide.md").write_text("One.")
    write(tmp_path / "guide.toml", 'instructions_file = "guide.md"')
    catalog = Catalog(tmp_path)
    write(tmp_path / "guide.md", "Two.")
    assert happened(catalog) == [(Happened.LOADED, "guide.toml")]
    assert catalog.find("guide").instructions == "Two."
    write(tmp_path / "guide.toml", 'instructions = "Three."')
    assert happened(catalog) == [(Happened.LOADED, "guide.toml")]
    assert catalog.find("guide").instructions == "Three."
    assert happened(catalog) == []


def test_a_new_file_and_a_new_folder_are_found(tmp_path: Path):
    folder = tmp_path / "personas"
    catalog = Catalog(folder)
    assert happened(catalog) == []
    folder.mkdir()
    write(folder / "guide.toml", says("guide"))
    assert happened(catalog) == [(Happened.LOADED, "guide.toml")]
    assert catalog.find("guide")


def test_a_broken_file_keeps_the_last_good_version_and_is_told_once(tmp_path: Path):
    file = tmp_path / "guide.toml"
    write(file, says("guide"))
    catalog = Catalog(tmp_path)
    write(file, says("guide") + "\n[session]\nspeed = 9")
    (change,) = catalog.refresh()
    assert change.happened is Happened.BROKEN
    assert f"{file}:4: session.speed is 9" in change.text
    assert "the version before it is used on" in change.text
    assert catalog.find("guide").instructions == "I am guide."
    write(tmp_path / "unrelated.md", "x")
    assert catalog.refresh() == []
    write(file, says("guide"))
    assert happened(catalog) == [(Happened.LOADED, "guide.toml")]


def test_a_new_file_that_is_broken_is_not_used(tmp_path: Path):
    catalog = Catalog(tmp_path)
    write(tmp_path / "guide.toml", "nothing")
    (change,) = catalog.refresh()
    assert "it is not used" in change.text
    with pytest.raises(UnknownPersonaError):
        catalog.find("guide")


def test_a_file_that_goes_takes_nothing_away(tmp_path: Path):
    file = tmp_path / "guide.toml"
    write(file, says("guide"))
    catalog = Catalog(tmp_path)
    file.unlink()
    assert happened(catalog) == [(Happened.GONE, "guide.toml")]
    assert catalog.find("guide")
    write(tmp_path / "other.toml", says("guide") + " # moved")
    assert happened(catalog) == [(Happened.LOADED, "other.toml")]
    assert catalog.origins["guide"].name == "other.toml"
    tmp_path.rename(tmp_path.with_name("moved"))
    assert happened(catalog) == [(Happened.GONE, "other.toml")]
    assert catalog.find("guide")


def test_who_has_no_descriptor_to_look_with_misses_nothing(tmp_path: Path):
    write(tmp_path / "guide.toml", says("guide"))
    catalog = Catalog(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        assert happened(catalog) == []
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    write(tmp_path / "other.toml", says("other"))
    assert happened(catalog) == [(Happened.LOADED, "other.toml")]


def test_a_name_that_is_given_up_serves_on_beside_the_new_one(tmp_path: Path):
    write(tmp_path / "a.toml", says("guide"))
    catalog = Catalog(tmp_path)
    write(tmp_path / "a.toml", says("pilot"))
    assert happened(catalog) == [(Happened.LOADED, "a.toml")]
    assert catalog.find("guide").instructions == "I am guide."
    assert catalog.find("pilot").instructions == "I am pilot."
    assert "guide" not in Catalog(tmp_path).names


def test_a_link_to_nothing_is_refused_by_name(tmp_path: Path):
    (tmp_path / "guide.toml").symlink_to(tmp_path / "gone")
    with pytest.raises(PersonaError, match=r"guide.toml: guide.toml is no file"):
        Catalog(tmp_path)


def test_two_of_one_name_are_refused(tmp_path: Path):
    write(tmp_path / "a.toml", says("guide"))
    write(tmp_path / "b.toml", says("guide"))
    with pytest.raises(PersonaError, match=r"b.toml:1: name is .guide., and so is that of a.toml"):
        Catalog(tmp_path)


def test_a_broken_file_at_the_start_is_an_error(tmp_path: Path):
    write(tmp_path / "guide.toml", "voice = 1")
    with pytest.raises(PersonaError, match=r"guide.toml:1: voice is 1"):
        Catalog(tmp_path)
