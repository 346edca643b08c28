"""The spoken answer as a file.

Owns what `--save` writes. Must not know how the answer was heard.
"""

from __future__ import annotations

from rtproxy._audio_core import AudioPath
from rtproxy.audio.wav import Recording, write_wav
from rtproxy.model.audio_format import AudioFormat, Encoding

_KEPT = {Encoding.PCM16, Encoding.F32}


def answer_as_wav(audio: bytes, audio_format: AudioFormat) -> bytes:
    """A WAV file at the answer's own rate; G.711 becomes the PCM16 that it stands for.

    For there are players that read no G.711, and none that read no PCM16.
    """
    if audio_format.encoding in _KEPT:
        return write_wav(Recording(audio_format, audio))
    linear = AudioFormat(Encoding.PCM16, audio_format.rate_hz, audio_format.channels)
    path = AudioPath(audio_format, linear)
    return write_wav(Recording(linear, path.process(audio) + path.flush()))
