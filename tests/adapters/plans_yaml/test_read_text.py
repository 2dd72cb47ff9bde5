"""Plans that were sent as one text: the same plan as at home, and no file of this machine is looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

import pilotage
from pilotage.adapters.plans_yaml.plans import YamlPlans

SHIPPED = sorted((Path(pilotage.__file__).parent / "plans").rglob("*.yaml"))


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_resolved_document_is_the_same_plan_wherever_it_is_read(file: Path) -> None:
    plans = YamlPlans()
    read = plans.read(file)
    sent = plans.read_text(read.document)
    if read.plan is None:
        assert sent.plan is None
        assert "a release needs a plan file" in sent.errors[0].message
    else:
        assert sent.errors == ()
        assert sent.plan is not None
        assert sent.plan.digest == read.plan.digest
        assert sent.plan == plans.restore(read.document)


SMALL = """\
plan: checkout
roles: {primary: kim}
stages:
  - {stage: first, expose: 10%, go: primary}
  - {stage: everyone, expose: everyone}
"""


@pytest.mark.parametrize(
    "line", ["extends: %s", "include: [%s]", "messages: [{to: primary, template: %s, at: release starts}]"]
)
def test_no_other_file_is_read(tmp_path: Path, line: str) -> None:
    secret = tmp_path / "secret.yaml"
    secret.write_text("word-nobody-may-see: here\n")
    read = YamlPlans().read_text(SMALL + line % secret + "\n", "sent.yaml")
    about = [p for p in read.problems if str(secret) in p.message]
    assert [(p.file.endswith("sent.yaml"), p.line) for p in about] == [(True, 6)]
    assert "was sent alone" in about[0].message
    assert "word-nobody-may-see" not in str(read)


def test_a_project_file_beside_the_process_is_not_joined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pilotage.yaml").write_text("project: other\npeople: {spy: {name: Spy}}\n")
    monkeypatch.chdir(tmp_path)
    read = YamlPlans().read_text(SMALL)
    assert read.plan is not None, read.errors
    assert "spy" not in read.plan.people


@pytest.mark.parametrize("text", ["", "\ud800", "\x00", "[", "plan: x", "a" * 1_000_001])
def test_what_is_no_plan_is_told_so(text: str) -> None:
    read = YamlPlans().read_text(text)
    assert read.plan is None
    assert read.errors
