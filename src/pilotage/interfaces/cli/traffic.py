"""``plan check --traffic``: what each stage of a plan can reveal with the traffic a service has."""

from __future__ import annotations

from pilotage.decisions.revealing import Revealed, Revealing, Traffic, revealing
from pilotage.domain.plan import Plan
from pilotage.interfaces.cli.output import DOUBT, QUIET, STRONG, note, say, say_table, span

USUAL_BASE_RATE = "0.1%"


def reveal(plan: Plan, traffic: str, base_rate: str) -> Revealing:
    """What the stages of ``plan`` reveal with ``traffic`` (``100rps``). Raises UsageError."""
    from pilotage import bootstrap

    per_second, share = bootstrap.read_traffic(traffic, base_rate or USUAL_BASE_RATE)
    return revealing(plan, Traffic(per_second, share))


def say_revealed(found: Revealing, *, assumed_rate: bool) -> None:
    """Tell it to a person."""
    usual = " (assumed; --base-rate says it better)" if assumed_rate else ""
    say("")
    say(
        f"With {found.traffic.per_second:g} requests a second, of which {100 * found.traffic.base_rate:g} % fail{usual}, "
        f"and {100 * found.budget:.3g} % of harmless releases rolled back by errors at most:",
        STRONG,
    )
    if found.assumed:
        note(found.assumed, DOUBT)
    compared = [stage for stage in found.stages if not stage.why_not]
    if compared:
        ratios = sorted({seen.ratio for stage in compared for seen in stage.seen})
        heads = (
            "STAGE",
            "EXPOSURE",
            "BAKE",
            "CANARY REQUESTS",
            "REVEALS",
            *(f"{r:g}x AFTER" for r in ratios),
        )
        say_table(heads, [_row(stage, ratios) for stage in compared])
    for stage in found.stages:
        if stage.why_not:
            say(f"{stage.stage} ({stage.exposure}): {stage.why_not}.", QUIET)
    if found.not_reckoned:
        names = ", ".join(found.not_reckoned)
        say(
            f"{names}: compared too; how soon a slower one shows hangs on its spread, and is not reckoned here.",
            QUIET,
        )
    for stage in compared:
        if not stage.enough:
            say(f"▲ {_blind(stage, found.wanted or 0.0)}", DOUBT)


def _row(stage: Revealed, ratios: list[float]) -> tuple[str, ...]:
    after = {seen.ratio: span(seen.seconds) for seen in stage.seen}
    reveals = "everything in time" if stage.requests is None else _times(stage.smallest)
    return (
        stage.stage,
        stage.exposure,
        "ongoing" if stage.seconds is None else span(stage.seconds) if stage.seconds else "none",
        "" if stage.requests is None else f"{stage.requests:,.0f}",
        reveals,
        *(after.get(ratio, "never") for ratio in ratios),
    )


def _times(ratio: float | None) -> str:
    return "nothing" if ratio is None else f"{ratio:.2g}x" if ratio < 10 else f"{ratio:.0f}x"


def _blind(stage: Revealed, wanted: float) -> str:
    """Why a stage cannot do what the plan asks of it, and what would help."""
    reveals = "nothing" if stage.smallest is None else f"{_times(stage.smallest)} and more"
    words = f"{stage.stage} ({stage.exposure}) reveals {reveals} within its bake time; the plan wants {wanted:g}x."
    return f"{words} What would help: {', or '.join(stage.advice)}." if stage.advice else words
