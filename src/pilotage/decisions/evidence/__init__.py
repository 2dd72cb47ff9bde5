"""Evidence: sequential tests that may be looked at as often as one likes, with a stated budget for false alarms."""

from typing import TYPE_CHECKING, Any

from pilotage.decisions.evidence.design import Design, Kind, Limit, Margin, MetricDesign
from pilotage.decisions.evidence.judgement import Action, Counts, Found, Interval, Judgement, Pair

if TYPE_CHECKING:
    from pilotage.decisions.evidence.evidence import Evidence

__all__ = [
    "Action",
    "Counts",
    "Design",
    "Evidence",
    "Found",
    "Interval",
    "Judgement",
    "Kind",
    "Limit",
    "Margin",
    "MetricDesign",
    "Pair",
]


def __getattr__(name: str) -> Any:
    """``Evidence`` brings numpy, which takes longer to load than most commands take: it comes when it is asked for."""
    if name == "Evidence":
        from pilotage.decisions.evidence.evidence import Evidence

        return Evidence
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
