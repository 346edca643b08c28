"""The proxy beside a thread of its own that never rests.

    python -m benches.relay.beside_thread serve …

The thread stands for storage that writes and metrics that are exported at full rate: it
wants the GIL all the time, and the processor too. It stands back for the loop, as every
thread of the proxy's own does. Its own work counts as the proxy's, so
that what a message costs is no figure here; how long one takes is.
"""

from __future__ import annotations

import threading

from rtproxy.cli import main
from rtproxy.threads import stand_back


def work() -> None:
    """Python without end."""
    stand_back()
    total = 0
    while True:
        total = (total * 31 + 7) % 1_000_003


if __name__ == "__main__":
    threading.Thread(target=work, daemon=True).start()
    main()
