"""Releases and flags kept in memory: for tests and simulations. It makes the promises the real ones make."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pilotage.application.ports.given_answers import GivenAnswer
from pilotage.application.ports.storage import Change, EffectRow, EventRow, ReleaseRow, SampleRow
from pilotage.application.records import BEGINNING, chain, gapless
from pilotage.application.shapes import read_moment
from pilotage.domain.errors import Bug
from pilotage.domain.flags import Flag
from pilotage.domain.tokens import Token


@dataclass(slots=True)
class _Tick:
    """A claim on a release, if there is one: whose, and the time that came."""

    owner: str = ""
    came: datetime | None = None


@dataclass(slots=True)
class _Effect:
    """An effect and its lease."""

    row: EffectRow
    owner: str = ""
    lease: datetime | None = None

    @property
    def again(self) -> datetime:
        """When it can be claimed (again)."""
        return self.row.due if self.lease is None else self.lease


class MemoryStorage:
    """Implements the storage and flag ports. One event loop's coroutines may share it; every method runs in one go."""

    def __init__(self, keep_samples: int = 20_000) -> None:
        """Empty. ``keep_samples`` newest looks at each release are kept."""
        self._keep_samples = keep_samples
        self._releases: dict[str, ReleaseRow] = {}
        self._ticks: dict[str, _Tick] = {}
        self._events: dict[str, list[EventRow]] = {}
        self._effect_ids: set[str] = set()
        self._open: dict[str, _Effect] = {}
        self._samples: dict[str, list[SampleRow]] = {}
        self._plans: dict[str, str] = {}
        self._flags: dict[str, Flag] = {}
        self._tokens: dict[str, Token] = {}
        self._answers: dict[tuple[str, str], GivenAnswer] = {}

    async def ready(self) -> None:
        """It always is."""

    async def close(self) -> None:
        """Nothing to let go of; what was kept stays."""

    async def commit(self, changes: Sequence[Change]) -> frozenset[str]:
        """Write changes that still hold."""
        for change in changes:
            gapless(change)
            if twice := [effect.id for effect in change.effects if effect.id in self._effect_ids]:
                raise Bug(
                    f"There already is an effect {twice[0]}.", "Nothing was written. Please report this."
                )
        return frozenset(change.row.id for change in changes if self._holds(change) and self._write(change))

    def _holds(self, change: Change) -> bool:
        stored = self._releases.get(change.row.id)
        if change.create is not None:
            return stored is None and change.expected == 0 and not change.ended
        return (
            stored is not None
            and stored.version == change.expected
            and change.fence in (None, stored.fence)
            and all(id_ in self._open for id_, _ in change.ended)
        )

    def _write(self, change: Change) -> bool:
        row = change.row
        stored = self._releases.get(row.id)
        kept = row if stored is None or change.events or change.snapshot else stored
        fence = 1 if stored is None else stored.fence + 1
        self._releases[row.id] = replace(kept, judging=row.judging, due=row.due, fence=fence)
        self._ticks[row.id] = _Tick()
        if change.create is not None:
            self._plans.setdefault(row.plan_digest, change.create)
        if change.events:
            self._events.setdefault(row.id, []).extend(change.events)
        for effect in change.effects:
            self._effect_ids.add(effect.id)
            self._open[effect.id] = _Effect(effect)
        for id_, _ in change.ended:
            del self._open[id_]
        if change.samples:
            samples = self._samples.setdefault(row.id, [])
            samples.extend(change.samples)
            del samples[: -self._keep_samples]
        return True

    async def release(self, release_id: str) -> ReleaseRow | None:
        """One release."""
        return self._releases.get(release_id)

    async def releases(self, statuses: Sequence[str] = (), limit: int = 100) -> Sequence[ReleaseRow]:
        """Releases, latest change first."""
        found = [row for row in self._releases.values() if not statuses or row.status in statuses]
        found.sort(key=lambda row: row.id)
        found.sort(key=lambda row: row.updated, reverse=True)
        return found[:limit]

    async def events(self, stream: str, after: int = 0, limit: int = 1000) -> Sequence[EventRow]:
        """Events of a stream."""
        return self._events.get(stream, [])[after : after + limit]

    async def streams(self) -> Sequence[str]:
        """All streams."""
        return sorted(self._events)

    async def plan_document(self, digest: str) -> str | None:
        """A pinned plan document."""
        return self._plans.get(digest)

    async def samples(self, release_id: str, limit: int = 20_000) -> Sequence[SampleRow]:
        """The newest looks at a release."""
        return self._samples.get(release_id, [])[-limit:]

    async def claim_due(
        self, now: datetime, limit: int, lease_seconds: float, owner: str = ""
    ) -> Sequence[ReleaseRow]:
        """Claim releases to look at."""
        due = (row for row in self._releases.values() if row.due is not None and row.due <= now)
        claimed = []
        for row in heapq.nsmallest(limit, due, key=lambda row: (row.due, row.id)):
            came = self._ticks[row.id].came or row.due
            self._ticks[row.id] = _Tick(owner, came)
            leased = replace(row, due=now + timedelta(seconds=lease_seconds), fence=row.fence + 1)
            self._releases[row.id] = leased
            claimed.append(replace(leased, due=came))
        return claimed

    async def next_due(self) -> datetime | None:
        """The earliest due look or effect."""
        looks = [row.due for row in self._releases.values() if row.due is not None]
        return min([*looks, *(effect.again for effect in self._open.values())], default=None)

    async def claim_effects(
        self, now: datetime, limit: int, lease_seconds: float, owner: str
    ) -> Sequence[EffectRow]:
        """Claim effects to carry out."""
        due = (effect for effect in self._open.values() if effect.row.due <= now and effect.again <= now)
        claimed = []
        for effect in heapq.nsmallest(limit, due, key=lambda effect: (effect.row.due, effect.row.id)):
            row = effect.row
            doubt = row.claimed or effect.lease is not None
            effect.row = replace(row, attempt=row.attempt + 1, claimed=doubt)
            effect.owner, effect.lease = owner, now + timedelta(seconds=lease_seconds)
            claimed.append(effect.row)
        return claimed

    async def renew(self, effect_ids: Sequence[str], now: datetime, lease_seconds: float, owner: str) -> None:
        """Keep leases."""
        for effect in self._held(owner):
            if effect.row.id in effect_ids:
                effect.lease = now + timedelta(seconds=lease_seconds)

    async def give_back(self, effect_id: str, due: datetime, owner: str) -> None:
        """Give a claimed effect back."""
        for effect in self._held(owner):
            if effect.row.id == effect_id:
                effect.row = replace(effect.row, due=due)
                effect.owner, effect.lease = "", None

    async def clear_leases(self, owner: str) -> None:
        """End the leases of an earlier life."""
        for effect in self._held(owner):
            effect.owner, effect.lease = "", effect.row.due
        for id_, tick in self._ticks.items():
            if tick.owner == owner and tick.came is not None:
                row = self._releases[id_]
                self._releases[id_] = replace(row, due=tick.came, fence=row.fence + 1)
                self._ticks[id_] = _Tick()

    def _held(self, owner: str) -> list[_Effect]:
        return [e for e in self._open.values() if e.owner == owner and e.lease is not None]

    async def open_effects(self, release_id: str) -> Sequence[EffectRow]:
        """Effects that have not ended."""
        found = [effect.row for effect in self._open.values() if effect.row.release == release_id]
        return sorted(found, key=lambda row: (row.due, row.id))

    async def flag(self, name: str) -> Flag | None:
        """One flag."""
        return self._flags.get(name)

    async def flags(self) -> Sequence[Flag]:
        """All flags."""
        return [self._flags[name] for name in sorted(self._flags)]

    async def put_flag(self, flag: Flag, expected_revision: int, record: str, at: str) -> bool:
        """Store a flag with its event."""
        stored = self._flags.get(flag.name)
        if (stored.revision if stored else 0) != expected_revision:
            return False
        self._flags[flag.name] = flag
        stream = f"flag:{flag.name}"
        events = self._events.setdefault(stream, [])
        head = events[-1].hash if events else BEGINNING
        events.extend(chain(stream, len(events) + 1, head, [(read_moment(at), record)]))
        return True

    async def flags_revision(self) -> int:
        """Changes whenever any flag does."""
        return sum(flag.revision for flag in self._flags.values())

    async def put_token(self, token: Token, secret_hash: str) -> bool:
        """Store a new token."""
        if secret_hash in self._tokens or any(kept.id == token.id for kept in self._tokens.values()):
            return False
        self._tokens[secret_hash] = token
        return True

    async def token_of(self, secret_hash: str) -> Token | None:
        """The token with that hash."""
        return self._tokens.get(secret_hash)

    async def tokens(self) -> Sequence[Token]:
        """Every token."""
        return sorted(self._tokens.values(), key=lambda token: (token.made, token.id))

    async def any_token(self) -> bool:
        """Whether there ever was one."""
        return bool(self._tokens)

    async def revoke_token(self, token_id: str, at: datetime, by: str) -> Token | None:
        """Revoke a token."""
        for secret_hash, token in self._tokens.items():
            if token.id == token_id:
                if token.revoked is None:
                    self._tokens[secret_hash] = replace(token, revoked=at, revoked_by=by)
                return self._tokens[secret_hash]
        return None

    async def given_answer(self, caller: str, key: str) -> GivenAnswer | None:
        """What was answered."""
        return self._answers.get((caller, key))

    async def keep_answer(self, answer: GivenAnswer, forget_before: datetime) -> None:
        """Keep an answer."""
        self._answers = {k: kept for k, kept in self._answers.items() if kept.at >= forget_before}
        self._answers.setdefault((answer.caller, answer.key), answer)
