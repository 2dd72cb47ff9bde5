"""Commands: the programs a plan names, run as real processes."""

from .performer import CommandsPerformer

__all__ = ["CommandsPerformer"]
