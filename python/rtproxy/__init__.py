"""rtproxy: a voice proxy that keeps the conversation alive."""

from rtproxy._audio_core import __version__

__all__ = ["__version__"]
