"""Arrays with leading axes: one rollout has none, a batch of rollouts has one; segments and bounds come after them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

NOTHING = -1e9
"""The logarithm of "nothing yet": finite, so that a state is plain numbers, and ``exp`` of it is exactly 0."""


def set_against(values: Array) -> Array:
    """``values`` with one more axis (..., 1), to be set against (K,); a single number stays one, which is quicker."""
    return values[..., None] if values.ndim else values


def log_sum(logs: Array) -> Array:
    """The logarithm of the sum of ``exp(logs)`` over the last axis, without overflow. Shape (..., K) to (...)."""
    top = np.maximum.reduce(logs, axis=-1)
    total: Array = top + np.log(np.add.reduce(np.exp(logs - set_against(top)), axis=-1))
    return total
