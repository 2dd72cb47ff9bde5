"""What people do about a release: each wish is a fact, and the plan decides what comes of it.

The wishes are the facts of ``pilotage.domain.facts`` that people bring: ``Approve``, ``Reject``, ``Attest``,
``ChooseOption``, ``Override``, ``Hold``, ``Resume``, ``Advance``, ``Abort``, ``RollBack``, ``ReportMetric``,
``ReportProblem``, ``ReportIncident``, ``TellTrait``, ``TellInput``, ``KillSwitchPulled``, ``Withdraw``; and ``Start``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pilotage.application.ports.flags import FlagStore
from pilotage.application.ports.plans import Plans
from pilotage.application.runtime.handle import Handled, Handler
from pilotage.application.runtime.loading import Loader
from pilotage.application.use_cases.flag_at_start import check_flag
from pilotage.decisions import people
from pilotage.decisions.evolve import evolve
from pilotage.decisions.explain import sentence
from pilotage.decisions.naming import find_question, known_about
from pilotage.domain import facts
from pilotage.domain.decision import Wait
from pilotage.domain.errors import PilotageError, Refused, UsageError
from pilotage.domain.events import ReleaseCreated
from pilotage.domain.people import Actor
from pilotage.domain.plan import NotYet
from pilotage.domain.release import Release, Status

_MACHINE = (facts.Tick, facts.EffectEnded, facts.Start)


@dataclass(frozen=True, slots=True)
class Acted:
    """What came of a wish: ``said`` are the sentences of what became true (empty: it already was), ``waits`` what the
    release waits for now, most important first, ``notes`` what else the person should know.
    """

    release: Release
    said: tuple[str, ...]
    waits: tuple[Wait, ...] = ()
    notes: tuple[str, ...] = ()


class NotCarriedOutYet(Refused):
    """The plan holds forms that are understood and not yet carried out; ``forms`` names them with their lines."""

    def __init__(self, forms: tuple[NotYet, ...]) -> None:
        """Keep the forms; the message lists every one."""
        self.forms = forms
        lines = [f"  line {form.line}: {form.form}" for form in forms]
        super().__init__(
            "\n".join(
                [
                    "This version of Pilotage understands, but does not yet carry out, what the plan asks for:",
                    *lines,
                ]
            ),
            "Take these lines out of the plan and create the release again; `pilotage plan simulate` plays it as it is.",
        )


class Acting:
    """Takes people's wishes."""

    def __init__(self, handler: Handler, loader: Loader, plans: Plans, flags: FlagStore) -> None:
        self._handler = handler
        self._loader = loader
        self._plans = plans
        self._flags = flags

    async def act(self, release_id: str, wish: facts.Body, by: Actor, expected: int | None = None) -> Acted:
        """Carry a person's wish to the release. ``expected``: the number of events they decided on, where it matters.

        A wish whose result already stands is answered without doing anything.

        Raises NotFound, Refused (with who may, or when it would be allowed), Conflict, Outdated, StoreUnusable.
        """
        if isinstance(wish, _MACHINE):
            raise UsageError(
                f"{type(wish).__name__} is not something a person tells.", "Use `release start` to start."
            )
        return await self._act(release_id, wish, by, expected)

    async def start(
        self, release_id: str, by: Actor, rehearsal: bool = False, expected: int | None = None
    ) -> Acted:
        """Start a release. A rehearsal decides and tells, and acts on nothing; it may meet forms not carried out yet.

        Raises NotCarriedOutYet naming every such form of the plan with its line; and as ``act``.
        """
        release = (await self._loader.load(release_id)).release
        if release.plan.not_yet and not rehearsal:
            raise NotCarriedOutYet(await self._forms_where_written(release))
        if release.status is Status.PLANNED and not rehearsal:
            await check_flag(release, self._flags)
        acted = await self._act(release_id, facts.Start(rehearsal), by, expected)
        note = await self._plan_changed(release)
        return Acted(acted.release, acted.said, acted.waits, (note,) if note else ())

    async def _act(self, release_id: str, wish: facts.Body, by: Actor, expected: int | None) -> Acted:
        release = (await self._loader.load(release_id)).release
        if _already_so(release, wish, by):
            return Acted(release, ())
        handled = await self._handler.handle(release_id, wish, by, expected=expected)
        if handled.decision.refusal:
            raise Refused(handled.decision.refusal, _who_can(handled))
        return Acted(handled.release, sentences(handled), handled.decision.waits)

    async def _forms_where_written(self, release: Release) -> tuple[NotYet, ...]:
        """The forms with their lines in the plan's file, while it still says what was pinned; else in the pinned text."""
        file = await self._plan_file(release)
        if (
            file
            and self._digest_now(Path(file)) == release.plan.digest
            and (plan := self._plans.read(Path(file)).plan)
        ):
            return plan.not_yet
        return release.plan.not_yet

    async def _plan_file(self, release: Release) -> str:
        first = await self._loader.history(release.id, limit=1)
        created = first[0].event if first else None
        return created.plan_file if isinstance(created, ReleaseCreated) else ""

    def _digest_now(self, file: Path) -> str | None:
        """The digest of the plan in that file today; empty when it no longer reads; None without the file."""
        if not file.is_file():
            return None
        try:
            plan = self._plans.read(file).plan
        except PilotageError:
            return ""
        return plan.digest if plan is not None else ""

    async def _plan_changed(self, release: Release) -> str:
        """A sentence when the plan's file no longer says what the release is held to; empty when it does."""
        file = await self._plan_file(release)
        if not file or self._digest_now(Path(file)) in (None, release.plan.digest):
            return ""
        return (
            f"{Path(file).name} has changed since this release was created; the release keeps the plan it was created "
            f"with. `pilotage plan check {Path(file).name} --against {release.id}` shows what that edit would mean."
        )


def sentences(handled: Handled) -> tuple[str, ...]:
    """What became true, one sentence an event."""
    told, release = [], handled.before
    for happened in handled.decision.events:
        told.append(sentence(happened, release))
        release = evolve(release, happened)
    return tuple(told)


def _already_so(release: Release, wish: facts.Body, by: Actor) -> bool:
    """Whether the same click came before: what is wished already stands, given by the same person."""
    match wish:
        case facts.Approve(about=about):
            return _approved(release, about, by.person)
        case facts.Attest(about=about, passed=passed):
            return find_question(about, release.questions.values()) is None and _ticked(
                release, about, by.person, passed
            )
        case facts.Hold(reason=reason):
            return release.hold is not None and release.hold.reason == reason
        case _:
            return False


def _approved(release: Release, about: str, person: str) -> bool:
    given = {a.about for a in release.approvals if a.person == person}
    mine = {
        key for key in given if any(a.person == person for a in people.valid(release.approvals, key, release))
    }
    question = find_question(about, release.questions.values())
    return bool(known_about(about, mine)) if question is None else question.about in mine


def _ticked(release: Release, about: str, person: str, passed: bool) -> bool:
    keys = {key for key, check in release.checks.items() if check.passed is passed and check.by == person}
    return bool(known_about(about, keys | set(release.passed if passed else ())))


def _who_can(handled: Handled) -> str:
    who = next((", ".join(w.who) for w in handled.decision.waits if w.who), "")
    return (
        f"Who can act now: {who}."
        if who
        else f"`pilotage release why {handled.release.id}` says what it waits for."
    )
