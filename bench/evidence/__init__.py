"""How often harmless releases are rolled back, and how soon bad ones: our policy beside the rules of other tools.

Every rollout is simulated tick by tick (15 s): requests, errors and latency histograms of both arms, and the hour of the
old version before the release. ``python -m bench.evidence`` prints the tables.
"""
