"""The simulator: pure parts as transcripts, then the socket, then the official clients."""
