"""`python -m benches NAME [options]`: run one benchmark, or all of them.

Owns the list of benchmarks. Each is a module with `main(arguments) -> int` that
prints its table and returns an exit code: 0, or 1 where a bar was missed or a
result was wrong.
"""

from __future__ import annotations

import importlib
import sys

from benches.machine import awake
from benches.simd import hold_peers

BENCHES = {
    "chunks": "the extension against numpy, soxr, pybase64 and others, per 40 ms of audio",
    "calls": "single calls at their worst, and what a stream costs to open",
    "gil": "the GIL kept or released, beside a busy thread",
    "quality": "how clean converted audio is, beside soxr and libsamplerate",
    "tls": "TLS of the core against OpenSSL under trio.SSLStream",
    "neighbours": "what a flood, and clients that never read, cost a session that behaves",
    "rooms": "one word to a thousand listeners, beside a hundred that never read",
    "relay": "the proxy against other relays, CPU per relayed audio message",
}
# Those that can be judged on a busy machine: what CI runs.
JUDGED = ("chunks", "relay", "rooms")


def run(name: str, arguments: list[str]) -> int:
    """Run one benchmark under a heading."""
    print(f"== {name}: {BENCHES[name]}", flush=True)
    module = importlib.import_module(f"benches.{name}")
    code: int = module.main(arguments)
    return code


def main(argv: list[str]) -> int:
    """Pick by name; options without a name go to every benchmark, `--quick` to the judged."""
    if argv and argv[0] in BENCHES:
        return run(argv[0], argv[1:])
    if argv and not argv[0].startswith("--"):
        print(f"There is no benchmark {argv[0]!r}. There are:", file=sys.stderr)
        for name, what in BENCHES.items():
            print(f"  {name:11}{what}", file=sys.stderr)
        return 2
    return max(run(name, argv) for name in (JUDGED if "--quick" in argv else BENCHES))


if __name__ == "__main__":
    hold_peers(sys.argv[1:])
    with awake() as granted:
        if not granted:
            print(
                "Idle processors sleep meanwhile (root could forbid it): expect noise.", flush=True
            )
        code = main(sys.argv[1:])
    sys.exit(code)
