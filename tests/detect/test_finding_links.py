"""Pairs of findings and their cosines are those of comparing every two."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from tocsin.detect.finding_links import cosines, sharing_pairs


def sets_of(seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [np.sort(rng.choice(60, rng.integers(0, 25), replace=False)) for _ in range(25)]


@pytest.mark.parametrize("seed", range(4))
def test_pairs_and_cosines_of_every_two(seed: int) -> None:
    sets = sets_of(seed)
    counts = {(i, j): len({*sets[i].tolist()} & {*sets[j].tolist()}) for i, j in combinations(range(len(sets)), 2)}
    wanted = {pair: count for pair, count in counts.items() if count >= 3}
    pairs = sharing_pairs(sets)
    assert dict(zip(pairs.named(pairs.shared > 0), pairs.shared.tolist(), strict=True)) == wanted
    by_brute_force = {(i, j): count / (sets[i].size * sets[j].size) ** 0.5 for (i, j), count in wanted.items()}
    found = cosines(sets, least=0.4037)
    assert set(found) == {pair for pair, value in by_brute_force.items() if value >= 0.4037}
    assert all(found[pair] == pytest.approx(by_brute_force[pair]) for pair in found)


def test_a_member_of_all_sets_weighs_nothing_where_the_rare_count_first() -> None:
    everywhere = np.arange(6)
    assert cosines([everywhere, everywhere, everywhere], least=0.1, rare_first=True) == {}
    apart = np.arange(100, 106)
    found = cosines([np.r_[everywhere, apart], np.r_[everywhere, apart], everywhere], least=0.1, rare_first=True)
    assert set(found) == {(0, 1)}
    assert found[0, 1] == pytest.approx(1.0)


def test_no_sets_make_no_pairs() -> None:
    assert cosines([], least=0.1) == {}
    assert sharing_pairs([]).shared.size == 0
