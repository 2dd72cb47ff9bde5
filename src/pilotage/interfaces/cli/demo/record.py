"""What the record of a release proves: the numbers of ``pilotage demo --json``, reckoned from its audit pack.

``outcome``           completed, or rolled_back; None while it is neither
``share_max``         the largest share of all users, in percent, that could meet the change (as the flag confirmed it)
``detected_after_s``  seconds from the moment the first users beyond a named segment could meet the change (where it never
                      got that far: the first users at all) to the moment the rollback trigger fired
``requests_exposed``  requests answered by the change, as the shop itself counted them (variant "on" of that version)
``rolled_back_in_s``  seconds from the trigger to the end of the rollback: exposure lowered, steps undone and verified
``events``            how many events its record has
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Measured:
    """One release in numbers; see above for what each means. None: it does not apply."""

    version: str
    outcome: str | None
    share_max: float
    detected_after_s: float | None
    requests_exposed: int
    rolled_back_in_s: float | None
    events: int

    def as_json(self) -> Body:
        """As ``--json`` prints it."""
        return asdict(self)


def events_of(pack: Path) -> list[Body]:
    """The events in an audit pack, oldest first."""
    with ZipFile(pack) as archive:
        name = next(name for name in archive.namelist() if name.endswith("/events.jsonl"))
        lines = archive.read(name).split(b"\n")[:-1]
    return [json.loads(json.loads(line)["body"]) for line in lines]


def measured(version: str, events: Sequence[Body], requests_exposed: int) -> Measured:
    """The numbers of one release."""
    confirmed = {event["effect"] for event in events if event["event"] == "exposure_confirmed"}
    changes = [e for e in events if e["event"] == "exposure_changed" and e.get("effect") in confirmed]
    fired = _first(events, "trigger_fired")
    back = _first(events, "rollback_completed")
    met = _met_from(events, changes)
    return Measured(
        version=version,
        outcome="rolled_back" if back else "completed" if _first(events, "release_completed") else None,
        share_max=max((_share(change["after"]) for change in changes), default=0.0),
        detected_after_s=_seconds(met, fired),
        requests_exposed=requests_exposed,
        rolled_back_in_s=_seconds(fired, back),
        events=len(events),
    )


def _met_from(events: Sequence[Body], changes: Sequence[Body]) -> Body | None:
    """The confirmation of the first rise to a share of everybody; without one, of the first rise."""
    rises = [change for change in changes if change.get("raised")]
    first = next((rise for rise in rises if _share(rise["after"])), rises[0] if rises else None)
    if first is None:
        return None
    return next(e for e in events if e["event"] == "exposure_confirmed" and e["effect"] == first["effect"])


def _share(exposure: Body) -> float:
    kept = [_share(before) for before in exposure.get("kept", ())]
    return max(float(exposure.get("share", 0.0)), *kept, 0.0)


def _first(events: Sequence[Body], name: str) -> Body | None:
    return next((event for event in events if event["event"] == name), None)


def _seconds(start: Body | None, end: Body | None) -> float | None:
    if start is None or end is None:
        return None
    return round((datetime.fromisoformat(end["at"]) - datetime.fromisoformat(start["at"])).total_seconds(), 3)
