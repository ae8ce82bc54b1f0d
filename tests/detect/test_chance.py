"""Tails agree with scipy; the correction for many tests is Benjamini and Hochberg's."""

from __future__ import annotations

import numpy as np
import pytest

from tocsin.detect.chance import adjusted_p_values, log_gamma, negative_binomial_tails, poisson_tails

scipy_special = pytest.importorskip("scipy.special", reason="this machine lacks: scipy")
scipy_stats = pytest.importorskip("scipy.stats", reason="this machine lacks: scipy")


def test_log_gamma_is_scipys():
    x = np.logspace(-6, 8, 500)
    assert np.allclose(log_gamma(x), scipy_special.gammaln(x), rtol=1e-11, atol=1e-11)


def test_negative_binomial_tails_are_scipys_down_to_tiny_ones():
    rng = np.random.default_rng(0)
    mean, size = 10 ** rng.uniform(-4, 3.5, 5000), 10 ** rng.uniform(-1.5, 4, 5000)
    count = np.round(mean * 10 ** rng.uniform(-0.5, 1, 5000)) + rng.integers(0, 6, 5000)
    told = scipy_stats.nbinom.sf(count - 1, size, size / (size + mean))
    kept = told > 1e-200
    assert kept.sum() > 4000
    assert np.allclose(negative_binomial_tails(count, mean, size)[kept], told[kept], rtol=1e-6)


def test_poisson_tails_are_scipys():
    rng = np.random.default_rng(1)
    mean = 10 ** rng.uniform(-4, 3.5, 3000)
    count = np.round(mean * 10 ** rng.uniform(-0.5, 1, 3000)) + rng.integers(0, 6, 3000)
    told = scipy_stats.poisson.sf(count - 1, mean)
    kept = told > 1e-200
    assert np.allclose(poisson_tails(count, mean)[kept], told[kept], rtol=1e-9)


def test_a_huge_size_is_poisson_and_no_count_is_certain():
    assert negative_binomial_tails(7, 2.0, 1e15) == pytest.approx(poisson_tails(7, 2.0), rel=1e-9)
    assert negative_binomial_tails([0, 0], [3.0, 1e-9], [0.5, np.inf]).tolist() == [1.0, 1.0]
    assert negative_binomial_tails([], [], []).size == 0
    assert poisson_tails(10, 5000.0) == pytest.approx(1.0)


def test_q_values_are_benjamini_and_hochbergs():
    p = np.array([0.001, 0.2, 0.03, 0.03, 0.9])
    assert np.allclose(adjusted_p_values(p), scipy_stats.false_discovery_control(p))
    assert adjusted_p_values([0.01], test_count=10).tolist() == [0.1]
    assert adjusted_p_values([]).size == 0
