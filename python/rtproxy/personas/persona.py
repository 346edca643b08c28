"""A persona: who answers, with which voice, and when a turn is over.

Owns the shape of a persona and the GA session object that it asks the upstream
for. Must not know where personas are kept, nor any dialect.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Persona:
    """One character.

    `silence_ms`: how much silence ends a turn (server VAD);
    `threshold` 0-1 and `prefix_padding_ms` likewise.
    """

    name: str
    instructions: str
    voice: str = "alloy"
    transcription_model: str = "whisper-1"
    threshold: float = 0.5
    prefix_padding_ms: int = 300
    silence_ms: int = 500

    def session_object(self) -> dict[str, Any]:
        """The GA session that this persona needs, for `session.update`.

        GA has one output modality at a time; with audio the transcript comes along.
        """
        pcm = {"type": "audio/pcm", "rate": 24_000}
        detection = {
            "type": "server_vad",
            "threshold": self.threshold,
            "prefix_padding_ms": self.prefix_padding_ms,
            "silence_duration_ms": self.silence_ms,
            "create_response": True,
            "interrupt_response": True,
        }
        return {
            "type": "realtime",
            "output_modalities": ["audio"],
            "instructions": self.instructions,
            "audio": {
                "input": {
                    "format": pcm,
                    "transcription": {"model": self.transcription_model},
                    "turn_detection": detection,
                },
                "output": {"format": pcm, "voice": self.voice},
            },
        }
