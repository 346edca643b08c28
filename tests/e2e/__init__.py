"""Tests of the whole: a real process, real sockets, and nothing but its public surface."""
