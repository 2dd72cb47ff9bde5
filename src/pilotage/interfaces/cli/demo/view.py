"""What a person sees while the demo runs: a live picture on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TextIO

import typer

from pilotage.interfaces.cli.asking import full_stop, waiting
from pilotage.interfaces.cli.demo.numbers import Counted
from pilotage.interfaces.cli.gateway import Json
from pilotage.interfaces.cli.output import clock, colored

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

_SENTENCES = 12
_FEWEST = 3
_REST = 16
"""Lines of the picture that are no sentences; a low terminal shows fewer of these, never the last ones cut off."""

_BAR, _SHORT_BAR = 40, 16
_WIDE = 105
"""Columns from which there is room for the long bars and their words."""

_NAME = 14
_STATUS = {"completed": "green", "rolling back": "red", "rolled back": "red", "aborted": "red"}


@dataclass(frozen=True, slots=True)
class Scene:
    """How a release stands: what Pilotage shows of it, and what the shop counted lately."""

    shown: Json
    new: Counted
    old: Counted
    now: datetime
    seconds: float
    """Since the demo began."""


class View(Protocol):
    """Shows a demo."""

    lingers: float
    """Seconds for which the end of a release stays in sight."""

    def say(self, text: str) -> None:
        """Something about the demo itself."""
        ...

    def told(self, events: Sequence[Json]) -> None:
        """Something became true."""
        ...

    def draw(self, scene: Scene) -> None:
        """How it stands now."""
        ...

    def showing(self) -> AbstractContextManager[object]:
        """The picture is up while inside."""
        ...

    def story(self, version: str, events: Sequence[Json]) -> None:
        """What happened to one release, from its beginning to its end."""
        ...


def view_on(stream: TextIO) -> View:
    """The view that fits: a picture where ``stream`` is a terminal, lines elsewhere."""
    return LiveView(stream) if stream.isatty() else PlainView(stream)


class PlainView:
    """Line by line."""

    lingers = 0.0

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def say(self, text: str) -> None:
        """One line."""
        typer.echo(text, file=self._stream)

    def told(self, events: Sequence[Json]) -> None:
        """One line an event, the quiet ones left out."""
        for event in events:
            if event["importance"] > 0:
                self.say(f"{clock(event['at'])[11:]}  {full_stop(event['sentence'])}")

    def draw(self, scene: Scene) -> None:
        """Lines tell what happened, not how it stands."""

    def showing(self) -> AbstractContextManager[object]:
        """There is no picture."""
        return nullcontext()

    def story(self, version: str, events: Sequence[Json]) -> None:
        """The lines above were the story."""


class LiveView:
    """One picture, drawn anew several times a second."""

    lingers = 2.5

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console
        from rich.live import Live

        self._console = Console(file=stream, no_color=not colored(stream), highlight=False)
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._lines: deque[Text] = deque(maxlen=_SENTENCES)

    def say(self, text: str) -> None:
        """Below the picture while it is up, else a line."""
        from rich.text import Text

        if self._live.is_started:
            self._lines.append(Text(text, style="bold magenta"))
        else:
            self._console.print(Text(text))

    def told(self, events: Sequence[Json]) -> None:
        """Below the picture, the last ones only."""
        for event in events:
            if event["importance"] > 0:
                line = _line(event)
                line.no_wrap, line.overflow = True, "ellipsis"
                self._lines.append(line)

    def draw(self, scene: Scene) -> None:
        """Draw it anew."""
        room = max(_FEWEST, self._console.height - _REST)
        bar = _BAR if self._console.width >= _WIDE else _SHORT_BAR
        self._live.update(picture(scene, list(self._lines)[-room:], bar), refresh=True)

    def showing(self) -> AbstractContextManager[object]:
        """The picture is there while inside, and gone afterwards."""
        return self._live

    def story(self, version: str, events: Sequence[Json]) -> None:
        """The sentences that scrolled by below the picture, all of them."""
        from rich.rule import Rule

        self._console.print(Rule(f"The story of {version}", align="left", style="dim"))
        for event in events:
            if event["importance"] > 0:
                self._console.print(_line(event))


def _line(event: Json) -> Text:
    from rich.text import Text

    style = "bold" if event["importance"] > 1 else "cyan" if event["by"].get("person") else ""
    return Text(f"{clock(event['at'])[11:]}  {full_stop(event['sentence'])}", style=style)


def picture(scene: Scene, lines: Sequence[Text], bar: int = _BAR) -> RenderableType:
    """``bar`` is how long a full bar is.

    The release's headline, its stages, who meets it, its numbers, what it waits for, and the last sentences.
    """
    from rich.console import Group
    from rich.rule import Rule
    from rich.text import Text

    line = scene.shown["line"]
    was = f", {line['previous']} before" if line["previous"] else ""
    style = _STATUS.get(line["status"], "yellow" if line["held"] else "green")
    return Group(
        Rule(f"Pilotage demo · shop {line['version']}{was} · {scene.seconds:.0f} s", style="dim"),
        Text(line["headline"], style=f"bold {style}"),
        Text(""),
        _stages(scene),
        Text(""),
        _bar(bar, "who meets it", line["share"] / 100, style, line["exposure"]),
        _failing(bar, "new checkout", scene.new),
        _failing(bar, "old checkout", scene.old),
        Text(""),
        _next(scene),
        Rule(style="dim"),
        *lines,
    )


def _stages(scene: Scene) -> Text:
    from rich.text import Text

    from pilotage.interfaces.cli.showing import MARKS

    styles = {"done": "green", "current": "bold cyan", "ahead": "dim", "skipped": "dim"}
    text = Text()
    for number, stage in enumerate(scene.shown["stages"]):
        text.append(" ──── " if number else "", style="dim")
        text.append(f"{MARKS[stage['state']]} {stage['name']}", style=styles[stage["state"]])
    return text


def _bar(length: int, name: str, part: float, style: str, words: str) -> Text:
    """``part`` of it is filled (0 to 1); whatever is more than nothing shows."""
    from rich.text import Text

    filled = min(length, max(round(length * part), 1 if part > 0 else 0))
    text = Text(f"{name:{_NAME}}")
    text.append("█" * filled, style=style)
    text.append("░" * (length - filled), style="dim")
    text.append(f"  {words}")
    return text


def _failing(length: int, name: str, counted: Counted) -> Text:
    """A bar of the payments that failed lately; it is full where every tenth did."""
    share = counted.share or 0.0
    style = "red" if share > 5 else "yellow" if share > 2 else "green"
    return _bar(length, name, share / 10, style, str(counted) if counted.requests else "nobody uses it now")


def _next(scene: Scene) -> Text:
    from rich.text import Text

    waits = scene.shown["waits"]
    if not waits:
        return Text("")
    first = waits[0]
    text = waiting({**first, "again": None})
    if first["again"]:
        left = (datetime.fromisoformat(first["again"]) - scene.now).total_seconds()
        if left > 0:
            text = f"{text}  {left:.0f} s to go"
    return Text(text, style="yellow" if first["who"] else "dim")
