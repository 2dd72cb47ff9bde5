"""A version is read exactly, wherever it stands."""

from __future__ import annotations

import pytest

from pilotage.adapters.deploy.versions import says_version


@pytest.mark.parametrize(
    ("answer", "version", "says"),
    [
        ("1.2.3", "1.2.3", True),
        ("v1.2.3\n", "1.2.3", True),
        ('"1.2.3"', "v1.2.3", True),
        ("shop 1.2.3.", "1.2.3", True),
        ("1.2.30", "1.2.3", False),
        ("11.2.3", "1.2.3", False),
        ("1.2.3-rc.1", "1.2.3", False),
        ("1.2.3.4", "1.2.3", False),
        ("1x2x3", "1.2.3", False),
        ('{"version": "1.2.3"}', "1.2.3", True),
        ('{"app": {"Version": "1.2.3"}, "previous": {"deep": {"version": "1.2.2"}}}', "1.2.3", True),
        ('{"app": {"version": "1.2.3"}, "previous": {"deep": {"version": "1.2.2"}}}', "1.2.2", False),
        ('{"version": null, "tag": "1.2.3"}', "1.2.3", True),
        ('{"release": {"tag": "v1.2.3"}}', "1.2.3", True),
        ('[{"version": {"number": "1.2.3"}}]', "1.2.3", True),
        ('{"build": 42}', "42", True),
        ("42", "42", True),
        ("", "1.2.3", False),
        ("[" * 100_000, "1.2.3", False),
    ],
)
def test_says_version(answer: str, version: str, says: bool) -> None:
    assert says_version(answer, version) is says
