"""rtproxy: a voice proxy that keeps the conversation alive.

Owns the public names. Each is imported when it is first asked for, so that neither
`import rtproxy` nor the command line waits for what it does not use.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from rtproxy._audio_core import __version__

if TYPE_CHECKING:
    from rtproxy._audio_core import AudioPath, Resampler
    from rtproxy.audio.processor import AudioProcessor
    from rtproxy.audio.sound_file import load_wav, save_wav
    from rtproxy.model.audio_format import AudioFormat, Encoding
    from rtproxy.tools.context import ToolContext
    from rtproxy.tools.errors import ToolError
    from rtproxy.tools.tool import Tool, tool

__all__ = [
    "AudioFormat",
    "AudioPath",
    "AudioProcessor",
    "Encoding",
    "Resampler",
    "Tool",
    "ToolContext",
    "ToolError",
    "__version__",
    "load_wav",
    "save_wav",
    "tool",
]

_HOMES = {
    "AudioFormat": "rtproxy.model.audio_format",
    "AudioPath": "rtproxy._audio_core",
    "AudioProcessor": "rtproxy.audio.processor",
    "Encoding": "rtproxy.model.audio_format",
    "Resampler": "rtproxy._audio_core",
    "Tool": "rtproxy.tools.tool",
    "ToolContext": "rtproxy.tools.context",
    "ToolError": "rtproxy.tools.errors",
    "load_wav": "rtproxy.audio.sound_file",
    "save_wav": "rtproxy.audio.sound_file",
    "tool": "rtproxy.tools.tool",
}


def __getattr__(name: str) -> object:
    """Import a public name from where it lives, once."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(home), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """All public names, imported yet or not."""
    return sorted({*globals(), *__all__})
