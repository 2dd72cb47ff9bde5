"""Compiling a plan written in a test."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from pilotage.adapters.plans_yaml.plans import YamlPlans
from pilotage.domain.plan import Plan

Compile = Callable[..., Plan]


@pytest.fixture
def compiled(tmp_path: Path) -> Compile:
    """Compiles the text of a plan (and of its project file); a mistake in it fails the test."""

    def compile_text(plan: str, project: str = "") -> Plan:
        file = tmp_path / "plan.yaml"
        file.write_text(textwrap.dedent(plan), encoding="utf-8")
        if project:
            (tmp_path / "pilotage.yaml").write_text(textwrap.dedent(project), encoding="utf-8")
        read = YamlPlans().read(file)
        assert read.plan is not None, "\n".join(map(str, read.errors))
        return read.plan

    return compile_text
