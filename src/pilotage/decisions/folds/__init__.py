"""What one event changes in the state of a release: one small function an event. Nothing is decided here."""
