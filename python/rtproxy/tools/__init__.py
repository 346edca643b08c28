"""Tools that run in the proxy: written by users, called by the model."""
