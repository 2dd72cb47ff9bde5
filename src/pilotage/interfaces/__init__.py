"""The faces of Pilotage: command line, HTTP API, web pages, OpenFeature provider.

What may live here: turning a person's request into a use case and its answer into words. What may not: a
rule about releases, a database, or an adapter; only the command line puts the program together, through
``pilotage.bootstrap``.
"""
