"""Tokens: the secret is told once and kept nowhere; they expire, are revoked, and are never forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pilotage.application.use_cases.tokens import PREFIX, Tokens
from pilotage.domain.errors import LoginRequired, NotFound, UsageError
from pilotage.domain.people import Actor
from pilotage.domain.tokens import Scope
from pilotage.testing.clock import MONDAY, SimulatedClock
from pilotage.testing.storage import MemoryStorage

ROOT = Actor(person="root")


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


@pytest.fixture
def tokens(clock: SimulatedClock) -> Tokens:
    return Tokens(MemoryStorage(), clock)


async def test_a_secret_finds_its_token_and_nothing_kept_finds_the_secret(
    tokens: Tokens, clock: SimulatedClock
) -> None:
    made = await tokens.create(" maria ", Scope.ACT, ROOT)
    assert made.secret.startswith(PREFIX)
    assert len(made.secret) > 50
    assert made.secret not in repr(made)
    assert (made.token.holder, made.token.made, made.token.made_by) == ("maria", MONDAY, "root")
    assert made.token.expires == MONDAY + timedelta(days=90)
    assert await tokens.holder(made.secret) == made.token
    assert made.secret not in repr(await tokens.list())


async def test_no_two_secrets_are_alike(tokens: Tokens) -> None:
    made = [await tokens.create("maria", Scope.READ, ROOT) for _ in range(20)]
    assert len({one.secret for one in made}) == len({one.token.id for one in made}) == 20


async def test_what_expired_was_revoked_or_never_made_logs_nobody_in(
    tokens: Tokens, clock: SimulatedClock
) -> None:
    short = await tokens.create("maria", Scope.ACT, ROOT, timedelta(minutes=1))
    long = await tokens.create("maria", Scope.ACT, ROOT, None)
    await clock.pass_time(59)
    assert (await tokens.holder(short.secret)).id == short.token.id
    await clock.pass_time(1)
    with pytest.raises(LoginRequired, match="expired"):
        await tokens.holder(short.secret)
    assert (await tokens.holder(long.secret)).expires is None
    await tokens.revoke(long.token.id, ROOT)
    with pytest.raises(LoginRequired, match="revoked"):
        await tokens.holder(long.secret)
    for secret in ("", PREFIX, long.secret + "x", long.token.id, "\ud800"):
        with pytest.raises(LoginRequired, match="not known"):
            await tokens.holder(secret)


async def test_once_there_was_one_tokens_stay_needed(tokens: Tokens) -> None:
    assert not await tokens.needed()
    made = await tokens.create("maria", Scope.ACT, ROOT)
    await tokens.revoke(made.token.id, ROOT)
    assert await tokens.needed()


async def test_what_makes_no_sense_is_refused(tokens: Tokens) -> None:
    for holder in ("", "  ", "x" * 201, "a\nb"):
        with pytest.raises(UsageError):
            await tokens.create(holder, Scope.ACT, ROOT)
    for lasts in (timedelta(0), timedelta(days=-1), timedelta.max):
        with pytest.raises(UsageError):
            await tokens.create("maria", Scope.ACT, ROOT, lasts)
    with pytest.raises(NotFound):
        await tokens.revoke("nothing", ROOT)
    assert await tokens.list() == ()
