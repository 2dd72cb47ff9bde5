"""Numbers as people read them: the same in a table, in a picture and in a sentence beside it."""

from __future__ import annotations

from pilotage.domain.metrics import Unit


def amount(value: float, unit: Unit) -> str:
    """A value in its unit.

    >>> amount(0.91, Unit.PERCENT), amount(0.235, Unit.TIME), amount(2.0, Unit.TIME)
    ('0.91 %', '235 ms', '2 s')
    """
    match unit:
        case Unit.PERCENT:
            return f"{value:.3g} %"
        case Unit.TIME:
            return f"{value * 1000:.3g} ms" if value < 1 else f"{value:.3g} s"
        case _:
            return f"{value:.3g}"


def times(ratio: float) -> str:
    """A ratio.

    >>> times(1.2), times(0.5), times(41.0)
    ('1.2x', '0.5x', '41x')
    """
    return f"{ratio:.3g}x" if ratio < 10 else f"{ratio:.0f}x"


def between(low: float, high: float | None) -> str:
    """Where a ratio lies.

    >>> between(0.5, 4.0), between(1.5, None), between(0.0, None)
    ('0.5x to 4x', '1.5x or more', 'not known yet')
    """
    if high is None and low <= 0:
        return "not known yet"
    return f"{times(low)} or more" if high is None else f"{times(low)} to {times(high)}"


def many(requests: float) -> str:
    """A number of requests.

    >>> many(12400.0)
    '12,400'
    """
    return f"{requests:,.0f}"


def evidence(e_value: float) -> str:
    """An e-value: what is beyond a million is said to be.

    >>> evidence(0.0354), evidence(3.21), evidence(212.4), evidence(1e40)
    ('0.04', '3.2', '212', 'over a million')
    """
    if e_value > 1e6:
        return "over a million"
    return f"{e_value:,.0f}" if e_value >= 10 else f"{e_value:.1f}" if e_value >= 0.1 else f"{e_value:.2f}"
