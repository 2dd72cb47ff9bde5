"""Secrets: references looked up where they live, at the moment of use."""

from .references import SecretReferences

__all__ = ["SecretReferences"]
