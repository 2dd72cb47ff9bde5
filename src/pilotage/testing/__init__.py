"""For tests, ours and yours: in-memory adapters, builders, a simulated clock, a contract suite for every port.

Public: whoever writes an adapter proves it with the suites here. Needs no concrete adapter.
"""
