"""Errors as data: one form for ``--json``, for the API's problem documents and for whoever reads either."""

from __future__ import annotations

from typing import Any

from pilotage.domain import errors

_FAULTS: tuple[tuple[type[BaseException], str], ...] = (
    (errors.PlanError, "plan"),
    (errors.UsageError, "you"),
    (errors.Refused, "rule"),
    (errors.LoginRequired, "login"),
    (errors.OutsideError, "outside"),
)


def fault_of(error: BaseException) -> str:
    """Whose fault it is: ``plan``, ``you``, ``rule``, ``login``, ``outside`` or ``ours``."""
    return next((fault for kind, fault in _FAULTS if isinstance(error, kind)), "ours")


def error_object(error: errors.PilotageError) -> dict[str, Any]:
    """``message``, ``hint``, ``fault`` and ``exit`` (the exit status of the command line), and what this kind adds:
    ``problems`` of a plan, ``missing`` answers, ``forms`` not carried out yet.
    """
    more = {name: getattr(error, name) for name in ("problems", "missing", "forms") if hasattr(error, name)}
    if more:
        from pilotage.application.use_cases.views import plain

        more = plain(more)
    return {
        "message": error.message,
        "hint": error.hint,
        "fault": fault_of(error),
        "exit": error.exit_code,
        **more,
    }
