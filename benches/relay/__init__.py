"""What it costs to relay a message: the proxy beside others that do the same work.

Two processes: the relay under test alone on one core; on another core the load, which
is both the clients and the upstream (`rust/relay_load`). All relays do the same work in
the same run, in turns, and the figures that count are ratios.
"""

from benches.relay.report import main

__all__ = ["main"]
