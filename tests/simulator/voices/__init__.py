"""What each voice hears and says."""
