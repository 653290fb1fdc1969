# SPDX-License-Identifier: Apache-2.0
"""Intervals and tests as papers and other tools print them, written down here."""

from __future__ import annotations

from math import sqrt

import pytest

from evalkit.statistics.bonett_price import bonett_price
from evalkit.statistics.clusters import cluster_codes, cluster_error
from evalkit.statistics.mean import mean
from evalkit.statistics.multiplicity import benjamini_hochberg, holm
from evalkit.statistics.newcombe import newcombe
from evalkit.statistics.paired_binary import (
    mcnemar_asymptotic,
    mcnemar_exact,
    mcnemar_midp,
    tango,
)
from evalkit.statistics.proportion import wilson
from evalkit.statistics.student import t_quantile


def test_airway_data():
    """Fagerland, Lydersen, Laake (2014), Statistics in Medicine 33: the table (1, 1, 7, 12)."""
    assert mcnemar_exact(1, 7) == 0.0703125
    assert mcnemar_midp(1, 7) == 0.0390625
    assert mcnemar_asymptotic(1, 7) == pytest.approx(0.0338949, abs=5e-8)
    assert tango(1, 7, 21) == pytest.approx((-0.5172, -0.0260), abs=5e-5)
    assert newcombe(1, 1, 7, 12) == pytest.approx((-0.5069, -0.0256), abs=5e-4)
    assert bonett_price(1, 7, 21) == pytest.approx((-0.5084, -0.0134), abs=5e-5)


def test_presidential_approval():
    """Agresti, Categorical Data Analysis: 150 against 86 of 1,600."""
    assert tango(150, 86, 1600) == pytest.approx((0.021362, 0.058998), abs=5e-7)


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)],
)
def test_newcombes_table_of_wilson(right, n, low, high):
    """Newcombe (1998), Statistics in Medicine 17, 857-872, Table I."""
    found = wilson(right, n)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


def test_many_tests():
    p = [0.01, 0.04, 0.03, 0.005]
    assert holm(p) == pytest.approx([0.03, 0.06, 0.06, 0.02], abs=1e-12)
    assert benjamini_hochberg(p) == pytest.approx([0.02, 0.04, 0.04, 0.02], abs=1e-12)


def test_the_errors_of_clusters():
    """statsmodels gives CR0 and CR1 of these; ours is CR3, the widest."""
    import numpy as np
    import statsmodels.api as sm

    d = np.array([1.0, 0, 1, 1, 0, 0, 1, 0, 0, 1])
    groups = [0, 0, 0, 1, 1, 2, 2, 2, 3, 3]
    assert cluster_error(d, cluster_codes(groups)) == pytest.approx(0.0874818, abs=5e-8)
    assert d.std(ddof=1) / sqrt(10) == pytest.approx(0.166667, abs=5e-7)
    model = sm.OLS(d, np.ones(10))
    for corrected, error in ((False, 0.0707107), (True, 0.0816497)):
        options = {"groups": np.array(groups), "use_correction": corrected, "df_correction": False}
        fitted = model.fit(cov_type="cluster", cov_kwds=options)
        assert float(fitted.bse[0]) == pytest.approx(error, abs=5e-7)


def test_the_error_of_lm_eval():
    """mean_stderr = s/√n with n - 1; the pooled one of groups is that of their shifted rows."""
    import numpy as np

    rows = [[1.0, 0.0, 1.0, 1.0], [0.2, 0.9, 0.4], [0.0, 1.0, 1.0, 0.0, 0.5]]
    errors, sizes = [], [len(x) for x in rows]
    for x in rows:
        found = mean(x)
        error = (found.high - found.low) / 2 / t_quantile(0.975, len(x) - 1)
        assert error == pytest.approx(np.std(x, ddof=1) / sqrt(len(x)), rel=1e-12)
        errors.append(error)
    n, k = sum(sizes), len(sizes)
    pooled = sqrt(
        sum((m - 1) * e * e * m for m, e in zip(sizes, errors, strict=True)) / (n - k) / n
    )
    centred = np.concatenate([np.array(x) - np.mean(x) for x in rows])
    assert pooled == pytest.approx(sqrt(float((centred**2).sum()) / (n - k) / n), rel=1e-12)
