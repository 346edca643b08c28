"""The echo: each append comes back at once, inside a response that does not end.

Owns nothing but the fact: where the voice is an echo, the conversation neither
buffers input nor looks for turns in it. Made for load and latency, so the audio
is not even decoded.
"""

from __future__ import annotations

from rtproxy.simulator.voices.parrot import Parrot


class Echo(Parrot):
    """Audio comes back as it came; everything else is answered as by the parrot."""
