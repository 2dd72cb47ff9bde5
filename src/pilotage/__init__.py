"""Pilotage: carry out a release plan, from the first gate to the last message.

The version is a plain constant: looking it up in the installed metadata would cost the command line
a tenth of its start-up time. The build reads it from here, so it is written once.
"""

__version__ = "0.1.0.dev0"
