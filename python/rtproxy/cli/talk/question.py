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
from rtproxy.cli.talk.formats import words
from rtproxy.model.audio_format import CHANNELS, RATES_HZ, AudioFormat, Encoding

_LISTENED = AudioFormat(Encoding.F32, 24_000)
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
    """The recording as it is written; in float32 where only libsndfile can read it."""
    try:
        return read_wav(raw)
    except ValueError as first:
        # numpy and libsndfile cost more to import than all the rest: only where they are needed.
        from rtproxy.audio.sound_file import load_wav

        try:
            samples, rate_hz = load_wav(file)
        except ValueError:
            raise ValueError(f"{file} cannot be used: {first}.\n{_conversion(file)}") from first
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    return Recording(AudioFormat(Encoding.F32, rate_hz, channels), samples.tobytes())


def _question(name: str, recording: Recording) -> Question:
    form = recording.audio_format
    if form.rate_hz not in RATES_HZ or form.channels not in CHANNELS:
        rates = ", ".join(map(str, RATES_HZ))
        raise ValueError(
            f"{name} is {words(form)}; talk takes mono and stereo at {rates} Hz."
            f"\n{_conversion(Path(name))}"
        )
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
