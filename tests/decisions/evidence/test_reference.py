"""The ten lines of the reference run, and print what the page says."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs/reference/evidence.md"


def test_the_ten_lines_print_what_the_page_shows() -> None:
    text = PAGE.read_text(encoding="utf-8")
    code, output = re.findall(r"^```(?:python|text)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)[:2]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, str(PAGE), "exec"), {})
    assert printed.getvalue() == output
