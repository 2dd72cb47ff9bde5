"""Evidence: sequential tests that may be looked at as often as one likes, with a stated budget for false alarms."""

from pilotage.decisions.evidence.design import Design, Kind, Limit, Margin, MetricDesign
from pilotage.decisions.evidence.evidence import Evidence
from pilotage.decisions.evidence.judgement import Action, Counts, Found, Interval, Judgement, Pair

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
