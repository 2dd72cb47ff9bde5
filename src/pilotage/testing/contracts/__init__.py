"""Contract suites: what every adapter of a port must do. Subclass one in your tests and give it your adapter."""
