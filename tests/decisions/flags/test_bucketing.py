"""Bucketing murmur3-v1 is what its page says: compared with vectors, and with MurmurHash3 written out a second time."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotage.decisions.flags.bucketing import bucket, segment_salt, threshold
from pilotage.domain.flags import BUCKETS

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "cases" / "flags" / "bucketing.json").read_text(encoding="utf-8")
)

texts = st.text(st.characters(codec="utf-8"), max_size=40)


def rotated(word: int, by: int) -> int:
    return (word << by | word >> (32 - by)) & 0xFFFFFFFF


def murmur3(data: bytes) -> int:
    """MurmurHash3 x86 32-bit with seed 0, from its public description."""
    state = 0
    whole = len(data) // 4 * 4
    for start in range(0, len(data), 4):
        block = int.from_bytes(data[start : start + 4], "little")
        block = rotated(block * 0xCC9E2D51 & 0xFFFFFFFF, 15) * 0x1B873593 & 0xFFFFFFFF
        state ^= block
        if start < whole:
            state = (rotated(state, 13) * 5 + 0xE6546B64) & 0xFFFFFFFF
    state ^= len(data)
    for factor, shift in ((0x85EBCA6B, 16), (0xC2B2AE35, 13)):
        state = (state ^ state >> shift) * factor & 0xFFFFFFFF
    return state ^ state >> 16


def test_the_second_writing_of_murmur3_knows_its_published_values() -> None:
    assert murmur3(b"") == 0
    assert murmur3(b"hello") == 0x248BFA47
    assert murmur3(b"The quick brown fox jumps over the lazy dog") == 0x2E4FF723


@pytest.mark.requirement(217)
@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: f"{v['salt']}:{v['key']}"[:40])
def test_buckets_are_those_of_the_reference_for_ever(vector: dict[str, Any]) -> None:
    assert bucket(vector["salt"], vector["key"]) == vector["bucket"]
    if "segment" in vector:
        assert segment_salt("new-checkout", vector["segment"]) == vector["salt"]


def test_the_vectors_of_the_reference_page_are_true(repository: Path) -> None:
    page = (repository / "docs" / "reference" / "bucketing.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(.+?)` \| `(.+?)` \| (\d+) \|$", page, re.MULTILINE)
    assert len(rows) >= 8
    assert [(salt, key, bucket(salt, key)) for salt, key, _ in rows] == [
        (salt, key, int(found)) for salt, key, found in rows
    ]


@given(texts, texts)
def test_a_bucket_is_murmur3_of_salt_and_key(salt: str, key: str) -> None:
    assert bucket(salt, key) == murmur3(f"{salt}:{key}".encode()) % 100_000


def test_keys_spread_evenly_over_the_buckets() -> None:
    users = 200_000
    in_each = [0] * 100
    for n in range(users):
        in_each[bucket("new-checkout", f"user-{n}") * 100 // BUCKETS] += 1
    # Chi-square with 99 degrees of freedom; above 158 it happens by chance less than once in ten thousand.
    assert sum((count - users / 100) ** 2 / (users / 100) for count in in_each) < 158


def test_a_segment_is_drawn_independently_of_the_plain_share() -> None:
    keys = [f"user-{n}" for n in range(50_000)]
    first = [key for key in keys if bucket("f", key) < threshold(10)]
    both = sum(bucket(segment_salt("f", "beta"), key) < threshold(10) for key in first)
    assert 0.08 < both / len(first) < 0.12


@pytest.mark.parametrize(
    ("percent", "buckets"),
    [
        (0, 0),
        (0.001, 1),
        (0.0009, 0),
        (4.35, 4350),
        (33.333, 33_333),
        (99.9999, 99_999),
        (100, 100_000),
        (250, 100_000),
    ],
)
def test_a_percentage_never_takes_a_bucket_more_than_it_says(percent: float, buckets: int) -> None:
    assert threshold(percent) == buckets


@given(st.floats(0, 100), st.floats(0, 100))
def test_a_larger_percentage_is_no_fewer_buckets(one: float, other: float) -> None:
    assert (threshold(one) <= threshold(other)) or one > other
