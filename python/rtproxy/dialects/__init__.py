"""Dialects: messages to events and back, one pure file per frontend protocol."""
