"""Connected components by union-find."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def joined_labels(size: int, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """The least member of each item's component, for items 0..size-1 joined by the pairs (left[i], right[i]).

    >>> joined_labels(4, np.array([2]), np.array([1])).tolist()
    [0, 1, 1, 3]
    """
    parent = list(range(size))
    for a, b in zip(left.tolist(), right.tolist(), strict=True):
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = parent[a]
        while parent[b] != b:
            parent[b] = parent[parent[b]]
            b = parent[b]
        if a < b:
            parent[b] = a
        elif b < a:
            parent[a] = b
    labels = np.array(parent, dtype=np.int64)
    while size and (labels[labels] != labels).any():
        labels = labels[labels]
    return labels
