"""Tasks: what runs, for how long, and what ends it. Decides nothing about the call."""
