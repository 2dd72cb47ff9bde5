"""The shop that the demo releases: found in the package or the checkout, and copied to a folder of its own."""

from __future__ import annotations

import shutil
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from pilotage.domain.errors import UsageError

_HERE = Path(__file__).resolve().parent
_PLACES = (_HERE / "shop", _HERE.parents[4] / "examples" / "shop")
"""In an installed package it is packed beside this file; in a checkout it is the example."""

_NOT_COPIED = shutil.ignore_patterns("state", "logs", "__pycache__", ".*", "messages.jsonl")


def plan_file(own: Path | None = None) -> Path:
    """The plan the demo follows: a person's own, else the shop's. Raises UsageError when there is none."""
    if own is not None and not own.is_file():
        raise UsageError(
            f"There is no plan {own}.", "Name the file, such as your edited copy of the shop's plan.yaml."
        )
    return own or _shop() / "plan.yaml"


def prepare(plan: Path) -> Path:
    """A new folder with the shop in it, and ``plan`` as its plan. Raises UsageError when something is missing."""
    _check_machine()
    try:
        folder = Path(tempfile.mkdtemp(prefix="pilotage-demo-")) / "shop"
        shutil.copytree(_shop(), folder, ignore=_NOT_COPIED)
        shutil.copyfile(plan, folder / "plan.yaml")
    except OSError as error:
        raise UsageError(
            f"The demo needs a temporary folder, and {error.filename} cannot be written: {error.strerror}.",
            "Make room there, or name another place with TMPDIR=FOLDER.",
        ) from error
    return folder


def _shop() -> Path:
    for place in _PLACES:
        if (place / "shop.py").is_file():
            return place
    raise UsageError(
        "The shop that the demo releases was not installed with Pilotage.",
        "Run it from a checkout of the project: make demo.",
    )


def _check_machine() -> None:
    if sys.platform == "win32":
        raise UsageError(
            "The demo's shop is deployed by a shell script, which Windows cannot run.", "Run it in WSL."
        )
    try:
        found = find_spec("openfeature.contrib.provider.ofrep")
    except ModuleNotFoundError:
        found = None
    if found is None:
        raise UsageError(
            "The demo's shop reads its flag through the OpenFeature SDK, which is not installed here.",
            "Install it: pip install 'pilotage[openfeature]'",
        )
