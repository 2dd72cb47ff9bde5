"""Simulation: a whole plan played over its calendar on a simulated clock, by the same code that runs it live."""
