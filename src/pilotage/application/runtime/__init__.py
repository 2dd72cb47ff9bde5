"""The runtime: carries releases on. One fact, one decision, one write; then the effects, whose ends are facts again.

What may live here: when something is looked at, in which order reading, deciding, writing and acting happen, and
what is done after a crash. What may not: a rule about releases, or the name of a vendor.
"""
