"""Ports: what the application needs of the world, one small Protocol a file."""
