"""`rtproxy talk`: ask a spoken question, hear the answer, save it; or speak into a room.

`command` (the options), `frontends` and `telephone` (the messages), `exchange` (what is
due, when it is over), `question` and `answer` (the files), `formats` and `microphone`
(what goes over the wire), `dial`, `websocket` and `line` (the socket), `screen` (what is
shown). Rooms are in `rtproxy.cli.room`.
"""
