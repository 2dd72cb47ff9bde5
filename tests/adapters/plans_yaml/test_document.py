"""One document out of many files: project, extends, include, variations, each, templates, and the resolved text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotage.adapters.plans_yaml.document import Document, load_document, read_resolved
from pilotage.adapters.plans_yaml.render import digest, render
from pilotage.adapters.plans_yaml.tree import Entries, Items, Node, Place, Problems, Text
from pilotage.domain.errors import UsageError
from tests.adapters.plans_yaml.plan_files import load, plain, read, shipped_plans, write

BASE = """\
plan: base
title: Base
stages:
  - stage: planning
    gate: [check: Planned]
  - stage: staging
    expose: 5%
    bake: 1d
    steps: [do: Test]
  - stage: production
    id: prod
    ramp: [10%, everyone]
messages:
  - {at: planning starts, to: internal, via: email, text: We start}
  - {at: planning ends, to: internal, via: email, text: We start}
risks: [{risk: Data issues}]
metrics:
  error rate: {unit: percent, source: one}
  latency: {unit: time}
"""


def stages(document: Document) -> list[str]:
    tree = document.tree
    return [stage["stage"] for stage in plain(tree.get("stages"))]


# ---------------------------------------------------------------------------------------------- every shipped plan


@pytest.mark.parametrize("path", shipped_plans(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_resolved_text_of_a_shipped_plan_reads_back_as_the_same_tree(path: Path) -> None:
    document, errors, _ = load(path)
    assert errors == []
    problems = Problems()
    back = read_resolved(document.text, problems)
    assert problems.found == []
    assert back is not None
    assert plain(back) == plain(document.tree)
    assert list(plain(back)) == list(plain(document.tree))
    assert render(back) == document.text
    assert digest(render(back)) == document.digest


def test_the_digest_depends_on_what_a_plan_says_not_on_how_it_is_laid_out() -> None:
    loose = read("plan: x # a comment\nstages:\n- {stage: a, gate: ['check it', \"b\"]}\n")
    tidy = read("plan: 'x'\n\nstages:\n  - stage: a\n    gate:\n      - check it\n      - b\n")
    assert render(loose) == render(tidy)
    assert render(loose) != render(read("plan: x\nstages:\n  - {stage: a, gate: [check it, c]}\n"))


# ---------------------------------------------------------------------------------------------- project


def test_the_project_is_found_beside_the_plan_and_the_plan_wins_name_by_name(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        plan="""\
plan: x
roles: {lead: sam}
settings: {announce: every release}
guard: {error rate: target < 1%}
messages: [{at: a starts, to: internal, via: email, text: Mine}]
rollback: {then: abort, procedures: {two: {steps: [do: B2]}}}
stages: [{stage: a}]
""",
        pilotage="""\
project: p
title: Shared
roles: {Lead: maria, qa: kim}
settings: {announce: user-facing changes, canary: never}
guard: {error rate: "target < 0.5%, alert > 5%", latency: target < 1s}
messages: [{at: a ends, to: internal, via: email, text: Ours}]
rollback: {then: hold, target: 30m, procedures: {one: {steps: [do: A]}, two: {steps: [do: B]}}}
escalation: [{to: lead}]
""",
    )
    document, errors, _ = load(path)
    assert errors == []
    assert document.project is not None
    assert [file.name for file in document.files] == ["plan.yaml", "pilotage.yaml"]
    tree = plain(document.tree)
    assert list(tree)[:3] == ["language", "plan", "title"]
    assert "project" not in tree
    assert tree["roles"] == {"lead": "sam", "qa": "kim"}
    assert tree["settings"] == {"announce": "every release", "canary": "never"}
    assert tree["guard"] == {"error rate": "target < 1%, alert > 5%", "latency": "target < 1s"}
    assert [message["text"] for message in tree["messages"]] == ["Ours", "Mine"]
    assert tree["rollback"]["then"] == "abort"
    assert tree["rollback"]["target"] == "30m"
    assert tree["rollback"]["procedures"]["two"] == {"steps": [{"do": "B2"}]}
    assert tree["escalation"] == [{"to": "lead"}]


def test_every_node_keeps_the_file_and_line_where_it_was_written(tmp_path: Path) -> None:
    path = write(
        tmp_path, plan="plan: x\nstages: [{stage: a}]\n", pilotage="project: p\n\nroles: {qa: kim}\n"
    )
    document, _, _ = load(path)
    roles = document.tree.get("roles")
    assert isinstance(roles, Entries)
    qa = roles.key("qa")
    assert qa is not None
    assert (Path(qa.place.file).name, qa.place.line, qa.place.column) == ("pilotage.yaml", 3, 9)


def test_a_project_further_up_counts_only_within_the_repository(tmp_path: Path) -> None:
    (tmp_path / "pilotage.yaml").write_text("project: p\ntitle: Shared\n")
    folder = tmp_path / "repo" / "plans"
    folder.mkdir(parents=True)
    path = write(folder, plan="plan: x\nstages: [{stage: a}]\n")
    assert load(path)[0].project is None
    (tmp_path / ".git").mkdir()
    assert plain(load(path)[0].tree)["title"] == "Shared"
    (tmp_path / "repo" / ".git").mkdir()
    assert load(path)[0].project is None, "the root of the repository is below it now"


def test_a_project_file_that_is_none_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, plan="plan: x\nstages: [{stage: a}]\n", pilotage="plan: y\nstages: []\n")
    assert load(path)[1] == [
        'pilotage.yaml:1:1  pilotage.yaml holds what plans share; it begins with "project: NAME"'
    ]


# ---------------------------------------------------------------------------------------------- extends


def test_a_variation_changes_skips_adds_and_inserts_stages(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        plan="""\
plan: x
extends: base.yaml
drop: [we-start-2, data-issues]
stages:
  - stage: Planning
    add: {gate: [check: Trained], steps: [do: Train], before: [check: Asked]}
  - stage: staging
    skip: nothing to stage
  - stage: prod
    expose: everyone
    bake: 2d
  - {stage: first, after: start}
  - {stage: second, after: start}
  - {stage: third, after: second}
