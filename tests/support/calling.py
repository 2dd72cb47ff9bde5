"""Calling ``pilotage`` in this process, as a person or a program would: words in; status, answer and talk out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from pilotage.interfaces.cli.main import main


@dataclass(frozen=True)
class Said:
    """What one call came to: exit status, standard output, standard error."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object that ``--json`` prints; its schema is checked and taken off."""
        found: dict[str, Any] = json.loads(self.out)
        assert found.pop("schema") == 1
        return found


class Caller:
    """Calls ``pilotage`` with the same options in front each time."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *always: str) -> None:
        self._capsys = capsys
        self._always = always

    def __call__(self, *words: str, by: str = "") -> Said:
        """One call; ``by`` is who acts."""
        self._capsys.readouterr()
        status = main([*self._always, *(("--as", by) if by else ()), *words])
        printed = self._capsys.readouterr()
        return Said(status, printed.out, printed.err)

    def done(self, *words: str, by: str = "") -> Said:
        """A call that must succeed."""
        said = self(*words, by=by)
        assert said.status == 0, f"pilotage {' '.join(words)}: {said.status}\n{said.out}\n{said.err}"
        return said
