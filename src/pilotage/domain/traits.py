"""Traits and inputs: what is asked about a release, and ``when`` expressions over the answers."""

from __future__ import annotations

from dataclasses import dataclass

from pilotage.domain.moments import Moment


@dataclass(frozen=True, slots=True)
class TraitTerm:
    """One word of a ``when``: a declared trait, ``automatic``, ``type is X`` (kind "type") or ``ROLE is named``
    (kind "named").
    """

    kind: str
    name: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class When:
    """``when``: terms joined by ``and`` (``all_of``) or by ``or``; whether a line applies at all."""

    terms: tuple[TraitTerm, ...]
    all_of: bool = True
    text: str = ""


@dataclass(frozen=True, slots=True)
class Trait:
    """A yes-or-no question about a release, answered when it is created or at its ``at``."""

    name: str
    ask: str
    at: Moment | None = None
    paths: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Input:
    """A text asked for when a release is created (or at its ``at``)."""

    name: str
    ask: str
    at: Moment | None = None
    when: When | None = None
