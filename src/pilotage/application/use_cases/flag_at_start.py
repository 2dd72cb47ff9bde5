"""Before a release starts: its flag must not let in more people than the plan starts with (S1).

A flag outlives a release. One that an earlier release left at everyone would hand the new version to everyone at its
first deploy, before any gate; lowering it silently would take the earlier change away from those who have it.
"""

from __future__ import annotations

from pilotage.application.ports.flags import FlagStore
from pilotage.decisions.exposure import within
from pilotage.decisions.variables import fill, variables
from pilotage.domain.errors import Refused
from pilotage.domain.flags import Flag
from pilotage.domain.release import Release

BUILT_IN = "flag"
"""The ``via`` of the flags Pilotage keeps itself."""


async def check_flag(release: Release, flags: FlagStore) -> None:
    """Raises Refused when the release's built-in flag already lets people in, was killed, or was retired."""
    plan = release.plan.exposure
    if plan is None or plan.via != BUILT_IN or release.created is None:
        return
    flag = await flags.flag(fill(plan.flag, variables(release, release.created)))
    if flag is None:
        return
    advice = f"Name a flag for each version in the plan, such as `flag: {plan.flag}-{{{{version}}}}`, and create the release again"
    if flag.retired:
        raise Refused(
            f"the flag {flag.name} has been retired: everybody gets the change for good.", f"{advice}."
        )
    if flag.killed:
        raise Refused(
            f"the kill switch of {flag.name} is pulled: {flag.killed_because}.",
            f"Run `pilotage flags revive {flag.name}` when the reason is gone, then start again.",
        )
    if not within(flag.exposure, plan.starts):
        raise Refused(_exposed(flag, release), f"{advice}; or take the change back from its users first.")


def _exposed(flag: Flag, release: Release) -> str:
    return (
        f"the flag {flag.name} is at {flag.exposure} already, so {flag.exposure} would meet {release.version} "
        "as soon as it is deployed, before any gate."
    )
