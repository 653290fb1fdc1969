# SPDX-License-Identifier: Apache-2.0
"""The permutation test of a paired mean: under no difference every sign is as likely."""

from __future__ import annotations

from evalkit.statistics.arrays import Array

__all__ = ["sign_flip_p"]

_EXACT_UP_TO = 16
_DRAWS = 20_000
_BLOCK = 4_000_000  # table look-ups at a time: 32 MB


def sign_flip_p(differences: Array, *, seed: int = 0, mid: bool = False) -> float:
    """Two-sided p of the mean of paired differences, by flipping their signs.

    Exact (all 2^m sign patterns) where at most 16 differences are not zero, since zeros have no
    sign; else 20,000 draws and p = (1 + k)/(1 + 20,000), k = draws with |sum| >= the observed one.

    Args:
        differences: Shape (n,), finite.
        seed: Of the draws; the same seed gives the same p on every machine.
        mid: Count half of the patterns whose sum is as far from 0 as the observed one: the mid-p,
            for values on a lattice. For differences of -1 and 1 it is McNemar's mid-p.

    Returns:
        In (0, 1]; all zero: 1.
    """
    import numpy as np

    d = differences[differences != 0]
    if d.size == 0:
        return 1.0
    scale = float(np.abs(d).sum())
    bar = abs(float(d.sum())) - 1e-12 * scale  # equal sums differ by rounding
    if d.size <= _EXACT_UP_TO:
        sums = d[:1]  # the first sign is fixed: the other half mirrors
        for x in d[1:]:
            sums = np.concatenate([sums + x, sums - x])
        beyond = float(np.mean(np.abs(sums) >= bar))
        return beyond - float(np.mean(np.abs(np.abs(sums) - bar) <= 2e-12 * scale)) * mid / 2
    # Signs are drawn 8 at a time: tables[g, byte] = signed sum of group g under that byte.
    groups = -(-d.size // 8)
    padded = np.zeros(groups * 8)
    padded[: d.size] = d
    signs = 2.0 * np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1) - 1
    tables = padded.reshape(groups, 8) @ signs.T
    bits = np.random.PCG64(seed)  # its raw output is fixed for good, that of Generator is not
    hits = 0.0
    done = 0
    while done < _DRAWS:
        rows = min(_DRAWS - done, max(1, _BLOCK // groups))
        words = bits.random_raw(-(-rows * groups // 8)).astype("<u8")
        drawn = words.view(np.uint8)[: rows * groups].reshape(rows, groups)
        sums = tables[np.arange(groups), drawn].sum(axis=1)
        hits += int(np.count_nonzero(np.abs(sums) >= bar))
        if mid:
            hits -= int(np.count_nonzero(np.abs(np.abs(sums) - bar) <= 2e-12 * scale)) / 2
        done += rows
    return (1 - mid / 2 + hits) / (1 + _DRAWS)
