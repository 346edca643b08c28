"""The spoken question: a file made ready to be streamed.

Owns what `talk` can stream, the words for what it cannot, and where the speech in
it ends. Must not know the connection.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from rtproxy._audio_core import AudioPath, VoiceActivity
from rtproxy.audio.wav import Recording, read_wav
from rtproxy.model.audio_format import CHANNELS, RATES_HZ, AudioFormat, Encoding

_LISTENED = AudioFormat(Encoding.F32, 24_000)
_CONVERTED_HZ = 48_000  # of a rate that streams cannot have: above all that speech needs
_LOWEST_HZ, _HIGHEST_HZ = 1_000, 768_000  # beyond, a header is rather broken than true
_SETTLING_MS = 500  # of silence: more than voice activity needs to find an end


@dataclass(frozen=True, slots=True)
class Question:
    """A recording under a name; `speech_ms` is where the speech in it ends."""

    name: str
    recording: Recording
    speech_ms: float

    @property
    def duration_ms(self) -> float:
        """How long it plays."""
        return self.recording.duration_ms


def load_question(file: Path | None) -> Question:
    """The question in the file, or the one that ships with rtproxy.

    Raises ValueError, in words for the person who chose the file.
    """
    if file is None:
        shipped = resources.files("rtproxy.samples").joinpath("question.wav")
        return _question("the sample question", read_wav(shipped.read_bytes()))
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}") from error
    return _question(str(file), _read(file, raw))


def _read(file: Path, raw: bytes) -> Recording:
    """The recording as it is written; in float32 where that is no way to stream it."""
    try:
        recording = read_wav(raw)
    except ValueError as error:
        return _converted(file, str(error))
    form = recording.audio_format
    if form.rate_hz in RATES_HZ and form.channels in CHANNELS:
        return recording
    return _converted(file, f"it is {form}")


def _converted(file: Path, why: str) -> Recording:
    """What libsndfile makes of the file, at a rate that streams can have."""
    # numpy and libsndfile cost more to import than all the rest: only where they are needed.
    from rtproxy.audio.sound_file import load_wav
    from rtproxy.audio.whole import mixed, resampled

    try:
        samples, rate_hz = load_wav(file)
    except ValueError:
        raise ValueError(f"{file} cannot be used: {why}.\n{_conversion(file)}") from None
    if samples.ndim > 1 and samples.shape[1] not in CHANNELS:
        samples = mixed(samples)
    if rate_hz not in RATES_HZ:
        if not _LOWEST_HZ <= rate_hz <= _HIGHEST_HZ:
            range_hz = f"talk takes {_LOWEST_HZ} to {_HIGHEST_HZ} Hz"
            raise ValueError(f"{file} has {rate_hz} samples a second; {range_hz}")
        samples, rate_hz = resampled(samples, rate_hz, _CONVERTED_HZ), _CONVERTED_HZ
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    return Recording(AudioFormat(Encoding.F32, rate_hz, channels), samples.tobytes())


def _question(name: str, recording: Recording) -> Question:
    if not recording.data:
        raise ValueError(f"{name} holds no sound at all")
    return Question(name, recording, end_of_speech_ms(recording))


def _conversion(file: Path) -> str:
    return (
        f"To convert it: ffmpeg -i {file} -ar 24000 -ac 1 -c:a pcm_s16le {file.stem}-24k.wav\n"
        f"           or: sox {file} -r 24000 -c 1 -b 16 {file.stem}-24k.wav"
    )


def end_of_speech_ms(recording: Recording) -> float:
    """Where the last words end, as voice activity has it; without any, the whole length."""
    source = recording.audio_format
    path, activity = AudioPath(source, _LISTENED), VoiceActivity(_LISTENED.rate_hz)
    for audio in (recording.data, source.silence(_SETTLING_MS)):
        activity.process(memoryview(path.process(audio)).cast("f"))
    end_ms = activity.since * 1000 / _LISTENED.rate_hz - path.latency_ms
    return min(end_ms, recording.duration_ms) if activity.since else recording.duration_ms
