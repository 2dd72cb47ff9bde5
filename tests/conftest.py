"""What every test may use: the repository's root, and hypothesis set for a machine that does other work too."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["pytester", "tools.requirements_plugin"]

# A shared machine pauses at any moment, so a slow example is no failure. A failing one prints the blob that repeats it.
settings.register_profile(
    "pilotage", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("pilotage")


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of this repository."""
    return Path(__file__).parent.parent
