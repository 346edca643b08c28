"""A room from its members' side: what `rtproxy listen` and `rtproxy talk --room` are made of.

`address` (where a room is), `told` (what its members are told), `captions` (pieces made
into lines), `speech` (what is due of a speaker, when it is over), `audience` and `podium`
(the sockets), `screen` and `live_screen` (what is shown).
"""
