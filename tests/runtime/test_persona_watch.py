"""Edited personas are picked up by the clock, and told in the log."""

from __future__ import annotations

from pathlib import Path

import structlog
import trio

from rtproxy.personas.catalog import Catalog
from rtproxy.runtime.persona_watch import watch_personas


async def test_edits_are_found_and_told(nursery, autojump_clock, tmp_path: Path):
    file = tmp_path / "guide.toml"
    file.write_text('instructions = "One."\n[session]\ntemperature = 0.3')
    catalog = Catalog(tmp_path)
    with structlog.testing.capture_logs() as lines:
        nursery.start_soon(watch_personas, catalog)
        await trio.sleep(5.5)
        (note,) = lines
        assert (note["event"], note["persona"]) == ("session_field_dropped", "guide")
        assert note["text"].startswith("session.temperature is left out")
        lines.clear()
        file.write_text('instructions = "Two, and longer."')
        await trio.sleep(1)
        assert catalog.find("guide").instructions == "Two, and longer."
        file.write_text("speed = 1")
        await trio.sleep(3)
        assert catalog.find("guide").instructions == "Two, and longer."
        file.unlink()
        await trio.sleep(3)
    told = [(line["event"], line["log_level"], line["file"]) for line in lines]
    assert told == [
        ("persona_loaded", "info", str(file)),
        ("persona_broken", "warning", str(file)),
        ("persona_file_gone", "warning", str(file)),
    ]
    assert f"{file}:1: speed" in lines[1]["text"]
