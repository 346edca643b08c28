"""Where to dial, with what: one file per kind of upstream. Nothing here dials."""
