"""What TLS costs: handshakes and messages, ours beside OpenSSL's under trio.SSLStream."""

from benches.tls.report import main

__all__ = ["main"]
