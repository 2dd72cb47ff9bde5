"""Deploys: a version brought into an environment by its deploy command, and proven there by its version URL."""

from .performer import DeployPerformer

__all__ = ["DeployPerformer"]
