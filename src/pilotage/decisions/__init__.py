"""The verbs of Pilotage: pure functions over the domain. Time arrives inside facts; nothing here reads a clock or the world."""
