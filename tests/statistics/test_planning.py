# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from math import isnan, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.statistics.planning import Assumption, Terms, needed, visible
from evalkit.statistics.power import (
    cluster_design,
    likely_disagreement,
    rows_needed_width,
    rows_needed_win_rate,
    visible_margin,
    visible_width,
    visible_win_rate,
)
from evalkit.statistics.proportion import wilson

PLAIN = Terms()


@pytest.mark.parametrize(
    ("question", "size", "given", "rows"),
    [
        ("better", 0.05, Assumption(disagreement=0.1), 312),
        ("better", 0.03, Assumption(disagreement=0.2), 1742),
        ("not_worse", 0.05, Assumption(disagreement=0.2), 495),
        ("not_worse", 0.02, Assumption(disagreement=0.2), 3092),
        ("better", 0.1, Assumption(sd=1.0), 785),
        ("not_worse", 0.1, Assumption(sd=1.0), 619),
        ("width", 0.05, Assumption(share=0.5), 381),
        ("win_rate", 0.55, Assumption(ties=0.0), 783),
        ("better", 0.3, Assumption(disagreement=0.1), 24),  # all of it goes one way
    ],
)
def test_known_answers(question, size, given, rows):
    assert needed(question, size, given, PLAIN) == rows


@pytest.mark.parametrize(
    ("question", "size", "given"),
    [
        ("better", 0.0, Assumption(disagreement=0.1)),
        ("better", 0.1, Assumption(ties=0.1)),
        ("width", 0.1, Assumption(disagreement=0.1)),
        ("width", 0.0, Assumption(share=0.5)),
        ("width", nan, Assumption(share=0.5)),
        ("win_rate", 0.5, Assumption(ties=0.1)),
        ("win_rate", 0.9, Assumption(ties=0.6)),  # 60 % ties leave at most 70 %
        ("not_worse", 0.0, Assumption(disagreement=0.1)),
    ],
)
def test_no_number_of_rows(question, size, given):
    assert needed(question, size, given, PLAIN) is None


assumptions = {
    "better": st.one_of(
        st.builds(Assumption, disagreement=st.floats(0.05, 0.8)),
        st.builds(Assumption, noise=st.floats(0.01, 0.4)),
        st.builds(Assumption, share=st.floats(0.2, 0.8)),
        st.builds(Assumption, sd=st.floats(0.5, 20)),
    ),
    "not_worse": st.one_of(
        st.builds(Assumption, disagreement=st.floats(0.05, 0.8)),
        st.builds(Assumption, sd=st.floats(0.5, 20)),
    ),
    "width": st.builds(Assumption, share=st.floats(0, 1)),
    "win_rate": st.builds(Assumption, ties=st.floats(0, 0.8)),
}


@settings(max_examples=25)
@pytest.mark.parametrize("question", assumptions)
@given(st.data(), st.integers(100, 50_000), st.floats(1, 4))
def test_what_shows_is_what_the_rows_suffice_for(question, data, rows, design):
    given, terms = data.draw(assumptions[question]), Terms(design=design)
    seen = visible(question, rows, given, terms)
    if question == "win_rate" and isnan(seen):  # nearly all are ties
        assert given.ties > 0.5
        return
    size = 0.5 + seen if question == "win_rate" else seen
    again = needed(question, size, given, terms)
    # The exact bound moves by whole pairs: with few that differ a few rows do not change it.
    steps = 8 if question == "not_worse" else 2
    assert again == pytest.approx(rows, rel=0.02, abs=steps * design + 1)


@pytest.mark.parametrize("question", ["better", "not_worse", "width", "win_rate"])
def test_nothing_known_or_no_rows(question):
    assert isnan(visible(question, 100, Assumption(), PLAIN))
    assert isnan(visible(question, 0, Assumption(disagreement=0.1), PLAIN))


def test_more_is_asked_more_is_needed():
    given = Assumption(disagreement=0.2)
    plain = needed("better", 0.03, given, PLAIN)
    assert needed("better", 0.03, given, Terms(power=0.9)) > plain
    assert needed("better", 0.03, given, Terms(alpha=0.01)) > plain
    assert needed("better", 0.03, given, Terms(design=2.0)) == 2 * plain
    assert needed("better", 0.03, given, Terms(design=cluster_design(4, 0.3))) == -(
        -plain * 19 // 10
    )


def test_the_disagreement_is_guessed_from_the_accuracy():
    assert likely_disagreement(0.8, 0.05) == pytest.approx(0.145)  # measured on such models: .13
    assert likely_disagreement(0.99, 0.01) == pytest.approx(0.01)
    assert likely_disagreement(0.5, 0.7) == 0.7


@settings(max_examples=40)
@given(st.floats(0, 1), st.floats(0.005, 0.3))
def test_the_width_is_wilsons(share, half):
    n = rows_needed_width(share, half)
    assert visible_width(share, n) <= half
    assert n == 1 or visible_width(share, n - 1) > half
    found = wilson(share * n, n)
    if found.low > 0 and found.high < 1:
        assert (found.high - found.low) / 2 == pytest.approx(visible_width(share, n))


def test_win_rates():
    assert rows_needed_win_rate(0.55, 0.0) == rows_needed_win_rate(0.45, 0.0)
    assert rows_needed_win_rate(nan, 0.0) is None
    assert visible_win_rate(0.0, 783) == pytest.approx(0.05, rel=0.01)
    assert isnan(visible_win_rate(0.8, 25))  # 20 % of 25 cannot tell


def test_margins():
    assert visible_margin(0.2, 495, binary=True) == pytest.approx(0.05, rel=0.01)
    assert visible_margin(0.0, 133, binary=True) == pytest.approx(0.02, abs=1e-4)
    assert isnan(visible_margin(0.2, 1, binary=True))
    assert isnan(visible_margin(0.4, 2, binary=True))  # not even a loss of everything
    assert isnan(visible_margin(0.0, 100, binary=False))


def test_clusters_of_one_are_no_clusters():
    assert cluster_design(1, 0.3) == 1
    assert cluster_design(0.5, 0.3) == 1
    assert cluster_design(5, 0.0) == 1
