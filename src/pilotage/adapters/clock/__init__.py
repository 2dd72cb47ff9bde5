"""The machine's clock, and the only place where an id is drawn by chance."""
