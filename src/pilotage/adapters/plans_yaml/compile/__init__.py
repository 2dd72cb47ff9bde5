"""From the merged tree to a ``Plan``: names resolved, defaults filled in, everything that cannot be so told at its place."""

from pilotage.adapters.plans_yaml.compile.head import compile_plan

__all__ = ["compile_plan"]
