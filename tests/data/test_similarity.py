# SPDX-License-Identifier: Apache-2.0
"""How alike two sketches are, and which texts of a crowd meet."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.data import similarity
from evalkit.data.similarity import BINS, alike, resemblance


@given(st.integers(0, 2**32 - 1), st.sampled_from([16, BINS]), st.sampled_from([2, 256]))
def test_resemblance_is_the_share_of_equal_filled_bins(seed, bins, values):
    rng = np.random.default_rng(seed)
    one, other = rng.integers(0, values, (2, 9, bins)).astype(np.uint8)
    one[0] = other[0] = 0
    filled = ((one != 0) | (other != 0)).sum(axis=1)
    equal = ((one == other) & (one != 0)).sum(axis=1)
    assert resemblance(one, other).tolist() == (equal / np.maximum(filled, 1)).tolist()


@pytest.mark.parametrize("most", [1, 1 << 21])
def test_a_crowd_is_still_one_family_with_fewer_comparisons(monkeypatch, most):
    monkeypatch.setattr(similarity, "_MOST_PAIRS", most)
    rows = np.full((300, BINS), 7, np.uint8)
    met = {(i, j) for one, other, _ in alike(rows) for i, j in zip(one, other, strict=True)}
    assert {i for _, i in met} == {*range(1, 300)}
    assert (8, 7) not in met
    assert len(met) < (700 if most == 1 else 5000)


def test_what_stands_in_a_small_bucket_meets_all_of_it(monkeypatch):
    monkeypatch.setattr(similarity, "_MOST_PAIRS", 1)
    rows = np.repeat(np.arange(1, 31, dtype=np.uint8), 8)[:, None].repeat(BINS, axis=1)
    met = {(int(i), int(j)) for a, b, _ in alike(rows) for i, j in zip(a, b, strict=True)}
    assert met == {(i, j) for j in range(240) for i in range(j // 8 * 8, j)}
