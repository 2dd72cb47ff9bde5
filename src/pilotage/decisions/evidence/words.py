"""Numbers as people read them."""

from __future__ import annotations

import math


def number(value: float) -> str:
    """A count with thousands set apart; parts of one only where it is not whole (12,500, 3.5)."""
    return f"{value:,.0f}" if abs(value - round(value)) < 0.05 or value >= 100 else f"{value:,.1f}"


def times(ratio: float) -> str:
    """A ratio with two or three digits that count, rounded down (4.1, 1.18, 12)."""
    digits = 2 if ratio < 2.0 else 1 if ratio < 10.0 else 0
    return f"{math.floor(ratio * 10**digits + 1e-9) / 10**digits:.{digits}f}"


def percent(share: float) -> str:
    """A share in percent with two digits that count (0.12 %, 5 %)."""
    return f"{float(f'{100.0 * share:.2g}'):g} %"


def rate(hits: float, requests: float) -> str:
    """``0.9 %``; never a rate from a handful of requests: ``3 of 3``."""
    if requests < 100.0 or (0.0 < hits < 5.0 and requests < 1000.0):
        return f"{number(hits)} of {number(requests)}"
    return percent(hits / requests)


def seconds(value: float | None, most: float) -> str:
    """A time as people write it (340 ms, 2.1 s); ``most``: beyond it nothing is known (``over 10 s``)."""
    if value is None:
        return "unknown"
    if value > most:
        return f"over {seconds(most, most)}"
    return f"{float(f'{1000.0 * value:.3g}'):g} ms" if value < 1.0 else f"{value:.3g} s"


def evidence(log_e: float) -> str:
    """An e-value: 212, 0.4, or ``over a million``."""
    if log_e > math.log(1e6):
        return "over a million"
    value = math.exp(log_e)
    return f"{value:,.0f}" if value >= 10.0 else f"{float(f'{value:.2g}'):g}"


def span(seconds: float) -> str:
    """A length of time: 45 s, 12 min, 3 h."""
    if seconds < 90.0:
        return f"{seconds:.0f} s"
    if seconds < 5400.0:
        return f"{seconds / 60.0:.0f} min"
    return f"{seconds / 3600.0:.1f} h"