metrics:
  Error-Rate: {unit: count}
risks: [{risk: Mine}]
""",
        base=BASE,
    )
    document, errors, _ = load(path)
    assert errors == []
    assert stages(document) == ["first", "second", "third", "planning", "production"]
    tree = plain(document.tree)
    assert tree["plan"] == "x"
    assert tree["title"] == "Base"
    planning, production = tree["stages"][3:]
    assert planning == {
        "stage": "planning",
        "gate": [{"check": "Planned"}, {"check": "Trained"}],
        "steps": [{"do": "Train"}],
        "before": [{"check": "Asked"}],
    }
    assert production == {"stage": "production", "id": "prod", "expose": "everyone", "bake": "2d"}
    assert [(s.stage, s.reason) for s in document.skipped] == [("staging", "nothing to stage")]
    assert tree["metrics"] == {"Error-Rate": {"unit": "count"}, "latency": {"unit": "time"}}
    assert [message["at"] for message in tree["messages"]] == ["planning starts"]
    assert tree["risks"] == [{"risk": "Mine"}]
    assert not {"extends", "drop", "replace", "include"} & set(tree)


def test_two_levels_are_joined_and_a_third_is_refused(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        a="plan: a\nextends: b.yaml\ntitle: A\n",
        b="plan: b\nextends: base.yaml\nstages: [{stage: planning, bake: 3d}]\n",
        base=BASE,
        zero="plan: zero\nextends: a.yaml\n",
    )
    document, errors, _ = load(path)
    assert errors == []
    assert plain(document.tree)["stages"][0] == {
        "stage": "planning",
        "gate": [{"check": "Planned"}],
        "bake": "3d",
    }
    assert load(tmp_path / "zero.yaml")[1] == [
        "b.yaml:2:10  a plan has at most 2 others behind it; this would be one more"
    ]


def test_replace_takes_a_section_whole(tmp_path: Path) -> None:
    own = "plan: x\nextends: base.yaml\nreplace: [stages, metrics]\nstages: [{stage: only}]\nmetrics: {a: {unit: count}}\n"
    document, errors, _ = load(write(tmp_path, plan=own, base=BASE))
    assert errors == []
    assert stages(document) == ["only"]
    assert plain(document.tree.get("metrics")) == {"a": {"unit": "count"}}


@pytest.mark.parametrize(
    ("own", "message"),
    [
        (
            "stages: [{stage: stagging, bake: 1d}]",
            '3:18  unknown stage "stagging" in the plan this one extends; did you mean "staging"?',
        ),
        (
            "stages: [{stage: zzz}]",
            '3:18  unknown stage "zzz" in the plan this one extends; for a new stage say where it goes, such as "after: start"',
        ),
        ("stages: [{stage: new, after: planing}]", '3:30  unknown stage "planing"; did you mean "planning"?'),
        (
            "stages: [{stage: staging, after: start}]",
            ('3:34  "staging" is a stage of the plan this one extends, and "after" puts in a new one; '
            'give the new one another name, or leave "after" out to change the old one'),
        ),
        (
            "drop: [we-strat]",
            '3:8  there is no message, risk or monitoring line "we-strat" to drop; did you mean "we-start"?',
        ),
    ],
)  # fmt: skip
def test_mistakes_in_a_variation(tmp_path: Path, own: str, message: str) -> None:
    path = write(tmp_path, plan=f"plan: x\nextends: base.yaml\n{own}\n", base=BASE)
    assert load(path)[1] == [f"plan.yaml:{message}"]


def test_a_variation_needs_a_plan_to_vary(tmp_path: Path) -> None:
    path = write(tmp_path, plan="plan: x\nstages: [{stage: a, skip: why}]\n")
    assert load(path)[1] == [
        'plan.yaml:2:21  "skip" changes the stages of another plan, and this one extends none; say which with "extends"'
    ]


def test_circles_missing_files_and_files_of_another_kind_are_told(tmp_path: Path) -> None:
    write(
        tmp_path,
        a="plan: a\nextends: b.yaml\n",
        b="plan: b\nextends: a.yaml\n",
        c="plan: c\nextends: bb.yaml\nstages: [{stage: a}]\n",
        d="plan: d\nextends: p.yaml\nstages: [{stage: a}]\n",
        p="project: p\n",
        e="plan: e\ninclude: [p.yaml]\nstages: [{stage: a}]\n",
        f="plan: f\nextends: ./f.yaml\nstages: [{stage: a}]\n",
    )
    assert '"a.yaml" leads back to this file' in load(tmp_path / "a.yaml")[1][1]
    [missing] = load(tmp_path / "c.yaml")[1]
    assert missing.startswith('c.yaml:2:10  cannot read "bb.yaml" (no such file or directory); looked for ')
    assert missing.endswith('; did you mean "b.yaml"?')
    assert load(tmp_path / "d.yaml")[1] == ['d.yaml:2:10  "p.yaml" is no plan; only a plan can be extended']
    assert load(tmp_path / "e.yaml")[1] == [
        'e.yaml:2:11  "p.yaml" is a project file; "include" takes files of sections only'
    ]
    assert '"./f.yaml" leads back to this file' in load(tmp_path / "f.yaml")[1][0]


def test_a_plan_without_stages_and_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert load(write(tmp_path, plan="plan: x\n"))[1] == [
        'plan.yaml:1:1  a plan needs "stages", one at least'
    ]
    problems = Problems()
    assert load_document(write(tmp_path, sections="roles: {a: b}\n"), problems) is None
    assert "this has neither" in problems.errors[0].message
    with pytest.raises(UsageError, match="No such file"):
        load_document(tmp_path / "none.yaml", Problems())
    with pytest.raises(UsageError, match="directory"):
        load_document(tmp_path, Problems())


def test_the_mistakes_of_every_file_are_told_at_once(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        plan="plan: x\nextends: base.yaml\nzap: 1\n",
        base="plan: base\nzip: 1\nstages: [{stage: a}]\n",
        pilotage="project: p\nzop: 1\n",
    )
    assert [error.split("  ")[0] for error in load(path)[1]] == [
        "base.yaml:2:1",
        "pilotage.yaml:2:1",
        "plan.yaml:3:1",
    ]


def test_a_project_file_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, plan="plan: x\nstages: [{stage: a}]\n", pilotage="project: p\n")

    def refuse(this: Path, mode: str = "r") -> object:
        if this.name == "pilotage.yaml":
            raise PermissionError(13, "Permission denied")
        return real(this, mode)

    real = Path.open
    monkeypatch.setattr(Path, "open", refuse)
    [error] = load(path)[1]
    assert error.startswith("plan.yaml:1:1  cannot read the project file ")
    assert error.endswith("pilotage.yaml (permission denied)")


def test_a_file_without_end_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = write(tmp_path, plan="# " + "x" * 3_000_000)
    problems = Problems()
    assert load_document(path, problems) is None
    assert "longer than the 1,000,000 bytes" in problems.errors[0].message


# ---------------------------------------------------------------------------------------------- include


def test_included_sections_join_and_the_same_name_twice_is_an_error(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    write(shared, metrics="include: more.yaml\nmetrics: {a: {unit: count}}\nrisks: [{risk: R1}]\n")
    write(shared, more="metrics: {b: {unit: count}}\n")
    path = write(
        tmp_path,
        plan="plan: x\ninclude: [shared/metrics.yaml]\nmetrics: {c: {unit: count}}\nrisks: [{risk: R2}]\nstages: [{stage: s}]\n",
    )
    document, errors, _ = load(path)
    assert errors == []
    assert set(plain(document.tree)["metrics"]) == {"a", "b", "c"}
    assert plain(document.tree)["risks"] == [{"risk": "R1"}, {"risk": "R2"}]
    write(
        tmp_path,
        plan="plan: x\ninclude: [shared/metrics.yaml]\nmetrics: {A: {unit: count}}\nstages: [{stage: s}]\n",
    )
    [error] = load(path)[1]
    assert error.startswith('plan.yaml:3:11  "A" stands twice (also in ')
    assert error.endswith("metrics.yaml, line 2); keep one")


# ---------------------------------------------------------------------------------------------- each


EACH = """\
plan: x
stages:
  - stage: region {{each}}
    each: [us west, europe]
    expose: "{{each}}"
    steps:
      - run: ./deploy.sh "{{ each }}"
        env: {WHERE: "{{each}}"}
