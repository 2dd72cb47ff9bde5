"""Keys of a campaign file: many systems over many phases."""

from __future__ import annotations

from pilotage.adapters.plans_yaml.keys.shape import (
    BOOLEAN,
    CHECKS,
    FILE,
    NAME,
    TEXT,
    TEXTS,
    Either,
    Key,
    ListOf,
    Named,
    Ref,
    Table,
    Word,
    choice,
    one_or_more,
)

_RULE = choice("block", "warn", "propose", "ignore")
_DATE = Word("a date", ("2024-01-06",))
_SYSTEMS = one_or_more(Word("a system, or every system", ("Auth", "every system")))


def _rule(says: str, default: str) -> Key:
    return Key(_RULE, says, default)


RULES = Table(
    "rules",
    "Fixed sentences; each blocks, warns, proposes, or is ignored.",
    {
        "weekends break and weekdays fix": _rule("Who tests when.", "block"),
        "no production at weekends": _rule("No production date on a Saturday or Sunday.", "block"),
        "production only after the phase before is stable": _rule("Stable is what stable says.", "block"),
        "fixed early means a lighter break and more automation": _rule("What a quick fix allows.", "propose"),
        "the next system starts before the last is done": _rule("No idle time.", "warn"),
        "intensity falls as confidence grows": _rule("A system is broken less hard each time.", "warn"),
        "smooth phases shorten the plan": _rule("What a smooth phase allows.", "propose"),
        "deep issues lengthen the fixing week and move production": _rule(
            "What a deep issue asks for.", "propose"
        ),
    },
)

SYSTEM = Table(
    "a system",
    "One of the systems the campaign carries.",
    {"title": Key(TEXT, "Its name for readers."), "group": Key(TEXT, "Which group it belongs to.")},
)

PRODUCTION = Table(
    "a production drop",
    "Systems that go to production at the end of a phase.",
    {
        "title": Key(TEXT, "Its name for readers."),
        "systems": Key(_SYSTEMS, "What goes out.", required=True),
        "date": Key(_DATE, "When.", required=True),
        "plan": Key(FILE, "The plan that carries it out."),
    },
)

_PER_SYSTEM = Either(
    (Word("every system to a word of the scale", ("every system to final polish",)), Named("a system", TEXT))
)

PHASE = Table(
    "a phase",
    "A weekend of breaking or a week of fixing.",
    {
        "phase": Key(NAME, "Its name.", required=True),
        "title": Key(TEXT, "Its name for readers."),
        "dates": Key(Word("dates", ("2024-01-06 for 2d",)), "When it is."),
        "mode": Key(TEXT, "What kind of phase it is.", "weekends break, weeks fix"),
        "objective": Key(TEXT, "What it is for."),
        "break": Key(
            Named("a system", Word("a word of the scale intensity", ("hard",))),
            "Which systems are tested how hard.",
        ),
        "fix": Key(_SYSTEMS, "Systems that are fixed."),
        "start": Key(_SYSTEMS, "Systems that are taken up."),
        "focus": Key(Named("a system", Word("a weight", ("2",))), "How the work is shared."),
        "automate": Key(_PER_SYSTEM, "How far automation gets."),
        "do": Key(TEXTS, "What else is done."),
        "status": Key(_PER_SYSTEM, "What the systems are at its end."),
        "production": Key(PRODUCTION, "What goes to production.", "nothing"),
        "because": Key(TEXT, "Why it departs from a rule."),
        "optional": Key(BOOLEAN, "It may be left out.", "false"),
        "model": Key(Word("a model", ("rolling",)), "What it follows."),
    },
)

ENVIRONMENTS = Table(
    "the campaign's environments",
    "Where the systems run.",
    {"always": Key(TEXTS, "In every phase."), "released": Key(TEXT, "Where production drops go.")},
)

OWN_KEYS = {
    "campaign": Key(NAME, "Its id.", required=True),
    "title": Key(TEXT, "Its name for readers."),
    "summary": Key(TEXT, "A sentence or two."),
    "chart": Key(TEXT, "The title of the chart.", "the title"),
    "ensures": Key(TEXTS, "What the plan promises."),
    "starts": Key(_DATE, "Its first day.", required=True),
    "environments": Key(ENVIRONMENTS, "Where the systems run."),
    "systems": Key(
        Named("a system", Ref("system")), "The systems, in the order they are taken up.", required=True
    ),
    "scales": Key(
        Named("a scale", ListOf(TEXT)), "The words for intensity, automation and status, least first."
    ),
    "rules": Key(RULES, "Fixed sentences that block, warn, propose, or are ignored."),
    "stable": Key(CHECKS, "What stable means."),
    "phases": Key(ListOf(Ref("phase")), "Weekends and weeks, in order.", required=True),
}

TABLES = {"system": SYSTEM, "phase": PHASE}
