"""The contract of the tokens port and of the answers given under an idempotency key."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from pilotage.application.ports.given_answers import GivenAnswer
from pilotage.domain.tokens import Scope, Token
from pilotage.testing.contracts.store_builders import MINUTE, NINE, Store


class TokenStoreContract:
    """Subclass it and give the fixtures ``store`` and ``other``, as for ``StorageContract``."""

    token = Token("t1", "maria", Scope.ACT, False, NINE, "root", NINE + MINUTE)
    answer = GivenAnswer("maria", "key", "question", 201, '{"made": "Café ✓"}', NINE)

    async def test_a_token_reads_back_whole(self, store: Store, other: Store) -> None:
        assert not await store.any_token()
        assert await store.token_of("h1") is None
        machine = Token("t2", "ci", Scope.FLAGS, True, NINE + MINUTE, "root")
        assert await store.put_token(machine, "h2")
        assert await store.put_token(self.token, "h1")
        assert await other.any_token()
        assert await other.token_of("h1") == self.token
        assert await other.token_of("h2") == machine
        assert list(await other.tokens()) == [self.token, machine]

    async def test_neither_an_id_nor_a_secret_is_given_twice(self, store: Store) -> None:
        assert await store.put_token(self.token, "h1")
        assert not await store.put_token(self.token, "h2")
        assert not await store.put_token(replace(self.token, id="t2"), "h1")
        assert list(await store.tokens()) == [self.token]

    async def test_a_revoked_token_stays_revoked_by_whom_it_was_first(
        self, store: Store, other: Store
    ) -> None:
        assert await store.revoke_token("t1", NINE, "kim") is None
        assert await store.put_token(self.token, "h1")
        revoked = replace(self.token, revoked=NINE + MINUTE, revoked_by="kim")
        assert await store.revoke_token("t1", NINE + MINUTE, "kim") == revoked
        assert await other.revoke_token("t1", NINE + 2 * MINUTE, "lee") == revoked
        assert await other.token_of("h1") == revoked
        assert await store.any_token()

    async def test_the_first_answer_under_a_key_stays(self, store: Store, other: Store) -> None:
        assert await store.given_answer("maria", "key") is None
        await store.keep_answer(self.answer, NINE)
        await other.keep_answer(replace(self.answer, body="another"), NINE)
        assert await other.given_answer("maria", "key") == self.answer
        assert await store.given_answer("kim", "key") is None

    async def test_old_answers_are_forgotten(self, store: Store) -> None:
        await store.keep_answer(self.answer, NINE)
        await store.keep_answer(replace(self.answer, key="later", at=NINE + MINUTE), NINE + MINUTE)
        assert await store.given_answer("maria", "key") is None
        assert await store.given_answer("maria", "later") is not None

    async def test_two_answers_at_once_leave_one(self, store: Store, other: Store) -> None:
        bodies = [f"answer {n}" for n in range(8)]
        await asyncio.gather(
            *[
                by.keep_answer(replace(self.answer, body=body), NINE)
                for body, by in zip(bodies, [store, other] * 4, strict=True)
            ]
        )
        kept = await store.given_answer("maria", "key")
        assert kept is not None
        assert kept.body in bodies
