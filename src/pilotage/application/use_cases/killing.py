"""When a flag is killed, the releases that move it are told: they hold until a person says how to go on."""

from __future__ import annotations

from pilotage.application.ports.storage import ReleaseRow, ReleaseStore
from pilotage.application.runtime.handle import Handler
from pilotage.application.runtime.loading import Loader
from pilotage.application.use_cases.flags import TellReleases
from pilotage.decisions import people
from pilotage.decisions.variables import fill, variables
from pilotage.domain.errors import PilotageError
from pilotage.domain.facts import KillSwitchPulled
from pilotage.domain.flags import Flag
from pilotage.domain.people import Actor
from pilotage.domain.release import Release, Status

_MOST = 1000


def tell_releases(store: ReleaseStore, loader: Loader, handler: Handler) -> TellReleases:
    """The messenger: tells every release under way that exposes its change through the killed flag."""

    async def tell(flag: Flag, by: Actor, reason: str) -> None:
        untold: PilotageError | None = None
        for row in await store.releases([str(Status.RUNNING), str(Status.ROLLING_BACK)], _MOST):
            try:
                await _tell(row, flag, by, reason)
            except PilotageError as error:  # one release that cannot be told must not keep it from the others
                untold = error
        if untold is not None:
            raise untold

    async def _tell(row: ReleaseRow, flag: Flag, by: Actor, reason: str) -> None:
        release = (await loader.of_row(row)).release
        if not _moves(release, flag):
            return
        # Whoever may pull the switch need not be a person of this plan: the release hears it all the same.
        stranger = by.person and not people.is_known(release, by.person)
        teller = Actor(rule=f"the kill switch of {flag.name}, pulled by {by}") if stranger else by
        await handler.handle(row.id, KillSwitchPulled(reason), teller)

    return tell


def _moves(release: Release, flag: Flag) -> bool:
    """Whether this release's exposure goes through that flag."""
    plan = release.plan.exposure
    if plan is None or release.created is None:
        return False
    return fill(plan.flag, variables(release, release.created)) == flag.name
