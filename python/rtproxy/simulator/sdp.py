"""The answer to a WebRTC offer, in a fixed form.

Owns the text of the answer (SDP, RFC 8866; offer and answer, RFC 3264; JSEP, RFC 9429).
Nothing listens where it points: signalling can be tried here, media cannot. Must not
know calls.
"""

from __future__ import annotations

from dataclasses import dataclass

from rtproxy.simulator.errors import Refusal, invalid_value

# The attributes of an offer's media section that its answer repeats.
_REPEATED = ("mid", "rtpmap", "fmtp", "rtcp-mux", "sctp-port", "max-message-size")
_OPPOSITE = {"sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}
# Of nobody: no certificate has this digest.
_FINGERPRINT = ":".join(f"{byte:02X}" for byte in range(32))


@dataclass(frozen=True, slots=True)
class _Section:
    """One media section: its `m=` line taken apart, and its attributes in order."""

    kind: str
    protocol: str
    formats: tuple[str, ...]
    attributes: tuple[tuple[str, str], ...]

    def first(self, name: str, default: str) -> str:
        return next((value for key, value in self.attributes if key == name), default)


def answer_offer(offer: str, ufrag: str, password: str) -> str:
    """An answer that accepts every section with its first format.

    Raises Refusal where the offer is none.
    """
    sections = _sections(offer)
    mids = " ".join(section.first("mid", str(at)) for at, section in enumerate(sections))
    lines = [
        "v=0",
        "o=- 1 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {mids}",
        "a=ice-lite",
        "a=msid-semantic: WMS *",
    ]
    for section in sections:
        lines += _answered(section, ufrag, password)
    return "\r\n".join(lines) + "\r\n"


def _answered(section: _Section, ufrag: str, password: str) -> list[str]:
    chosen = section.formats[0]
    lines = [
        f"m={section.kind} 9 {section.protocol} {chosen}",
        "c=IN IP4 127.0.0.1",
        f"a=ice-ufrag:{ufrag}",
        f"a=ice-pwd:{password}",
        f"a=fingerprint:sha-256 {_FINGERPRINT}",
        "a=setup:passive",
    ]
    lines += [_written(*each) for each in section.attributes if _is_repeated(each, chosen)]
    if section.kind == "audio":
        offered = (name for name, _ in section.attributes if name in {*_OPPOSITE, "sendrecv"})
        direction = next(offered, "sendrecv")
        lines.append(f"a={_OPPOSITE.get(direction, direction)}")
    return [*lines, "a=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host", "a=end-of-candidates"]


def _is_repeated(attribute: tuple[str, str], chosen: str) -> bool:
    name, value = attribute
    if name in {"rtpmap", "fmtp"}:
        return value.split(" ", 1)[0] == chosen
    return name in _REPEATED


def _written(name: str, value: str) -> str:
    return f"a={name}:{value}" if value else f"a={name}"


def _sections(offer: str) -> list[_Section]:
    if not offer.startswith("v=0"):
        raise _no_offer("it does not begin with 'v=0'")
    sections: list[_Section] = []
    for line in offer.splitlines():
        if line.startswith("m="):
            sections.append(_opened(line))
        elif line.startswith("a=") and sections:
            name, _, value = line.removeprefix("a=").partition(":")
            last = sections[-1]
            attributes = (*last.attributes, (name, value))
            sections[-1] = _Section(last.kind, last.protocol, last.formats, attributes)
    if not any(section.kind == "audio" for section in sections):
        raise _no_offer("it offers no audio")
    return sections


def _opened(line: str) -> _Section:
    kind, *rest = line.removeprefix("m=").split()
    if len(rest) < 3:
        raise _no_offer(f"'{line[:80]}' is no media section")
    return _Section(kind, rest[1], tuple(rest[2:]), ())


def _no_offer(why: str) -> Refusal:
    return invalid_value("sdp", f"The SDP offer cannot be used: {why}.")
