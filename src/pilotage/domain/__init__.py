"""The nouns of Pilotage: frozen dataclasses and enums, standard library only.

What may live here: a value with a name from the glossary, and questions a value can answer about itself.
What may not: a decision about a release (see ``pilotage.decisions``), input or output, clocks, randomness.
"""
