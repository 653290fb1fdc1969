# SPDX-License-Identifier: Apache-2.0
import xml.etree.ElementTree as ET
from math import isfinite, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.page.charts import (
    Part,
    Scale,
    axis,
    histogram,
    interval_strip,
    level,
    scale_for,
    share_bar,
)
from evalkit.page.phrase import say


def parsed(svg: object) -> ET.Element:
    return ET.fromstring(str(svg))  # noqa: S314 - our own


def test_a_scale_has_round_ends_around_everything():
    scale = scale_for([0.097, 0.194, nan], "share", zero=True)
    assert (scale.low, round(scale.high, 9), scale.step) == (0.0, 0.2, 0.05)
    assert [round(t, 9) for t in scale.ticks] == [0.0, 0.05, 0.1, 0.15, 0.2]


def test_a_share_stays_between_0_and_100_percent():
    scale = scale_for([0.86, 0.99], "share")
    assert 0 <= scale.low < scale.high <= 1


@given(st.lists(st.floats(-1e6, 1e6) | st.just(nan), max_size=6), st.booleans())
def test_every_value_is_on_its_scale(values, zero):
    scale = scale_for(values, "score", zero=zero)
    assert scale.low < scale.high
    assert 1 <= len(scale.ticks) <= 12
    slack = 1e-6 * max(abs(scale.low), abs(scale.high))
    for value in filter(isfinite, values):
        assert scale.low - slack <= value <= scale.high + slack
    assert not zero or scale.low <= 0 <= scale.high


def test_a_strip_is_a_picture_with_its_numbers_as_title():
    scale = Scale(0.0, 0.2, 0.05, "share", zero=True)
    svg = parsed(interval_strip(0.1, 0.05, 0.15, scale, kind="good"))
    assert svg.get("role") == "img"
    assert svg.findtext("title") == "+10.0 [+5.0, +15.0]"
    dot = svg.find("circle")
    assert dot is not None
    assert dot.get("cx") == "50.00%"
    line = svg.find("line[@class='ci']")
    assert line is not None
    assert (line.get("x1"), line.get("x2")) == ("25.00%", "75.00%")
    assert svg.find("line[@class='zero']") is not None


@pytest.mark.parametrize(("value", "low"), [(nan, nan), (0.1, nan)])
def test_what_is_not_known_is_not_drawn(value, low):
    svg = parsed(interval_strip(value, low, low, Scale(0.0, 0.2, 0.1, "share")))
    assert svg.find("line[@class='ci']") is None
    assert (svg.find("circle") is None) == (not isfinite(value))


def test_the_axis_says_points_with_signs_and_shares_in_percent():
    signed = axis(Scale(-0.2, 0.2, 0.2, "share", zero=True))
    assert "+20<" in signed
    assert "−20<" in signed
    assert "20%<" in axis(Scale(0.0, 0.2, 0.2, "share"))


def test_a_bar_is_as_long_as_its_parts_and_says_them():
    parts = [Part(3, "good", "fixed <b>"), Part(0, "x", "none"), Part(1, "bad", "broken")]
    svg = parsed(share_bar(parts))
    assert svg.get("aria-label") == "fixed <b>: 3, none: 0, broken: 1"
    assert [(r.get("x"), r.get("width")) for r in svg.findall("rect")] == [
        ("0.000%", "75.000%"),
        ("75.000%", "25.000%"),
    ]


def test_a_level_is_as_long_as_its_share():
    assert 'width="25.00%"' in level(0.25)
    assert 'aria-hidden="true"' in level(0)


def columns(chart):
    root = parsed(f"<div>{chart}</div>")
    return root.findall(".//rect"), [text.text for text in root.findall(".//text")]


def test_columns_are_as_high_as_their_counts_and_empty_ones_are_left_out():
    bins = [(0, 100, 5), (100, 200, 0), (200, 300, 10)]
    rects, labels = columns(histogram(bins, say("Tokens", "token 数")))
    assert [r.get("height") for r in rects] == ["50.00%", "100.00%"]
    assert [r.get("x") for r in rects] == ["0.000%", "66.667%"]
    assert [r.find("title").text for r in rects] == ["0 … 99: 5", "200 … 299: 10"]
    assert labels == ["0", "100", "200", "300"]


def test_columns_of_single_values_are_labelled_below():
    chart = histogram([(2, 3, 1), (3, 4, 4)], say("Turns", "轮次"))
    rects, labels = columns(chart)
    assert labels == ["2", "3"]
    assert [r.find("title").text for r in rects] == ["2: 1", "3: 4"]
    assert 'x="25.00%"' in chart
    assert 'data-zh="轮次"' in chart


def test_many_edges_have_few_labels():
    _, labels = columns(histogram([(i * 10, i * 10 + 10, 1) for i in range(24)], say("a", "b")))
    assert labels == ["0", "40", "80", "120", "160", "200", "240"]
