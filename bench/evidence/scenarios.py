"""The scenarios: the ones the reference was measured on, and others that a policy should survive as well."""

from __future__ import annotations

from dataclasses import replace

from bench.evidence.latency import Latency
from bench.evidence.simulator import Measured, Scenario

LADDER = ((0, 0.01), (500, 0.05), (1000, 0.25), (1500, 0.5))
SHORT_LADDER = ((0, 0.01), (300, 0.05), (600, 0.25), (900, 0.5))
MID = 120
"""The tick at which a canary that was fine goes bad; half of the stage is over by then."""

_E = Scenario("", harmless=True, ticks=2000, stages=LADDER)
_L = Scenario("", harmless=True, measured=Measured.LATENCY, ticks=1200, stages=SHORT_LADDER)
_BAD = Scenario("", harmless=False)
_SLOW = Scenario("", harmless=False, measured=Measured.LATENCY)

HARMLESS_ERRORS = (
    replace(_E, name="stationary"),
    replace(_E, name="diurnal", swing=0.7),
    replace(_E, name="1 rps", rps=1),
    replace(_E, name="5,000 rps", rps=5000),
    replace(_E, name="2 % base rate", base=0.02),
    replace(_E, name="bursts", burst=40),
    replace(_E, name="clumped", clump=3),
    replace(_E, name="overdispersed", noise=(0.4, 0.9)),
    replace(_E, name="warm-up", warm_errors=9),
    replace(_E, name="+10 % errors", errors_times=1.1),
)
HARMLESS_LATENCY = (
    replace(_L, name="heavy tail"),
    replace(_L, name="latency 1 rps", rps=1),
    replace(_L, name="latency 5,000 rps", rps=5000),
    replace(_L, name="jitter 2 %", jitter=(0.02, 0.9)),
    replace(_L, name="latency warm-up", warm_slower=3),
    replace(_L, name="+3 % latency", slower=1.03),
)
BAD_ERRORS = (
    replace(_BAD, name="0.2 %", errors_times=2),
    replace(_BAD, name="0.5 %", errors_times=5),
    replace(_BAD, name="1 %", errors_times=10),
    replace(_BAD, name="5 %", errors_times=50),
    replace(_BAD, name="10 %", errors_times=100),
    replace(_BAD, name="1 % mid-stage", errors_times=10, onset=MID, ticks=240),
    replace(_BAD, name="5 % in a segment", segments=20, bad_segment=0.05),
)
BAD_LATENCY = (
    replace(_SLOW, name="x1.1", slower=1.1),
    replace(_SLOW, name="x1.2", slower=1.2),
    replace(_SLOW, name="x1.5", slower=1.5),
    replace(_SLOW, name="x2", slower=2),
    replace(_SLOW, name="x1.5 mid-stage", slower=1.5, onset=MID, ticks=240),
    replace(_SLOW, name="tail +2 %", stuck=0.02),
)
# What follows is not in the reference.
MORE_HARMLESS = (
    replace(_E, name="everything", measured=Measured.BOTH, ticks=1200, stages=SHORT_LADDER),
    replace(_E, name="segments", segments=20, ticks=1200, stages=SHORT_LADDER),
    replace(_E, name="clumped 1,000 rps", clump=3, rps=1000),
    replace(_E, name="clumps of 6", clump=6),
    replace(_E, name="overdispersed, 500 rps of 0.2 %", noise=(0.4, 0.85), rps=500, base=0.002),
    replace(_E, name="overdispersed 1,000 rps", noise=(0.4, 0.9), rps=1000),
    replace(_E, name="overdispersed, short memory", noise=(0.4, 0.5)),
    replace(_E, name="overdispersed, long memory", noise=(0.4, 0.98)),
    replace(_E, name="bursts 1,000 rps", burst=40, rps=1000),
    replace(_E, name="warm-up 1,000 rps", warm_errors=9, rps=1000),
    replace(_E, name="warm-up once", warm_errors=9, warm_once=True),
    replace(_E, name="late scrapes", late=0.1),
    replace(_E, name="counter resets", resets=0.02),
    replace(_E, name="wobbling share", wobble=True),
    replace(_E, name="+10 % at 1,000 rps", errors_times=1.1, rps=1000),
    replace(_L, name="jitter 2 % at 1,000 rps", jitter=(0.02, 0.9), rps=1000),
    replace(_L, name="jitter 2 %, short memory", jitter=(0.02, 0.5)),
    replace(_L, name="heavier tail", latency=Latency(tail=0.1, tail_power=1.1)),
    replace(_L, name="latency warm-up 1,000 rps", warm_slower=3, rps=1000),
    replace(_L, name="latency warm-up once", warm_slower=3, warm_once=True),
    replace(_L, name="+3 % at 1,000 rps", slower=1.03, rps=1000),
    replace(_L, name="late latency scrapes", late=0.1),
)
MORE_BAD = (
    replace(_BAD, name="10 % at 1 rps", errors_times=100, rps=1),
    replace(_BAD, name="0.5 % at 1,000 rps", errors_times=5, rps=1000),
    replace(_BAD, name="1 % after a ramp", errors_times=10, ramp=60),
    replace(
        _BAD,
        name="1 % in a later stage",
        errors_times=10,
        stages=((0, 0.05), (MID, 0.1)),
        onset=MID + 60,
        ticks=MID + 300,
    ),
    replace(_BAD, name="1 %, wobbling share", errors_times=10, wobble=True),
    replace(_BAD, name="1 %, late scrapes", errors_times=10, late=0.1),
    replace(_BAD, name="1 %, counter resets", errors_times=10, resets=0.02),
    replace(_BAD, name="1 %, clumped", errors_times=10, clump=3),
    replace(_BAD, name="1 %, overdispersed", errors_times=10, noise=(0.4, 0.9)),
    replace(_BAD, name="5 %, overdispersed", errors_times=50, noise=(0.4, 0.9)),
    replace(_SLOW, name="x1.5, jitter 2 %", slower=1.5, jitter=(0.02, 0.9)),
    replace(_BAD, name="1 % and x1.5", measured=Measured.BOTH, errors_times=10, slower=1.5),
)

REFERENCE = HARMLESS_ERRORS + HARMLESS_LATENCY + BAD_ERRORS + BAD_LATENCY
OTHERS = MORE_HARMLESS + MORE_BAD
EVERY = REFERENCE + OTHERS
