"""Bucketing ``murmur3-v1``: from a targeting key to one of 100,000 buckets, the same in every process for ever.

Written down for other programs, with test vectors, in ``docs/reference/bucketing.md``. Changing anything here moves
people in and out of running releases; another way of bucketing gets another name.
"""

from __future__ import annotations

import mmh3

from pilotage.domain.flags import BUCKETS
from pilotage.domain.ids import same_name


def bucket(salt: str, key: str) -> int:
    """The bucket (0 to 99,999) of a targeting key: MurmurHash3 x86 32-bit, seed 0, of ``salt:key`` in UTF-8, modulo.

    Raises UnicodeEncodeError for a key that is no valid text.
    """
    return mmh3.hash(f"{salt}:{key}", 0, False) % BUCKETS


def segment_salt(salt: str, segment: str) -> str:
    """The salt of a percentage *of a segment*: its own, so that it does not pick the people the plain share picks.

    Spellings of a segment's name that the plan language takes for the same name give the same salt.
    """
    return f"{salt}:{same_name(segment)}"


def threshold(percent: float) -> int:
    """How many buckets a percentage is; a key is in when its bucket is below. One is 0.001 %, the rest is cut off.

    >>> threshold(10), threshold(0.1), threshold(0.0004), threshold(100)
    (10000, 100, 0, 100000)
    """
    # The millionth of a bucket forgives what binary fractions lose: 4.35 * 1000 is 4349.999...
    return max(0, min(BUCKETS, int(percent * (BUCKETS / 100) + 1e-6)))
