"""What the command line asks for, and of whom: the same questions to the embedded database and to a server.

Answers are objects of JSON's own types, made by ``pilotage.application.use_cases.views.plain`` on either side; so what
``--json`` prints does not depend on who answered.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol

Json = dict[str, Any]


class Gateway(Protocol):
    """Carries questions and wishes of one person. Every method raises ``PilotageError`` in words for people."""

    async def releases(self, statuses: Sequence[str], limit: int) -> Json:
        """``{"releases": [Line, ...]}``, latest change first."""
        ...

    async def create(self, plan: Path, wanted: Mapping[str, Any]) -> Json:
        """``{"release": Line, "not_yet": [...], "notes": [TEXT, ...]}``.

        ``wanted`` has the fields of ``creating.Wanted`` and ``Answers``.
        """
        ...

    async def show(self, release: str) -> Json:
        """``views.Shown``."""
        ...

    async def why(self, release: str) -> Json:
        """``looking.Why``."""
        ...

    async def log(self, release: str, after: int = 0, limit: int | None = None) -> Json:
        """``{"told": [Told, ...]}``."""
        ...

    async def evidence(self, release: str, metric: str = "") -> Json:
        """``evidence_view.EvidenceView``, of one metric alone where it is named."""
        ...

    async def evidence_picture(self, release: str, metric: str = "") -> str:
        """The same as a chart of one metric: an SVG document."""
        ...

    async def replay(self, release: str, rules: str = "", name: str = "") -> Json:
        """``replaying.Replayed``, by other ``rules`` (sections of a plan) called ``name``; empty: its own."""
        ...

    def watch(self, release: str, after: int = 0) -> AsyncIterator[Json]:
        """``looking.Watched`` whenever something is new, until nothing can happen to the release any more."""
        ...

    async def start(self, release: str, rehearsal: bool) -> Json:
        """``acting.Acted``."""
        ...

    async def act(self, release: str, verb: str, said: Mapping[str, Any]) -> Json:
        """``acting.Acted``, of a word of ``interfaces.wishes``."""
        ...

    async def plan_document(self, release: str) -> Json:
        """``{"document": TEXT}``: the plan the release is held to, as one text."""
        ...

    async def export(self, release: str, target: Path) -> Path:
        """Write the audit pack; returns the file."""
        ...

    async def flags(self) -> Json:
        """``{"flags": [Flag, ...]}``."""
        ...

    async def flag(self, name: str) -> Json:
        """``{"flag": Flag, "history": [FlagTold, ...]}``."""
        ...

    async def turn_flag(self, name: str, verb: str, said: Mapping[str, Any]) -> Json:
        """``Flag`` after ``kill`` or ``revive`` (``reason``), or ``users`` (``user``, ``on``, ``reason``)."""
        ...

    async def verify(self, stream: str) -> Json:
        """``audit.Verified`` with ``holds`` and ``events``; every stream when ``stream`` is empty."""
        ...

    async def doctor(self) -> Json:
        """``{"findings": [Finding, ...]}``."""
        ...

    async def tokens(self) -> Json:
        """``{"tokens": [Token, ...]}``; a secret is in none of them."""
        ...

    async def make_token(self, holder: str, scope: str, days: float | None, machine: bool) -> Json:
        """``{"token": Token, "secret": TEXT}``: the only time the secret is told. ``days`` None: until it is revoked."""
        ...

    async def revoke_token(self, token: str) -> Json:
        """``{"token": Token}``, which counts no more."""
        ...

    async def somebody_works(self) -> bool | None:
        """Whether a worker carries releases on; None where it cannot be told."""
        ...

    def carrying_on(self) -> AbstractAsyncContextManager[bool]:
        """Carry releases on from here while inside, if nobody else does; gives whether it does."""
        ...
