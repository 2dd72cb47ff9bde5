"""Puts the program together: the only file that names concrete adapters.

What may live here: choosing an adapter for each port from the settings, and handing the finished use cases to
the command line. What may not: a decision about a release, and anything a web route could reach.
"""
