"""The requirement marker, its record and the report: they count what passing tests show, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools import requirements_list, requirements_report

# A run inside the run: the plugin alone, without the plugins that would warn about missing settings.
PLUGINS = ("-p", "no:asyncio", "-p", "no:cov", "-p", "tools.requirements_plugin")

SAMPLE = """
    import pytest

    @pytest.mark.requirement(1, 2)
    def test_passes(): pass

    @pytest.mark.requirement(2, 3)
    def test_fails(): assert False

    @pytest.mark.requirement(4)
    @pytest.mark.skip(reason="nothing to show it with")
    def test_skips(): pass

    @pytest.fixture
    def breaks_afterwards():
        yield
        raise RuntimeError("teardown")

    @pytest.mark.requirement(5)
    def test_breaks_in_teardown(breaks_afterwards): pass

    @pytest.mark.requirement(6)
    class TestMarkedAsOne:
        @pytest.mark.requirement(7)
        def test_passes(self): pass

    def test_without_marker(): pass
"""


@pytest.fixture(params=[(), ("-n", "1")], ids=["one process", "xdist"])
def record(request: pytest.FixtureRequest, pytester: pytest.Pytester) -> Path:
    """The record that a run of ``SAMPLE`` leaves behind."""
    pytester.makepyfile(SAMPLE)
    target = pytester.path / "deep" / "record.json"
    options = [*PLUGINS, "--requirements-record", str(target)]
    pytester.inline_run(*options, *request.param)
    return target


def test_only_passing_tests_show_a_requirement(record: Path) -> None:
    shown, broken = requirements_report.standing(record)
    assert shown == {1, 6, 7}
    assert broken == {2, 3, 5}


def test_unmarked_tests_are_not_recorded(record: Path) -> None:
    tests = json.loads(record.read_text())["tests"]
    assert len(tests) == 5
    assert not any("without_marker" in name for name in tests)


@pytest.mark.parametrize(
    ("numbers", "said"),
    [("400", "names 400"), ("'12'", "names '12'"), ("", "names no number"), ("0, 1", "names 0")],
)
def test_a_marker_that_names_no_requirement_stops_the_run(
    pytester: pytest.Pytester, numbers: str, said: str
) -> None:
    pytester.makepyfile(f"import pytest\n\n@pytest.mark.requirement({numbers})\ndef test_x(): pass")
    outcome = pytester.runpytest(*PLUGINS)
    assert outcome.ret == pytest.ExitCode.USAGE_ERROR
    outcome.stderr.fnmatch_lines([f"*{said}; expected numbers from 1 to 399*"])


def test_the_list_holds_all_399_lines_with_their_sections() -> None:
    requirements = requirements_list.read()
    assert [each.number for each in requirements] == list(range(1, 400))
    assert sorted({each.letter for each in requirements}) == [
        chr(code) for code in range(ord("A"), ord("Z") + 1)
    ]
    kinds = [each.kind for each in requirements]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "DATA": 162,
        "RULE": 139,
        "VIEW": 22,
        "ACTION": 76,
    }


def test_a_gap_in_the_numbers_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "requirements.md"
    page.write_text("## A. Stages\n\n1. [RULE] (003) One.\n3. [RULE] (003) Three.\n")
    with pytest.raises(ValueError, match="expected requirement 2, found 3"):
        requirements_list.read(page)


def test_the_report_counts_and_names_what_is_missing(tmp_path: Path) -> None:
    page = tmp_path / "requirements.md"
    lines = [f"{number}. [RULE] (003) Line {number}." for number in range(1, 6)]
    page.write_text("## A. Stages\n\n" + "\n".join(lines) + "\n\n## B. Flags\n\n6. [DATA] (001) Line 6.\n")
    text = requirements_report.report(requirements_list.read(page), shown={1, 6}, broken={2})
    assert text.splitlines() == [
        "2 of 6 requirements are shown by passing tests.",
        "Broken, because a test that shows them fails: 2.",
        "",
        "A    1 of   5  Stages: missing 3-5",
        "B    1 of   1  Flags: complete",
    ]


def test_without_a_record_the_report_says_how_to_make_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert requirements_report.main(["--record", str(tmp_path / "none.json")]) == 1
    assert "make requirements" in capsys.readouterr().out
