"""The picture of a running demo: stages, who meets it, what fails, what it waits for; and plain lines elsewhere."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from pilotage.interfaces.cli.demo.numbers import Counted
from pilotage.interfaces.cli.demo.view import PlainView, Scene, picture, view_on

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

SHOWN: dict[str, Any] = {
    "line": {
        "version": "1.2.0", "previous": "1.1.0", "status": "running", "held": "", "share": 50.0,
        "exposure": "team and 50%", "headline": "1.2.0 is in half.",
    },
    "stages": [
        {"name": "team", "state": "done"}, {"name": "half", "state": "current"}, {"name": "everyone", "state": "ahead"},
    ],
    "waits": [{"text": "half bakes 4s", "who": [], "again": "2026-01-05T09:00:03Z"}],
}  # fmt: skip


def drawn(new: Counted, old: Counted) -> str:
    console = Console(file=io.StringIO(), width=120)
    console.print(picture(Scene(SHOWN, new, old, NOW, 17.0), []))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_picture_shows_where_it_is_who_meets_it_and_what_fails() -> None:
    shown = drawn(Counted(60, 5), Counted(50, 0))
    assert "✓ team ──── ● half ──── ○ everyone" in shown
    assert f"{'█' * 20}{'░' * 20}  team and 50%" in shown
    assert "8.3 % of payments fail (5 of 60 in 6 s)" in shown
    assert "0.0 % of payments fail (0 of 50 in 6 s)" in shown
    assert "half bakes 4s.  3 s to go" in shown
    assert "1.1.0 before · 17 s" in shown


def test_an_arm_that_nobody_uses_is_not_called_healthy() -> None:
    assert "nobody uses it now" in drawn(Counted(60, 0), Counted())


def test_without_a_terminal_there_are_plain_lines_and_quiet_events_are_left_out() -> None:
    out = io.StringIO()
    view = view_on(out)
    assert isinstance(view, PlainView)
    with view.showing():
        view.told(
            [
                {"at": "2026-01-05T09:00:00Z", "sentence": "Stage half began", "importance": 1},
                {"at": "2026-01-05T09:00:00Z", "sentence": "The flag confirmed it", "importance": 0},
            ]
        )
    assert out.getvalue().endswith(":00  Stage half began.\n")
    assert "\x1b" not in out.getvalue()
