"""A release that is counted from a service's own page, with a page that does not answer on the way."""

from __future__ import annotations

from dataclasses import replace

from pilotage.adapters.metrics.scrape import ScrapeMetrics
from pilotage.application.codec import look_from_json
from pilotage.domain.metrics import Arm, Source
from pilotage.testing.builders import above, automatic, hours, metric, minutes, plan_of, seconds, share, stage
from pilotage.testing.world import World
from tests.adapters.metrics.pages import Pages
from tests.adapters.metrics.places import PlainTexts

RATE = metric(
    "error rate",
    query="",
    errors='sum(increase(hits_total{variant="{{variant}}",status="500"}[{{over}}]))',
    total='sum(increase(hits_total{variant="{{variant}}"}[{{over}}]))',
)


def page(number: int) -> str:
    """What the service shows at the look of that number: each look 90 and 900 requests go well, 1 and 10 fail."""
    return "\n".join(
        f'hits_total{{variant="{variant}",status="{status}"}} {number * each * factor}'
        for variant, factor in (("on", 1), ("off", 10))
        for status, each in (("200", 90), ("500", 1))
    )


async def test_every_request_is_in_the_stored_looks_once(pages: Pages) -> None:
    adapter = ScrapeMetrics(PlainTexts())
    world = World(metrics={"scrape": adapter})
    plan = plan_of(
        stage("pilot", expose=share(10), bake=hours(1)),
        roles={"primary": ["maria"]},
        metrics=[RATE],
        rollback=[automatic(above("error rate", 50, minutes(5)))],
    )
    where = Source("main", "scrape", url=f"{pages.url}/metrics")
    pages.says(page(0))
    release = await world.started(replace(plan, sources={"main": where}))
    for number in range(1, 13):
        pages.says(page(number), 503 if number in (6, 7) else 200)
        await world.pass_time(seconds(15))
    await adapter.close()
    looks = [look_from_json(row.body) for row in await world.storage.samples(release)]
    tallies = [tally for look in looks for tally in look.tallies]
    for arm, factor in ((Arm.CANARY, 1), (Arm.BASELINE, 10)):
        good = [tally for tally in tallies if tally.arm is arm and not tally.problem]
        first = (good[0].begun - min(tally.begun for tally in tallies)).total_seconds() / 15
        assert first <= 1, "one reading opens the first span"
        assert sum(tally.requests for tally in good) == (12 - first) * 91 * factor
        assert sum(tally.errors for tally in good) == (12 - first) * factor
        assert [after.begun for after in good[1:]] == [before.ended for before in good[:-1]]
    silent = [tally.problem for tally in tallies if tally.arm is Arm.CANARY and "503" in tally.problem]
    assert len(silent) == 2
