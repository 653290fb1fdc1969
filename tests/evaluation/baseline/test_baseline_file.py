# SPDX-License-Identifier: Apache-2.0
"""The file that stands in git: what goes in comes out, and how two vectors are compared."""

from dataclasses import replace
from math import isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.measure import Interval
from evalkit.evaluation.baseline.file import (
    Baseline,
    changes,
    load_baseline,
    paired_with,
    plain_signature,
    write_baseline,
)
from evalkit.evaluation.stored import encoded
from evalkit.statistics.clusters import paired_clustered_mean, paired_clustered_share
from evalkit.statistics.paired import paired_binary, paired_mean


def made(scores, *, binary=True, **other):
    return replace(
        Baseline(
            suite="x",
            model="tuned",
            identity="somewhere",
            metric="accuracy",
            unit="share",
            better="higher",
            binary=binary,
            signature="accuracy|scorer:label",
            data=f"sha256:{'0' * 64}",
            prompt=f"blake2b:{'1' * 32}",
            value=Interval(value=0.5, low=0.25, high=0.75, n=len(scores)),
            scores=scores,
            evalkit="0.1.0",
        ),
        **other,
    )


@given(
    st.dictionaries(
        st.text("0123456789abcdef-", min_size=1, max_size=14),
        st.sampled_from([0.0, 1.0, nan, 0.125, 0.333333]),
        max_size=20,
    )
)
def test_what_goes_in_comes_out(tmp_path_factory, scores):
    path = tmp_path_factory.mktemp("b") / "x.baseline.json"
    kept = made(scores, margin="2 points", judge="blake2b:1")
    assert write_baseline(path, kept)
    raw = path.read_bytes()
    again = load_baseline(path)
    assert encoded(again) == encoded(kept)
    assert list(again.scores) == list(scores)
    assert not write_baseline(path, again)  # the same: left as it is
    assert path.read_bytes() == raw


def test_only_what_scores_depend_on_is_in_the_signature():
    long = "recall|label:refund|scorer:label|ci:wilson95|v:0.1.0|repeats:3"
    assert plain_signature(long) == "recall|label:refund|scorer:label|repeats:3"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"data": f"sha256:{'2' * 64}"}, "the data changed: sha256:000000000000 -> sha256:2222"),
        ({"judge": "blake2b:3"}, "the judge changed: none -> blake2b:3"),
        ({"signature": "accuracy|scorer:exact"}, "the way of scoring changed: accuracy|scorer:l"),
        ({"metric": "exact_match"}, "the metric changed: accuracy -> exact_match"),
        ({"scores": {"a": 1.0, "c": 1.0}}, "the rows changed: 1 of 2 are gone, 1 are new"),
    ],
)
def test_what_changed_is_told_from_what_to_what(change, says):
    then = made({"a": 1.0, "b": 0.0})
    (told,) = changes(then, replace(then, **change))
    assert says in told


def test_another_model_and_version_may_be_compared():
    then = made({"a": 1.0})
    assert changes(then, replace(then, identity="elsewhere", evalkit="9", model="two")) == []


IDS = [str(n) for n in range(40)]
THEN = [float(n % 3 > 0) for n in range(40)]
NOW = [float(n % 5 > 0) for n in range(40)]


def test_the_comparison_is_that_of_two_models():
    kept, now = made(dict(zip(IDS, THEN, strict=True))), dict(zip(IDS, NOW, strict=True))
    assert encoded(paired_with(kept, now, {})) == encoded(paired_binary(THEN, NOW))
    groups = {name: str(n // 4) for n, name in enumerate(IDS)}
    assert encoded(paired_with(kept, now, groups)) == encoded(
        paired_clustered_share(THEN, NOW, list(groups.values()))
    )
    halves = [round(score / 2 + n / 100, 6) for n, score in enumerate(NOW)]
    mean = made(dict(zip(IDS, THEN, strict=True)), binary=False)
    part = dict(zip(IDS, halves, strict=True))
    assert encoded(paired_with(mean, part, {})) == encoded(paired_mean(THEN, halves))
    assert encoded(paired_with(mean, part, groups)) == encoded(
        paired_clustered_mean(THEN, halves, list(groups.values()))
    )


def test_a_slice_and_rows_without_a_score():
    kept = made(dict(zip(IDS, THEN, strict=True)))
    part = dict.fromkeys(IDS[:10], 1.0) | {"3": nan}
    found = paired_with(kept, part, {})
    assert (found.interval.n, found.interval.left_out) == (9, 1)
    assert isnan(paired_with(made({}), {}, {}).interval.value)
