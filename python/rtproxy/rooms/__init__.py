"""Rooms: one speaks, many read along, each in their own language; pure, like the session core."""
