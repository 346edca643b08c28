"""What goes over the wire of `talk`: a format for each direction, as options and in a URL.

Owns the notation `encoding[/rate_hz[/channels]]`, its refusals, and the query
parameters of the small dialects. Pure; must not know how audio is converted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from rtproxy.model.audio_format import (
    CHANNELS,
    OPUS,
    PCM16_24K,
    RATES_HZ,
    AudioFormat,
    Encoding,
    LegAudio,
    OpusPackets,
)

_DEFAULT_HZ = {Encoding.G711_ULAW: 8_000, Encoding.G711_ALAW: 8_000}


@dataclass(frozen=True, slots=True)
class WireFormats:
    """What `talk` sends, what it is sent, and whether as binary frames."""

    mic: LegAudio = PCM16_24K
    speaker: LegAudio = PCM16_24K
    binary: bool = False


USUAL = WireFormats()


def parse_format(written: str) -> LegAudio:
    """The format that is written as `encoding[/rate_hz[/channels]]`.

    Without a rate it is 24000 Hz, G.711 8000; without channels mono. `opus` has neither.

    Raises ValueError, which names the part that cannot be and what it may be.
    """
    name, *numbers = written.split("/")
    if name == str(OPUS) and numbers:
        raise ValueError("opus has no rate and no channels to choose; write opus")
    if name == str(OPUS):
        return OPUS
    if len(numbers) > 2:
        raise ValueError("it has too many parts; write encoding[/rate_hz[/channels]]")
    encoding = next((each for each in Encoding if each.value == name), None)
    if encoding is None:
        raise ValueError(f'the encoding is "{name}"; it may be {_either(_names())}')
    default_hz = _DEFAULT_HZ.get(encoding, PCM16_24K.rate_hz)
    rate_hz = _number("rate in Hz", numbers[0], RATES_HZ) if numbers else default_hz
    channels = _number("number of channels", numbers[1], CHANNELS) if numbers[1:] else 1
    return AudioFormat(encoding, rate_hz, channels)


def _number(what: str, written: str, allowed: tuple[int, ...]) -> int:
    if written not in map(str, allowed):
        raise ValueError(f'the {what} is "{written}"; it may be {_either(allowed)}')
    return int(written)


def _names() -> list[str]:
    return [*(encoding.value for encoding in Encoding), str(OPUS)]


def _either(values: Iterable[object]) -> str:
    *most, last = map(str, values)
    return f"{', '.join(most)} or {last}"


def notation(audio_format: LegAudio) -> str:
    """The format as an option takes it: `pcm16/24000`, `f32/48000/2`."""
    if isinstance(audio_format, OpusPackets):
        return str(audio_format)
    channels = f"/{audio_format.channels}" if audio_format.channels != 1 else ""
    return f"{audio_format.encoding.value}/{audio_format.rate_hz}{channels}"


def add_query(url: str, formats: WireFormats) -> str:
    """The URL with the parameters by which a small dialect is told its formats.

    All are said, the usual ones, too: a proxy may be configured to expect others.
    Raises ValueError where the URL names one of them itself.
    """
    parts = urlsplit(url)
    query = query_of(formats.mic) | query_of(formats.speaker, "output_")
    if formats.binary:
        query["audio"] = "binary"
    given = parse_qs(parts.query, keep_blank_values=True)
    twice = [name for name in given if name in query or name == "audio"]
    if twice:
        raise ValueError(
            f"--url names {', '.join(twice)}; formats are chosen with"
            " --mic-format, --speaker-format and --binary"
        )
    return urlunsplit(parts._replace(query="&".join(filter(None, [parts.query, urlencode(query)]))))


def query_of(audio_format: LegAudio, prefix: str = "") -> dict[str, str]:
    """The parameters that name one side's format; the prefix of what is heard is `output_`."""
    values = map(str, audio_format.as_tuple())
    return dict(zip((f"{prefix}format", f"{prefix}rate", f"{prefix}channels"), values, strict=True))
