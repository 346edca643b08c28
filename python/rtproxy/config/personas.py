"""What a configuration says of personas: where the user's own are, what a dialect changes.

Owns both rules. Must not read a persona's file, nor know which personas there are.
"""

from __future__ import annotations

from pathlib import Path

from rtproxy.config.schema import DialectConfig, PersonasConfig
from rtproxy.model.errors import ConfigError
from rtproxy.model.field_rules import FieldError
from rtproxy.model.session_config import SessionConfig, merge_session, read_session_config
from rtproxy.model.session_fields import TOOLS_BY_NAME

FOLDER = Path("personas")

# The short keys of a dialect's table, beside "voice" and "instructions".
_DETECTION = {
    "threshold": "threshold",
    "prefix_padding_ms": "prefix_padding_ms",
    "silence_ms": "silence_duration_ms",
}


def personas_folder(personas: PersonasConfig, file: Path | None) -> Path:
    """Where the user's own personas are, or would be; `file` is the configuration's.

    Raises ConfigError where the folder is named and not there.
    """
    if personas.folder is not None:
        folder = Path(personas.folder)
        if not folder.is_dir():
            raise ConfigError(
                f"personas.folder is {personas.folder!r}; it must be a folder, and there is none of"
                " that name"
            )
        return folder
    places = [FOLDER] if file is None else [file.parent / FOLDER, FOLDER]
    return next((place for place in places if place.is_dir()), places[0])


def dialect_session(name: str, dialect: DialectConfig) -> SessionConfig:
    """The partial GA session by which a dialect changes any persona that answers there.

    Raises ConfigError, which names the key.
    """
    where = f"dialect.{name}.session"
    try:
        config = read_session_config(dialect.session, where=where, tools=TOOLS_BY_NAME)
        short = read_session_config(_short(dialect), where=f"dialect.{name}", tools=TOOLS_BY_NAME)
    except FieldError as error:
        raise ConfigError(error.message.rstrip(".")) from error
    session = merge_session(config.session, short.session)
    return SessionConfig(session, (*config.dropped, *short.dropped))


def _short(dialect: DialectConfig) -> dict[str, object]:
    given = {
        "voice": dialect.voice,
        "instructions": dialect.instructions,
        "transcription": dialect.transcription_model,
        "tools": dialect.tools,
    }
    detection = {
        theirs: value
        for ours, theirs in _DETECTION.items()
        if (value := getattr(dialect, ours)) is not None
    }
    fields: dict[str, object] = {key: value for key, value in given.items() if value is not None}
    return (
        {**fields, "turn_detection": {"type": "server_vad", **detection}} if detection else fields
    )
