"""Who may come in: keys, tokens, and what is read of a request. Pure."""
