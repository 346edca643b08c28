"""The upstream, offline: an OpenAI Realtime API that parrots, follows a script, or echoes.

The pure core takes client events and the time and gives server events back
(`connection` and everything below it); `server` alone knows sockets. Voices
decide what is said, the core decides how it goes over the wire.
"""
