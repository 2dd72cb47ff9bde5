"""What a team does with ``pilotage``, in words, so that a story reads like the day it tells of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support.calling import Caller, Said

PATIENCE = "40s"

PLAN = """\
plan: {name}
roles: {{primary: maria, qa: kim, manager: {{people: [max], can: [roll back, override gates]}}}}
overrides: {{by: manager, reason: required}}
metrics: {{error rate: {{unit: percent, source: manual, ask: every 1d of primary}}}}
exposure: {{flag: {name}, segments: {{team: email ends with @example.com}}}}
stages:
  - stage: internal
    owner: primary
    steps: [{{run: touch {name}, undo: rm {name}}}]
    expose: team
    bake: 0s
    gate:
      - check: All critical paths tested
        by: qa
    go: primary
  - {{stage: pilot, expose: 10%, bake: 0s, go: primary}}
  - {{stage: everyone, expose: everyone, bake: 0s, go: by itself}}
rollback:
  automatic: error rate > 5%
  then: hold
"""


class Team:
    """Ana starts, kim tests, maria answers for it, max may override."""

    def __init__(self, pilotage: Caller, folder: Path, work: Path, name: str) -> None:
        self.pilotage = pilotage
        self.folder = folder
        self.name = name
        self.release = ""
        self._work = work

    @property
    def deployed(self) -> bool:
        """Whether the step's command was carried out and not undone."""
        return (self._work / self.name).exists()

    # --- given ------------------------------------------------------------------------------------------------------

    def has_a_plan(self, *changes: tuple[str, str]) -> None:
        """The plan above, with some of its words replaced."""
        text = PLAN.format(name=self.name)
        for before, after in changes:
            assert before in text
            text = text.replace(before, after)
        (self.folder / "plan.yaml").write_text(text)

    def creates(self, version: str) -> Said:
        """A release of that version, remembered as the one the story is about."""
        said = self.pilotage("release", "create", "plan.yaml", "--version", version, "--json", by="ana")
        if said.status == 0:
            self.release = said.json["release"]["id"]
        return said

    def has_started(self, version: str = "2.0.0") -> None:
        """A release on its way, as far as it goes without people."""
        assert self.creates(version).status == 0
        self.does("release", "start", self.release, by="ana")
        self.waits_for_people()

    def is_at_everyone_but_for_the_last_go(self) -> None:
        """A release whose pilot asks for its go."""
        self.has_started()
        self.does("attest", "critical paths", "--release", self.release, by="kim")
        self.waits_for_people()
        self.does("approve", "--release", self.release, by="maria")
        self.waits_for_people()

    # --- when -------------------------------------------------------------------------------------------------------

    def does(self, *words: str, by: str) -> Said:
        """Something that must be allowed."""
        return self.pilotage.done(*words, by=by)

    def tries(self, *words: str, by: str) -> Said:
        """Something that may be refused."""
        return self.pilotage(*words, by=by)

    def waits_for_people(self) -> None:
        """Until only people can move the release on."""
        said = self.watches("--until-blocked")
        assert said.status == 5, f"{said.status}\n{said.out}\n{said.err}"

    def watches(self, *words: str) -> Said:
        """Follow the release, to its end unless ``words`` say otherwise."""
        return self.pilotage("release", "watch", self.release, "--timeout", PATIENCE, *words)

    # --- then -------------------------------------------------------------------------------------------------------

    def sees(self) -> dict[str, Any]:
        """How the release stands."""
        return self.pilotage.done("release", "show", self.release, "--json").json

    @property
    def exposure(self) -> str:
        """Who meets the change."""
        exposure: str = self.sees()["line"]["exposure"]
        return exposure

    @property
    def log(self) -> list[str]:
        """Every sentence of the release's log."""
        told = self.pilotage.done("release", "log", self.release, "--json").json["told"]
        return [line["sentence"] for line in told]

    def can_prove_it(self) -> bool:
        """Whether the record holds."""
        holds: bool = self.pilotage.done("audit", "verify", self.release, "--json").json["holds"]
        return holds