rollback:
  procedures: {one region: {steps: [expose: "everyone except {{each}}"]}}
"""


def test_each_writes_a_stage_out_for_every_value_and_leaves_the_rollback(tmp_path: Path) -> None:
    # The value stays in the copy: a rollback from it must know what {{each}} was.
    document, errors, _ = load(write(tmp_path, plan=EACH))
    assert errors == []
    tree = plain(document.tree)
    assert tree["stages"] == [
        {
            "stage": f"region {place}",
            "expose": place,
            "steps": [{"run": f'./deploy.sh "{place}"', "env": {"WHERE": place}}],
            "each": place,
        }
        for place in ("us west", "europe")
    ]
    assert "{{each}}" in str(tree["rollback"])


def test_each_of_one_value_is_one_stage_and_reading_the_result_again_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, plan='plan: x\nstages: [{stage: "in {{each}}", each: europe}]\n')
    document, errors, _ = load(path)
    assert errors == []
    assert plain(document.tree)["stages"] == [{"stage": "in europe", "each": "europe"}]
    again, errors, _ = load(write(tmp_path, again=document.text))
    assert errors == []
    assert again.text == document.text


def test_each_needs_its_name_in_the_name_and_the_id(tmp_path: Path) -> None:
    path = write(tmp_path, plan="plan: x\nstages: [{stage: region, each: [a, b]}]\n")
    assert load(path)[1] == [
        'plan.yaml:2:18  a stage with "each" has {{each}} in its name, such as "region {{each}}"'
    ]
    path = write(tmp_path, plan='plan: x\nstages: [{stage: "r {{each}}", id: r, each: [a, b]}]\n')
    assert load(path)[1] == [
        'plan.yaml:2:36  every copy would have the id "r"; put {{each}} into it, or leave it out'
    ]


# ---------------------------------------------------------------------------------------------- templates


def test_a_template_is_read_in_and_pinned_and_a_missing_one_is_a_doubt(tmp_path: Path) -> None:
    (tmp_path / "status.md").write_text("# Status\n\nIt is: {{status}}\n", encoding="utf-8")
    path = write(
        tmp_path,
        plan="""\
