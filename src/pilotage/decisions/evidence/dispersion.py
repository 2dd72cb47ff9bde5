"""Dispersion: retries and the noise of single pods make counts vary more than chance alone; A/A history tells how much.

Before the release the old version is split in two halves and compared with itself. For U = e1 - pi E and V = E pi (1 - pi),
summed over windows of b looks, phi_b = sum U^2 / sum V would be 1 for independent failures. Log-likelihood ratios are divided
by the phi found (quasi-likelihood: measured, not proven), its excess over 1 enlarged by a safety factor. Dividing by any
phi >= 1 that is known before the look keeps an exact test exact. Source: evidence.md 3.3, with three differences:

- windows overlap, which tells more, and only the excess is enlarged: a phi just above what chance gives costs little;
- slow noise is hard to see in an hour. A second witness is the control's own variation over time (``unrest``: one window
  against the next, by the same formula), which goes on learning during the release. It cannot tell the noise of one arm from
  a burst of both, so it never raises phi beyond what the A/A hour leaves possible (one standard error above its estimate);
- without an A/A hour, unrest alone is taken, up to ``UNKNOWN``. It knows nothing at first: then clumps of errors on a small
  canary roll back about one harmless release in ten (measured), and only the hour helps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from pilotage.decisions.evidence.arrays import Array

WINDOWS = (1, 4, 12)
LONG = 12
SAFETY = 1.4
SAFETY_SLOW = 2.2
"""Noise that lasts is seen only a few times in an hour, so its size is less certain than that of clumps."""
GATE = 2.2
JOINT = 2.4
UNKNOWN = 4.0
OVERLAP = 0.85
"""The standard error of overlapping windows against that of windows side by side."""
FIELDS = 11


class Dispersion:
    """What is known of the dispersion. ``kept``: (11, *shape), all that is known, by row: phi of single looks, phi of the
    worst window, V per look in the history; how many standard errors the long windows are above chance, and the most excess
    they leave possible; the control's unrest as sums of U^2, of V and of windows; the running window's hits, requests and
    looks; the last window's hits and requests are in ``last`` (2, *shape).
    """

    def __init__(self, shape: tuple[int, ...] = ()) -> None:
        self.kept: Array = np.zeros((FIELDS, *shape))
        self.kept[:3] = 1.0
        self.kept[4] = UNKNOWN
        self.last: Array = np.zeros((2, *shape))
        self._known: tuple[Array, Array, Array] | None = None

    def take(self, kept: Array, last: Array) -> None:
        """Go on from an earlier ``kept`` and ``last``."""
        self.kept, self.last, self._known = kept, last, None

    def now(self, variance: Array) -> Array:
        """The phi of a look whose V is ``variance`` (*shape, ...): slow noise counts more the more failures there are."""
        if self._known is None:
            self._known = self._learned()
        single, slow, scale = self._known
        if variance.ndim > single.ndim:
            more = (1,) * (variance.ndim - single.ndim)
            single, slow, scale = (known.reshape(known.shape + more) for known in (single, slow, scale))
        phi: Array = single + slow * np.minimum(1.0, variance / scale)
        return phi

    def _learned(self) -> tuple[Array, Array, Array]:
        """The phi of single looks, how much slow noise may add to it, and the V at which it does; new after each window."""
        single, slow, scale = self.kept[0], np.maximum(self.kept[1], 1.0 + self._unrest()), self.kept[2]
        return (1.0 - SAFETY) + SAFETY * single, SAFETY_SLOW * (slow - single), np.maximum(scale, 1e-12)

    def _unrest(self) -> Array:
        """The excess that the control's unrest shows, where both witnesses together are beyond chance; else 0."""
        above, possible, squares, expected, windows = self.kept[3:8]
        excess = squares / np.maximum(expected, 1e-12) - 1.0
        witnesses = above + np.clip(excess / np.sqrt(3.0 / np.maximum(windows, 1.0)), -1.0, 3.0)
        return np.where(witnesses > JOINT, np.maximum(np.minimum(excess, possible), 0.0), 0.0)

    def learn(self, hits: Array | float, requests: Array | float) -> None:
        """The control's ``hits`` and ``requests`` of one look, of the shape of the rollouts."""
        self.kept[8] += hits
        self.kept[9] += requests
        self.kept[10] += 1.0
        if float(self.kept[10].flat[0]) < LONG:
            return
        now = self.kept[8:10]
        u, v = _against((now[0], self.last[0]), (now[1], self.last[1]))
        self.kept[5] += u * u
        self.kept[6] += v
        self.kept[7] += v > 0.0
        self.last = now.copy()
        self._known = None
        self.kept[8:] = 0.0


