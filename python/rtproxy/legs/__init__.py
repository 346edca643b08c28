"""The two ends of a session and everything between a socket and a message.

Owns sockets, TLS, HTTP heads, WebSocket handshakes and the driver that joins
them to the splice. Must not know dialects, events or sessions; nothing above it
sees bytes, sockets or streams.
"""
