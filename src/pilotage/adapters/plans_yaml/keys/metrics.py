"""Keys about evidence: metrics, their sources, guards, reactions, severities, KPIs."""

from __future__ import annotations

from pilotage.adapters.plans_yaml.keys.shape import (
    DURATION,
    GUARD,
    NUMBER,
    SECRET,
    TEXT,
    TEXTS,
    Either,
    Key,
    Named,
    Ref,
    Table,
    Word,
    choice,
)

_PROMQL = Word("a query", ("sum(rate(requests[{{over}}]))",))

METRIC = Table(
    "a metric",
    "A number that is watched. Errors and total, histogram and quantile, a query, or none of them: told by people.",
    {
        "unit": Key(
            choice(
                "percent", "time", "count", "score", "bytes", "per s", "per m", "per h", "per d", "per w",
                also={"seconds": "time", "milliseconds": "time", "ms": "time", "s": "time", "duration": "time",
                      "number": "count", "requests": "count", "ratio": "percent", "rate": "percent", "%": "percent"},
            ),
            "What it is counted in.",
            required=True,
        ),
        "of": Key(NUMBER, "The best score, for the unit score.", example="5"),
        "source": Key(Word("a source", ("prometheus", "manual", "sentry")), "Where it comes from.", "manual"),
        "errors": Key(_PROMQL, "How many failed; with total."),
        "total": Key(_PROMQL, "How many there were; with errors."),
        "histogram": Key(Word("a histogram", ("http_seconds_bucket",)), "The histogram; with quantile."),
        "quantile": Key(NUMBER, "Which quantile of the histogram.", example="0.95"),
        "query": Key(_PROMQL, "A query that answers with the number itself."),
        "over": Key(Word("a duration, stage or release", ("5m", "stage")), "The span a number covers.", "5m"),
        "better": Key(choice("lower", "higher"), "Which way is good.", "lower"),
        "baseline": Key(
            Word("control, previous, fixed VALUE or last SPAN", ("control", "previous", "fixed 300ms", "last 7d")),
            "What worse than baseline compares with.",
            "control",
        ),
        "tolerate": Key(
            Word("a percentage", ("20%",)),
            "How much worse than the control is still no regression.",
            "20% for errors, 10% for times",
        ),
        "weight": Key(NUMBER, "Its part in the release's own evidence, beside the other metrics.", "3 for errors, 1 for times", example="2"),
        "split": Key(TEXTS, "What in any … may name.", example="[endpoint, user segment]"),
        "guard": Key(Word("a guard, or ask", ("target < 1%, alert > 5%", "ask")), "The usual limits; a stage may set its own."),
        "ask": Key(Word("how often who is asked", ("every 2h of support",), names=("roles", "people")), "Who types the number in, and how often."),
        "describe": Key(TEXT, "A sentence for readers."),
    },
)  # fmt: skip

SOURCE = Table(
    "a source",
    "Where metrics are read.",
    {
        "type": Key(choice("prometheus", "scrape", "manual"), "How it is read.", required=True),
        "url": Key(SECRET, "Its address.", example="http://localhost:9090"),
        "token": Key(SECRET, "A bearer token, by reference.", example="env:PROMETHEUS_TOKEN"),
        "timeout": Key(DURATION, "How long an answer may take.", "10s"),
        "delay": Key(
            DURATION,
            "How long until what happened can be counted; more for remote storage.",
            "2s",
            example="1m",
        ),
    },
)

_REACTION = choice("note", "tell", "hold", "page", "roll back")
REACTIONS = Table(
    "reactions",
    "What a guard's state does; page is hold and page.",
    {
        "watch": Key(_REACTION, "Between target and alert.", "tell"),
        "alert": Key(_REACTION, "Beyond alert.", "page"),
        "worse": Key(_REACTION, "Proven to be worse than the control, beyond what is tolerated.", "page"),
        "no-data": Key(_REACTION, "Without data for the gap.", "page"),
        "unsure": Key(_REACTION, "When it cannot be told yet.", "hold"),
    },
)

EVIDENCE = Table(
    "evidence",
    "How closely metrics are watched, and how sure a judgement must be.",
    {
        "every": Key(DURATION, "The time between two looks.", "15s"),
        "false-alarms": Key(
            Word("a share per release", ("1% per release",)),
            "How often a healthy release may be stopped.",
            "1% per release",
        ),
        "minimum": Key(
            Word("a number of requests", ("200 requests",)),
            "What a gate or fixed limit needs to judge.",
            "200 requests",
        ),
        "grace": Key(DURATION, "How long after new replicas began only a catastrophe counts.", "2m"),
        "reveal": Key(
            Word("how many times worse, or nothing", ("3x", "nothing")),
            "What a stage must have been able to see before it is left: so many times the failed (or slow) requests.",
            "3x",
        ),
        "replicas": Key(
            Word("a label", ("instance", "pod")),
            "The label that tells the replicas of a service apart.",
            "instance",
        ),
        "gap": Key(DURATION, "How long a metric may be silent before it holds and pages.", "15m"),
    },
)

SEVERITY = Table(
    "a severity",
    "A class of bugs; each brings the metrics open, new and open … without workaround.",
    {
        "also": Key(TEXTS, "Other words for it.", example="[critical]"),
        "blocks": Key(
            choice("always", "unless a workaround exists", "never"),
            "Whether such a bug stops a release.",
            "always",
        ),
        "examples": Key(TEXTS, "For readers."),
        "describe": Key(TEXT, "A sentence for readers."),
    },
)

LIMITS = Named("a metric", GUARD, names=("metrics",))

KEYS = {
    "metrics": Key(
        Named("a metric", Ref("metric")),
        "What is measured.",
        example="{error rate: {unit: percent, source: sentry}}",
    ),
    "sources": Key(
        Named("a source", Ref("source")),
        "Where metrics are read.",
        "what people report",
        "{main: {type: prometheus, url: http://localhost:9090}}",
    ),
    "guard": Key(
        LIMITS,
        "Limits that hold and page; the nearest wins.",
        example="{error rate: 'target < 1%, alert > 2%'}",
    ),
    "reactions": Key(REACTIONS, "What watch, alert, no data and doubt do."),
    "evidence": Key(EVIDENCE, "How closely metrics are watched."),
    "severities": Key(
        Named("a severity", Ref("severity")), "Classes of bugs.", example="{P0: {blocks: always}}"
    ),
    "kpis": Key(LIMITS, "Targets for the releases as a whole.", example="{lead time: target < 1w}"),
}

STAGE_GUARD = Either((Word("another stage's guard", ("same as pilot",), names=("stages",)), LIMITS))

TABLES = {"metric": METRIC, "source": SOURCE, "severity": SEVERITY}
