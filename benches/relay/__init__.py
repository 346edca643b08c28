"""What it costs to relay a message: the proxy beside a relay written the naive way.

Three processes: the relay under test alone on one core; on another core the load
(this process) and an upstream that echoes. Both relays do the same work in the
same run, in turns, and the figure that counts is the ratio.
"""

from benches.relay.report import main

__all__ = ["main"]
