"""Pure rules of what to do when something fails: no clock, no dice, no I/O of their own."""
