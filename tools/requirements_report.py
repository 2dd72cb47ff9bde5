"""Say which of the listed requirements passing tests show, and which are missing (``make requirements``)."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from tools import requirements_list
from tools.requirements_list import Requirement


def standing(record: Path) -> tuple[set[int], set[int]]:
    """The numbers shown and the numbers broken, from what the test run wrote.

    Shown: at least one marked test passed and none failed. Broken: a marked test failed. A skipped test
    shows nothing.
    """
    outcomes: dict[str, set[int]] = {"passed": set(), "failed": set(), "skipped": set()}
    for test in json.loads(record.read_text(encoding="utf-8"))["tests"].values():
        outcomes[test["outcome"]].update(test["requirements"])
    return outcomes["passed"] - outcomes["failed"], outcomes["failed"]


def ranges(numbers: Iterable[int]) -> str:
    """``1, 2, 3, 7`` as ``1-3, 7``.

    >>> ranges([7, 1, 2, 3])
    '1-3, 7'
    """
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def report(requirements: Sequence[Requirement], shown: set[int], broken: set[int]) -> str:
    """The report as text: the count first, then a line a section with what is missing or broken there."""
    lines = [f"{len(shown)} of {len(requirements)} requirements are shown by passing tests."]
    if broken:
        lines.append(f"Broken, because a test that shows them fails: {ranges(broken)}.")
    lines.append("")
    for letter, group in groupby(requirements, key=lambda each: each.letter):
        section = list(group)
        numbers = {each.number for each in section}
        missing = numbers - shown - broken
        rest = f"missing {ranges(missing)}" if missing else "complete" if not numbers & broken else ""
        lines.append(
            f"{letter}  {len(numbers & shown):3} of {len(numbers):3}  {section[0].section}: {rest}".rstrip(
                ": "
            )
        )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report; 1 if the record is not there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", type=Path, default=Path(".cache/requirements.json"))
    record: Path = parser.parse_args(arguments).record
    if not record.exists():
        print(f"There is no record of a test run at {record}. Make one: make requirements")
        return 1
    shown, broken = standing(record)
    print(report(requirements_list.read(), shown, broken))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
