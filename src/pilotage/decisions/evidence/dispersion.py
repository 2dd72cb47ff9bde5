"""Dispersion: retries and the noise of single pods make counts vary more than chance alone; A/A history tells how much.

Before the release the old version is split in two halves and compared with itself. For U = e1 - pi E and V = E pi (1 - pi),
summed over blocks of b looks, phi_b = sum U^2 / sum V would be 1 for independent failures. Log-likelihood ratios are divided
by the phi found (quasi-likelihood: measured, not proven), with a safety factor. Source: evidence.md 3.3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pilotage.decisions.evidence.arrays import Array

BLOCKS = (1, 4, 12)
SAFETY = 1.5
GATE = 1.7


@dataclass(frozen=True, slots=True)
class Dispersion:
    """``single``: phi of single looks; ``worst``: of the worst block length; ``scale``: the history's V per look.

    Each an array of the rollouts' shape. ``single`` = ``worst`` = 1: no more than chance.
    """

    single: Array
    worst: Array
    scale: Array

    def now(self, variance: Array) -> Array:
        """The phi of a look whose V is ``variance``: noise of a common cause counts more the more requests there are."""
        busy = np.minimum(1.0, variance / np.maximum(self.scale, 1e-12))
        phi: Array = np.where(
            self.worst > 1.0, SAFETY * (self.single + (self.worst - self.single) * busy), 1.0
        )
        return np.maximum(phi, 1.0)


def none(shape: tuple[int, ...] = ()) -> Dispersion:
    """No more than chance."""
    one = np.ones(shape)
    return Dispersion(one, one, one)


def variance(hits: Array, requests: Array) -> Array:
    """V = E pi (1 - pi) of a look, for hits and requests of shape (2, ...)."""
    share = requests[0] / np.maximum(requests[0] + requests[1], 1e-300)
    answer: Array = (hits[0] + hits[1]) * share * (1.0 - share)
    return answer


def measure(hits: Array, requests: Array) -> Dispersion:
    """Learn from A/A looks: ``hits``, ``requests`` of shape (2, ..., T), oldest first; answers of shape (...).

    A block length counts only where its phi is above 1 + 1.7 sqrt(2/df), which chance rarely reaches.
    """
    looks = hits.shape[-1]
    share = requests[0] / np.maximum(requests[0] + requests[1], 1e-300)
    total = hits[0] + hits[1]
    surprise, expected = hits[0] - share * total, total * share * (1.0 - share)
    phis = []
    for length in BLOCKS:
        blocks = looks // length
        if blocks < 2:
            break
        folded = (*surprise.shape[:-1], blocks, length)
        u = surprise[..., : blocks * length].reshape(folded).sum(axis=-1)
        v = expected[..., : blocks * length].reshape(folded).sum(axis=-1).sum(axis=-1)
        phi = (u * u).sum(axis=-1) / np.maximum(v, 1e-12)
        phis.append(np.where((v > 0.0) & (phi > 1.0 + GATE * np.sqrt(2.0 / blocks)), phi, 1.0))
    if not phis:
        return none(surprise.shape[:-1])
    return Dispersion(phis[0], np.max(phis, axis=0), expected.mean(axis=-1))


def temper(log_ratio: Array, phi: Array | float, cap: float) -> Array:
    """Divide log-likelihood ratios (..., K) by phi (...); where phi > 1 one look adds at most ``cap``.

    With ``cap`` = ln(1/budget)/2 no two looks alone roll back. Capping from above keeps the expectation below 1.
    """
    wide = np.asarray(phi, dtype=np.float64)[..., None]
    tempered: Array = np.where(wide > 1.0, np.minimum(log_ratio / wide, cap), log_ratio)
    return tempered
