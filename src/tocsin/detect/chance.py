"""How likely a count is by chance: tails of count distributions in numpy, and correction for many tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680)


def log_gamma(values: ArrayLike) -> Floats:
    """Natural log of the gamma function for positive values, within 1e-12 relative.

    Source: Stirling's series (DLMF 5.11.1) after shifting the argument above 10 by the recurrence 5.5.1.
    """
    x = np.array(values, dtype=np.float64)
    shift = np.zeros_like(x)
    for _ in range(10):
        small = x < 10
        shift = np.where(small, shift + np.log(np.where(small, x, 1.0)), shift)
        x = np.where(small, x + 1, x)
    series = sum(c / x ** (2 * i + 1) for i, c in enumerate(_STIRLING))
    return np.asarray((x - 0.5) * np.log(x) - x + 0.5 * np.log(2 * np.pi) + series - shift, dtype=np.float64)


def negative_binomial_tails(counts: ArrayLike, means: ArrayLike, sizes: ArrayLike) -> Floats:
    """P(X >= count) for negative binomials of given mean and size (variance mean + mean^2/size); size inf is Poisson.

    The tail is the incomplete beta function I_x(count, size) with x = mean / (mean + size), which keeps the
    relative precision of tiny tails.
    """
    k, mean, size = (np.array(v, dtype=np.float64).ravel() for v in np.broadcast_arrays(counts, means, sizes))
    shape = np.broadcast_shapes(np.shape(counts), np.shape(means), np.shape(sizes))
    k, mean = np.ceil(k), np.maximum(mean, 1e-300)
    tails = np.ones_like(k)
    limit = ~np.isfinite(size) | (size > 1e8 * np.maximum(mean, 1.0))
    asked = k > 0
    for chosen, tail in ((asked & limit, _poisson_tail), (asked & ~limit, _beta_tail)):
        if chosen.any():
            tails[chosen] = tail(k[chosen], mean[chosen], size[chosen])
    return np.clip(tails, 0.0, 1.0).reshape(shape)


def poisson_tails(counts: ArrayLike, means: ArrayLike) -> Floats:
    """P(X >= count) for Poisson counts of the given means."""
    return negative_binomial_tails(counts, means, np.inf)


def _poisson_tail(k: Floats, mean: Floats, _: Floats) -> Floats:
    """The lower incomplete gamma function by its series (DLMF 8.11.4): all terms positive, none lost."""
    total, term, at = np.ones_like(k), np.ones_like(k), k + 1
    going = np.arange(k.size)
    while going.size:
        term[going] *= mean[going] / at[going]
        total[going] += term[going]
        at[going] += 1
        going = going[(term[going] > 1e-15 * total[going]) | (at[going] <= mean[going])]
        overflowing = going[total[going] > 1e290]
        if overflowing.size:  # only far under the mean, where the tail is 1 to every digit
            total[overflowing] = np.inf
            going = going[total[going] < np.inf]
    with np.errstate(over="ignore"):
        return np.exp(np.minimum(k * np.log(mean) - mean - log_gamma(k + 1) + np.log(total), 0.0))


def _beta_tail(k: Floats, mean: Floats, size: Floats) -> Floats:
    """I_x(k, size); the other side of the reflection where its continued fraction converges faster."""
    x, y = mean / (mean + size), size / (mean + size)
    direct = x <= (k + 1) / (k + size + 2)
    a, b = np.where(direct, k, size), np.where(direct, size, k)
    log_x, log_y = np.where(direct, np.log(x), np.log(y)), np.where(direct, np.log(y), np.log(x))
    log_front = log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * log_x + b * log_y - np.log(a)
    value = np.exp(np.minimum(log_front + np.log(_beta_fraction(a, b, np.where(direct, x, y))), 0.0))
    return np.asarray(np.where(direct, value, 1 - value), dtype=np.float64)


def _beta_fraction(a: Floats, b: Floats, x: Floats) -> Floats:
    """The continued fraction of the incomplete beta function (DLMF 8.17.22) by Lentz's method."""
    c = np.ones_like(a)
    d = 1 / _off_zero(1 - (a + b) * x / (a + 1))
    value = d.copy()
    going = np.arange(a.size)
    for m in range(1, 100_000):
        ag, bg, xg = a[going], b[going], x[going]
        before = value[going]
        cg, dg = c[going], d[going]
        for step in (
            m * (bg - m) * xg / ((ag + 2 * m - 1) * (ag + 2 * m)),
            -(ag + m) * (ag + bg + m) * xg / ((ag + 2 * m) * (ag + 2 * m + 1)),
        ):
            dg = 1 / _off_zero(1 + step * dg)
            cg = _off_zero(1 + step / cg)
            value[going] *= cg * dg
        c[going], d[going] = cg, dg
        going = going[np.abs(value[going] - before) > 1e-14 * np.abs(value[going])]
        if going.size == 0:
            break
    return np.maximum(value, 1e-300)


def _off_zero(values: Floats) -> Floats:
    return np.asarray(np.where(np.abs(values) < 1e-300, 1e-300, values), dtype=np.float64)


def adjusted_p_values(p_values: ArrayLike, *, test_count: int | None = None) -> Floats:
    """Benjamini-Hochberg q-values. `test_count` is how many tests the run made, where more than are listed.

    Source: Benjamini and Hochberg (1995), step-up procedure.

    >>> adjusted_p_values([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.04, 0.04]
    """
    p = np.asarray(p_values, dtype=np.float64)
    if p.size == 0:
        return p.copy()
    tests = max(p.size, test_count or 0)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * tests / np.arange(1, p.size + 1)
    stepped = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    q_values = np.empty_like(p)
    q_values[order] = stepped
    return q_values
