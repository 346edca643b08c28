"""Audio for users of the package: files now, conversion when it is needed."""
