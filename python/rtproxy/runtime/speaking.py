"""How the two legs of a session are spoken with: dialect and audio, as they stand.

Owns what each leg is attached with, and attaches it anew where that changes. Must not
know tasks, nor what anybody says.
"""

from __future__ import annotations

from rtproxy.dialects.dialect import Dialect
from rtproxy.legs.leg import Attachment, Leg, SpliceLegs
from rtproxy.model.audio_format import PCM16_24K
from rtproxy.session.formats import UpstreamAudio


class Speaking:
    """The dialect of a session, its legs, and the audio that its upstream has agreed to.

    `secrets` are what no leg may be told.
    """

    def __init__(self, dialect: Dialect, legs: SpliceLegs, secrets: tuple[bytes, ...]) -> None:
        """Begin without any leg."""
        self.dialect = dialect
        self.client: Leg | None = None
        self.upstream: Leg | None = None
        self._legs = legs
        self._secrets = secrets
        self._agreed: UpstreamAudio | None = None

    def attach_client(self) -> None:
        """Sort what comes from the client, and wrap its audio, by the dialect."""
        if self.client is None:
            return
        dialect, audio = self.dialect, self.dialect.audio
        speaks, hears = audio.speaks, audio.hears
        if dialect.relays and self._agreed is not None:
            speaks, hears = self._agreed.hears, self._agreed.speaks
        kinds, wrap = dialect.client_kinds(), dialect.client_wrap()
        self._legs.attach(self.client, Attachment(kinds, wrap, speaks, hears))

    def attach_upstream(self) -> None:
        """The same for the upstream; it is deaf until it has said what it takes."""
        if self.upstream is None:
            return
        dialect, agreed = self.dialect, self._agreed
        if agreed is None and dialect.relays:
            agreed = UpstreamAudio()
        kinds, wrap = dialect.upstream_kinds(self._secrets), dialect.upstream_wrap()
        speaks, hears = (agreed.speaks, agreed.hears) if agreed else (PCM16_24K, None)
        self._legs.attach(self.upstream, Attachment(kinds, wrap, speaks, hears))

    def agree(self, audio: UpstreamAudio) -> None:
        """The upstream takes and speaks this."""
        self._agreed = audio
        self.attach_upstream()
        if self.dialect.relays:
            self.attach_client()

    def adopt(self, dialect: Dialect) -> None:
        """The client speaks otherwise from here on; nothing that is under way is lost by it."""
        self.dialect = dialect
        with self._legs.together():
            self.attach_client()
            self.attach_upstream()
