"""What moves exposure: the built-in flags, and people's hands."""
