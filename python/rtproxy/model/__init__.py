"""What everything else speaks of: events, formats, errors, close reasons, ids."""
