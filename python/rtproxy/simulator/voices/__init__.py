"""Who speaks: what is heard in the input, and what is answered to it."""