def _against(hits: Sequence[Array] | Array, requests: Sequence[Array] | Array) -> tuple[Array, Array]:
    """U and V of two arms. Shapes (2, ...) to (...)."""
    share = requests[0] / np.maximum(requests[0] + requests[1], 1e-300)
    return hits[0] - share * (hits[0] + hits[1]), variance(hits, requests)


def variance(hits: Sequence[Array] | Array, requests: Sequence[Array] | Array) -> Array:
    """V = E pi (1 - pi) of a look, for hits and requests of shape (2, ...)."""
    total = hits[0] + hits[1]
    share = requests[0] / np.maximum(requests[0] + requests[1], 1e-300)
    answer: Array = total * share * (1.0 - share)
    return answer


def measure(hits: Array, requests: Array) -> Dispersion:
    """Learn from A/A looks: ``hits``, ``requests`` of shape (2, ..., T), oldest first; arrays of shape (...).

    A window counts by itself only where its phi is above 1 + 2.2 standard errors, which chance rarely reaches.
    """
    looks = hits.shape[-1]
    found = Dispersion(hits.shape[1:-1])
    surprise, expected = _against(hits, requests)
    phis = [np.ones(hits.shape[1:-1])]
    for window in WINDOWS:
        if looks < 2 * window:
            break
        u, v = _sums(surprise, window), _sums(expected, window).sum(axis=-1)
        phi = (u * u).sum(axis=-1) / np.maximum(v, 1e-12)
        error = np.sqrt(2.0 * window / looks) * (OVERLAP if window > 1 else 1.0)
        phis.append(np.where((v > 0.0) & (phi > 1.0 + GATE * error), phi, 1.0))
        if window == LONG:
            found.kept[3] = np.where(v > 0.0, (phi - 1.0) / error, 0.0)
            found.kept[4] = np.where(v > 0.0, np.maximum(phi * (1.0 + error) - 1.0, 0.0), UNKNOWN)
            _remember_unrest(found, hits.sum(axis=0), requests.sum(axis=0))
    found.kept[0] = phis[min(1, len(phis) - 1)]
    found.kept[1] = np.max(phis, axis=0)
    found.kept[2] = expected.mean(axis=-1)
    return found


def _remember_unrest(found: Dispersion, hits: Array, requests: Array) -> None:
    """The unrest of the old version's hour: each long window against the one before. Shapes (..., T)."""
    hits, requests = _sums(hits, LONG), _sums(requests, LONG)
    u, v = _against(
        (hits[..., LONG:], hits[..., :-LONG]),
        (requests[..., LONG:], requests[..., :-LONG]),
    )
    # Overlapping windows: each twelfth is new, and the others sharpen it to what twice as many would tell.
    found.kept[5] = (u * u).sum(axis=-1) / LONG
    found.kept[6] = v.sum(axis=-1) / LONG
    found.kept[7] = 2.0 * u.shape[-1] / LONG


def _sums(values: Array, window: int) -> Array:
    """Sums over all windows of so many looks. Shape (..., T) to (..., T - window + 1)."""
    totals = np.cumsum(values, axis=-1)
    answer: Array = totals[..., window - 1 :].copy()
    answer[..., 1:] -= totals[..., :-window]
    return answer


def temper(log_ratio: Array, phi: Array | float, budget: float) -> Array:
    """Divide log-likelihood ratios (..., K) by phi (...); where phi > 1 one look adds at most ln(1/budget) max(1/2, 3/2 / phi).

    So with clumps of three and more no two looks alone roll back. Capping from above keeps the expectation below 1.
    """
    if isinstance(phi, float):
        highest = -math.log(budget) * max(0.5, 1.5 / phi)
        return np.minimum(log_ratio / phi, highest) if phi > 1.0 else log_ratio
    wide = np.asarray(phi, dtype=np.float64)[..., None]
    most = -math.log(budget) * np.maximum(0.5, 1.5 / wide)
    tempered: Array = np.where(wide > 1.0, np.minimum(log_ratio / wide, most), log_ratio)
    return tempered
