# SPDX-License-Identifier: Apache-2.0
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.location import Location
from evalkit.core.printable import columns
from evalkit.estimation.facts import Outlier, Shares
from evalkit.estimation.profile_spread import spread
from evalkit.estimation.text import plain
from evalkit.estimation.text_bars import bar, histogram, lengths, outliers, parts, share_lines


@pytest.mark.parametrize(
    ("share", "drawn"),
    [(1, "████"), (0.5, "██"), (0.25, "█"), (0.28, "█▏"), (0.001, "▏"), (0, ""), (15 / 16, "███▊")],
)
def test_bars_in_eighths(share, drawn):
    assert bar(share, 4) == drawn


@given(st.floats(0, 1), st.integers(0, 60), st.booleans())
def test_a_bar_is_never_too_long_and_never_hides_something(share, width, ascii_only):
    drawn = bar(share, width, ascii_only=ascii_only)
    assert columns(drawn) <= width
    assert bool(drawn) == (share > 0 and width > 0)
    assert drawn.isascii() or not ascii_only


@given(st.dictionaries(st.integers(0, 200_000), st.integers(1, 5_000), min_size=1))
def test_a_histogram_loses_no_example(counts):
    found = histogram(spread(counts), "en", 80, plain)
    if len(counts) == 1:
        assert found == []
        return
    assert len(found) <= 13
    numbers = [int(line.split()[1].replace(",", "")) for line in found[1:]]
    assert sum(numbers) == sum(counts.values())
    assert max(map(columns, found)) <= 80


def test_shares_add_up():
    shares = Shares(system=50, tools=0, user=25, assistant=20, results=0, images=0, frame=5)
    found = [(name.plain("en"), tokens, share) for name, tokens, share in parts(shares)]
    assert found == [
        ("system prompts", 50, 0.5),
        ("user", 25, 0.25),
        ("assistant", 20, 0.2),
        ("roles and marks", 5, 0.05),
    ]


def test_the_largest_share_is_first_and_has_the_longest_bar(made):
    shares = Shares(system=10, tools=300, user=20, assistant=80, results=40, images=5, frame=45)
    lines = share_lines(made(shares=shares), "zh", 80, plain)
    assert lines[0] == "token 的去向"
    assert lines[1].split()[:3] == ["工具定义", "300", "60.0%"]
    drawn = [line.split()[3] for line in lines[1:]]
    assert drawn == sorted(drawn, key=len, reverse=True)
    assert len(lines) == 8


def test_quantiles_are_true_ones(made):
    estimate = made(example=spread(dict.fromkeys(range(1, 101), 1)), roles={}, turns=None)
    head, row = lengths(estimate, "en", 80, plain)
    assert head.split() == ["tokens", "min", "p5", "p25", "median", "p75", "p95", "max", "mean"]
    assert row.split()[1:] == ["1", "6", "25.8", "50.5", "75.2", "95", "100", "50.5"]


def test_a_long_path_leaves_the_row_and_how_far_out_it_is(made):
    where = Location(source=f"{'data/' * 30}train.jsonl", line=170, number=170)
    found = made(outliers=(Outlier(location=where, tokens=4_058, times=21.3),))
    _, line = outliers(found, "en", 80, plain)
    assert columns(line) <= 80
    assert line.endswith("train.jsonl:170  4,058  21.3 x the median")