plan: x
stages: [{stage: a}]
messages:
  - {at: a starts, to: internal, via: email, template: status.md}
  - {message: m, to: internal, via: email, template: status.md}
  - {at: a ends, to: internal, via: email, template: gone.md}
""",
    )
    document, errors, warnings = load(path)
    assert errors == []
    first, second, third = plain(document.tree)["messages"]
    assert first["id"] == "status-md"
    assert first["text"] == "# Status\n\nIt is: {{status}}\n"
    assert "template" not in first
    assert "id" not in second
    assert third["template"] == "gone.md"
    assert warnings[0].startswith('plan.yaml:6:54  template "gone.md" is not there yet; looked for ')
    before = document.digest
    (tmp_path / "status.md").write_text("other", encoding="utf-8")
    assert load(path)[0].digest != before


def test_text_and_template_exclude_each_other(tmp_path: Path) -> None:
    row = "{at: a starts, to: internal, via: email, text: x, template: y.md}"
    path = write(tmp_path, plan=f"plan: x\nstages: [{{stage: a}}]\nmessages: [{row}]\n")
    assert load(path)[1] == ['plan.yaml:3:72  a message has "text" or "template", one of the two']


# ---------------------------------------------------------------------------------------------- any tree at all

HERE = Place("x", 1, 1)
TEXTS = st.text(st.characters(codec="utf-8") | st.sampled_from(" :#-?{}[],'\"\\\n\t|>&*!%@`"), max_size=24)
KEYS = st.text(st.sampled_from("ab :#-?'\"\\{}[],&*!%@é"), min_size=1, max_size=8)


def mapping(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Entries]:
    pairs = st.lists(st.tuples(KEYS, inner), max_size=4, unique_by=lambda pair: pair[0])
    return pairs.map(lambda found: Entries(HERE, tuple((Text(HERE, key), value) for key, value in found)))


NODES: st.SearchStrategy[Node] = st.recursive(
    TEXTS.map(lambda text: Text(HERE, text)),
    lambda inner: mapping(inner) | st.lists(inner, max_size=4).map(lambda items: Items(HERE, tuple(items))),
    max_leaves=12,
)


@given(mapping(NODES).filter(lambda tree: tree.entries and all(key.value != "<<" for key, _ in tree)))
def test_any_tree_reads_back_from_its_canonical_text(tree: Entries) -> None:
    text = render(tree)
    problems = Problems()
    back = read_resolved(text, problems)
    assert problems.errors == (), text
    assert plain(back) == plain(tree), text
