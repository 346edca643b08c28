"""A persona: who answers, in which manner, and what is said first.

Owns the shape of a persona and the GA session object that it asks the upstream
for. Must not know where personas are kept, nor any dialect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rtproxy.model.event import Json
from rtproxy.model.session_config import copied, merge_session
from rtproxy.personas.traits import traits_in_words

# What a persona's session is like where its file says nothing else.
USUAL: Json = {
    "output_modalities": ["audio"],
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": 24_000},
            "transcription": {"model": "whisper-1"},
            "turn_detection": {
                "type": "server_vad",
                "threshold": 0.5,
                "prefix_padding_ms": 300,
                "silence_duration_ms": 500,
                "create_response": True,
                "interrupt_response": True,
            },
        },
        "output": {"format": {"type": "audio/pcm", "rate": 24_000}, "voice": "alloy"},
    },
}


@dataclass(frozen=True, slots=True)
class Persona:
    """One character.

    Attributes:
        name: as in `?persona=`.
        description: one line for people who choose.
        instructions: what the model is told to be; "" where a stored prompt says it.
        session: a partial GA session, over the usual one; without instructions.
        greeting: what is said before the client has spoken.
        traits: the persona's own, by name, 0-100; those of a client go over them.
        notes: sentences about what of its file is not used as written.
    """

    name: str
    description: str = ""
    instructions: str = ""
    session: Json = field(default_factory=dict)
    greeting: str | None = None
    traits: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def model(self) -> str | None:
        """The model to dial, where it is not the upstream's own: it is fixed from then on."""
        model: str | None = self.session.get("model")
        return model

    def session_object(self, traits: Mapping[str, int] | None = None) -> Json:
        """The whole GA session for `session.update`, without its model; a copy.

        `traits` are the client's, 0-100.
        """
        session = copied(merge_session(USUAL, self.session))
        session.pop("model", None)
        words = (self.instructions, traits_in_words({**self.traits, **(traits or {})}))
        instructions = "\n\n".join(part for part in words if part)
        if instructions:
            session["instructions"] = instructions
        return {"type": "realtime", **session}
