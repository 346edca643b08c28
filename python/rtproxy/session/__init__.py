"""The pure core that decides: events and the time in, commands out."""
