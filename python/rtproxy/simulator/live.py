"""The echo's ever-open response: audio goes out as it came in.

Owns when that response is opened and its transcript deltas, which only have to be
there, so that a load has text beside the audio. Must not know what is in the audio.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from rtproxy.simulator.options import ResponseOptions
from rtproxy.simulator.plan import OpenItem, PartKind
from rtproxy.simulator.response import Response
from rtproxy.simulator.responses import Responses
from rtproxy.simulator.stage import Stage


class LiveEcho:
    """Opens a response with the first audio, and another after that one was cancelled."""

    def __init__(
        self,
        stage: Stage,
        options: Callable[[], ResponseOptions],
        responses: Responses,
    ) -> None:
        self._stage = stage
        self._transcript_hz = stage.settings.echo_transcript_hz
        self._options = options
        self._responses = responses
        self._response: Response | None = None

    def append(self, audio: str, now: float) -> None:
        """Send base64 audio back; Refusal where another response is active."""
        response = self._response
        if response is None or response.done:
            response = self._open(now)
        response.audio_delta_written(audio)

    def _open(self, now: float) -> Response:
        self._responses.check_free()
        response = self._response = self._responses.begin(self._options(), ())
        response.open_item(OpenItem(PartKind.AUDIO))
        if self._transcript_hz:
            self._stage.agenda.at(now, partial(self._murmur, response, 1, now), response.id)
        return response

    def _murmur(self, response: Response, count: int, began: float, _now: float) -> None:
        """One more transcript delta, at an even pace from the beginning."""
        response.delta(f" {count}")
        following = partial(self._murmur, response, count + 1, began)
        self._stage.agenda.at(began + count / self._transcript_hz, following, response.id)
