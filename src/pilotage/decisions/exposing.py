"""Changing exposure: raise over a passed gate, lower at once, ask again until what moves the share has taken it."""

from __future__ import annotations

from datetime import datetime, timedelta

from pilotage.decisions import effects, people
from pilotage.decisions.asking import ask, withdraw
from pilotage.decisions.exposure import join, lower_to, within
from pilotage.decisions.readiness import Action, Doing, can_start
from pilotage.decisions.turn import Turn
from pilotage.decisions.variables import fill, variables
from pilotage.domain import events as e
from pilotage.domain.effects import Effect
from pilotage.domain.exposure import Audience, Exposure
from pilotage.domain.people import PLAN, Actor
from pilotage.domain.release import Status
from pilotage.domain.stages import Stage

BY_HAND = "by hand"
AGAIN_AFTER, AGAIN_AT_MOST = timedelta(seconds=5), timedelta(minutes=1)
"""How soon a change of exposure that was not taken is asked for again, at first and when it has failed for long."""


def raise_to(turn: Turn, stage: Stage, rung: int, wanted: Exposure, because: str, by: Actor = PLAN) -> bool:
    """Let ``wanted`` in as well, if that may start now. Returns whether anything happened."""
    answer = can_start(Action(Doing.RAISE, stage, rung=rung), turn.release, turn.at, turn.surroundings)
    if not answer.allowed:
        for reason in answer.reasons:
            turn.wait(f"exposure to {wanted}: {reason.text}", reason.who, reason.again)
        return False
    after = join(turn.release.exposure, wanted)
    _change(turn, after, stage.id, rung, True, "; ".join((because, *answer.warnings)), by)
    return True


def lower(turn: Turn, wanted: Exposure, because: str, by: Actor = PLAN) -> bool:
    """Take away all but ``wanted``, at once. Returns whether anything changed; a retired flag cannot take anything away."""
    after = lower_to(turn.release.exposure, wanted)
    if turn.plan.exposure is None or turn.release.flag_retired:
        return False
    if within(turn.release.exposure, after) and not turn.release.exposure_effect:
        return False
    _change(turn, after, turn.release.stage, -1, False, because, by)
    return True


def _change(
    turn: Turn, after: Exposure, stage: str, rung: int, raised: bool, because: str, by: Actor
) -> None:
    effect = effects.of_exposure(turn, after)
    turn.happen(e.ExposureChanged(turn.release.exposure, after, raised, stage, rung, effect.id), because, by)
    _carry_out(turn, effect)


def _carry_out(turn: Turn, effect: Effect) -> None:
    """Through the flag or an adapter; where the share is moved by hand, as a task for the owner."""
    if turn.plan.exposure is None or turn.plan.exposure.via != BY_HAND or turn.release.rehearsal:
        turn.request(effect)
        return
    text = f"Set the exposure of {fill(turn.plan.exposure.flag, variables(turn.release, turn.at))} to {turn.release.exposure}, by hand"
    withdraw(turn, "exposure", "overtaken by the next change")
    ask(turn, "exposure", e.QuestionKind.WORK, text, (people.OWNER,), effect.id)


def ask_again(turn: Turn) -> bool:
    """A change that was not taken is asked for again when its time has come; a rise not while the release is held."""
    release = turn.release
    if not release.exposure_effect or release.exposure_again is None:
        return False
    if _rising(turn) and release.hold is not None:
        return turn.wait(
            f"what moves the share did not let {release.exposure} in; it is asked again once somebody resumes",
            people.who_may_resume(turn.release, turn.at, turn.surroundings),
        )
    if release.exposure_again > turn.at:
        return turn.wait(
            "what moves the share did not take the change; it is asked again", (), release.exposure_again
        )
    effect = effects.of_exposure(turn, release.exposure)
    again = e.ExposureChanged(release.exposure, release.exposure, False, release.stage, -1, effect.id)
    turn.happen(again, "the change was not taken before")
    _carry_out(turn, effect)
    return True


def _rising(turn: Turn) -> bool:
    """Whether the change on its way lets people in: exposure only rises while the release runs, and falls otherwise."""
    return turn.release.status is Status.RUNNING


def confirmed(turn: Turn, effect: str, detail: str) -> None:
    """The change of exposure was taken. On the way back that lifts the hold its failures set: the rule goes on by itself."""
    turn.happen(e.ExposureConfirmed(effect), detail)
    if _our_hold(turn) and turn.release.status is Status.ROLLING_BACK:
        turn.happen(e.Resumed("exposure has fallen; the way back goes on"))


def failed(turn: Turn, effect: str, detail: str) -> None:
    """The change of exposure was not taken: hold and page on a rise, keep asking on a fall."""
    turn.happen(e.ExposureFailed(effect, detail, _again_at(turn)), detail)
    if turn.release.hold is None and turn.release.status in (Status.RUNNING, Status.ROLLING_BACK):
        turn.happen(
            e.Held(
                e.HoldCause.OUTSIDE,
                f"exposure could not be changed to {turn.release.exposure}: {detail}",
                "exposure",
                page=True,
            ),
            detail,
        )


def _our_hold(turn: Turn) -> bool:
    hold = turn.release.hold
    return hold is not None and (hold.cause, hold.about) == (e.HoldCause.OUTSIDE, "exposure")


def _again_at(turn: Turn) -> datetime:
    """Soon, and less often the longer it has failed: a quarter of that time, within bounds."""
    hold = turn.release.hold
    lasting = turn.at - hold.since if hold is not None and _our_hold(turn) else timedelta()
    return turn.at + min(max(lasting / 4, AGAIN_AFTER), AGAIN_AT_MOST)


def audience_of(turn: Turn, stage: Stage, rung: int) -> Audience | None:
    """The audience of a rung; of a ``choose``, the one picked (None while nobody picked)."""
    audience = stage.rungs[rung]
    if not audience.options:
        return audience
    picked = turn.release.chosen_audiences.get(f"{stage.id}/{rung}")
    return next((option for option in audience.options if option.text == picked), None)
