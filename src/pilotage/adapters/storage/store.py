"""The storage and flag ports over one database, whichever engine it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from pilotage.adapters.storage import answers, flags, queues, reading, tokens
from pilotage.adapters.storage.database import Database
from pilotage.application.ports.given_answers import GivenAnswer
from pilotage.application.ports.storage import Change, EffectRow, EventRow, ReleaseRow, SampleRow
from pilotage.domain.flags import Flag
from pilotage.domain.tokens import Token

KEEP_SAMPLES = 20_000
"""Looks kept per release unless said otherwise: three and a half days of one every 15 s, two weeks of one a minute. A look
is about 2 kB. Older ones go, and a chart or replay says that they are gone: what decided stands in the events."""


class DatabaseStorage:
    """Keeps releases, their records, queues, flags and tokens. What each method promises stands at the ports it implements."""

    def __init__(self, database: Database, keep_samples: int = KEEP_SAMPLES) -> None:
        """``keep_samples`` is about how many of the newest looks of a release are kept."""
        self._database = database
        self._keep_samples = keep_samples

    async def ready(self) -> None:
        """Make the database usable."""
        await self._database.ready()

    async def close(self) -> None:
        """Let go of the database."""
        await self._database.close()

    async def commit(self, changes: Sequence[Change]) -> frozenset[str]:
        """Write changes that still hold."""
        if not changes:
            return frozenset()
        return await self._database.write(self._database.commit, changes, self._keep_samples)

    async def release(self, release_id: str) -> ReleaseRow | None:
        """One release."""
        return await self._database.read(reading.read_release, release_id)

    async def releases(self, statuses: Sequence[str] = (), limit: int = 100) -> Sequence[ReleaseRow]:
        """Releases, latest change first."""
        return await self._database.read(reading.read_releases, statuses, limit)

    async def events(self, stream: str, after: int = 0, limit: int = 1000) -> Sequence[EventRow]:
        """Events of a stream."""
        return await self._database.read(reading.read_events, stream, after, limit)

    async def streams(self) -> Sequence[str]:
        """All streams."""
        return await self._database.read(reading.read_streams)

    async def plan_document(self, digest: str) -> str | None:
        """A pinned plan document."""
        return await self._database.read(reading.read_plan, digest)

    async def samples(self, release_id: str, limit: int = 20_000) -> Sequence[SampleRow]:
        """The newest looks at a release."""
        return await self._database.read(reading.read_samples, release_id, limit)

    async def claim_due(
        self, now: datetime, limit: int, lease_seconds: float, owner: str = ""
    ) -> Sequence[ReleaseRow]:
        """Claim releases to look at."""
        lease = timedelta(seconds=lease_seconds)
        return await self._database.write(self._database.claim_due, now, limit, lease, owner)

    async def next_due(self) -> datetime | None:
        """The earliest due look or effect."""
        due: datetime | None = await self._database.read(reading.read_next_due)
        return due

    async def claim_effects(
        self, now: datetime, limit: int, lease_seconds: float, owner: str
    ) -> Sequence[EffectRow]:
        """Claim effects to carry out."""
        lease = timedelta(seconds=lease_seconds)
        return await self._database.write(queues.claim_effects, now, limit, lease, owner)

    async def renew(self, effect_ids: Sequence[str], now: datetime, lease_seconds: float, owner: str) -> None:
        """Keep leases."""
        await self._database.write(queues.renew, effect_ids, now, timedelta(seconds=lease_seconds), owner)

    async def give_back(self, effect_id: str, due: datetime, owner: str) -> None:
        """Give a claimed effect back."""
        await self._database.write(queues.give_back, effect_id, due, owner)

    async def clear_leases(self, owner: str) -> None:
        """End the leases of an earlier life."""
        await self._database.write(queues.clear_leases, owner)

    async def open_effects(self, release_id: str) -> Sequence[EffectRow]:
        """Effects that have not ended."""
        return await self._database.read(reading.read_open_effects, release_id)

    async def flag(self, name: str) -> Flag | None:
        """One flag."""
        return await self._database.read(flags.read_flag, name)

    async def flags(self) -> Sequence[Flag]:
        """All flags."""
        return await self._database.read(flags.read_flags)

    async def put_flag(self, flag: Flag, expected_revision: int, record: str, at: str) -> bool:
        """Store a flag with its event."""
        return await self._database.write(flags.put_flag, flag, expected_revision, record, at)

    async def flags_revision(self) -> int:
        """Changes whenever any flag does."""
        return await self._database.read(flags.read_revision)

    async def put_token(self, token: Token, secret_hash: str) -> bool:
        """Store a new token."""
        return await self._database.write(tokens.put_token, token, secret_hash)

    async def token_of(self, secret_hash: str) -> Token | None:
        """The token with that hash."""
        return await self._database.read(tokens.read_token, secret_hash)

    async def tokens(self) -> Sequence[Token]:
        """Every token."""
        return await self._database.read(tokens.read_tokens)

    async def any_token(self) -> bool:
        """Whether there ever was one."""
        return await self._database.read(tokens.any_token)

    async def revoke_token(self, token_id: str, at: datetime, by: str) -> Token | None:
        """Revoke a token."""
        return await self._database.write(tokens.revoke, token_id, at, by)

    async def given_answer(self, caller: str, key: str) -> GivenAnswer | None:
        """What was answered."""
        return await self._database.read(answers.read_answer, caller, key)

    async def keep_answer(self, answer: GivenAnswer, forget_before: datetime) -> None:
        """Keep an answer."""
        await self._database.write(answers.keep_answer, answer, forget_before)
