"""What a person or a clock can set in motion: ports, the runtime, use cases, simulation. Knows no vendor."""
