# SPDX-License-Identifier: Apache-2.0
from fractions import Fraction
from math import isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.errors import UsageError
from evalkit.core.exchange import Reply
from evalkit.scorers._numbers import numbers_in
from evalkit.scorers.numeric import numeric


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1,234.50", ["1234.5"]),
        ("1,234,567", ["1234567"]),
        ("3,5", ["3", "5"]),
        ("４２", ["42"]),
        ("￥３，０００．５", ["3000.5"]),
        ("-3 and −4", ["-3", "-4"]),
        ("5-3", ["5", "3"]),
        ("3 - 2", ["3", "2"]),
        ("3/4", ["3/4"]),
        (r"\frac{3}{4}", ["3/4"]),
        ("1.5e6", ["1500000"]),
        ("1.5 × 10^3", ["1500"]),
        ("2 million, 10k", ["2000000", "10000"]),
        ("3.2万", ["32000"]),
        ("价格为3.5亿元", ["350000000"]),
        ("20千克", ["20"]),
        ("$1,000.", ["1000"]),
        ("三百二十", ["320"]),
        ("三百二", ["320"]),
        ("一百零五", ["105"]),
        ("一万零五", ["10005"]),
        ("一亿两千万", ["120000000"]),
        ("二〇二四", ["2024"]),
        ("负三点五", ["-7/2"]),
        ("三分之一", ["1/3"]),
        ("十五", ["15"]),
        ("一共有三个苹果", ["3"]),
        ("万一，千万别去，一些人", []),
        ("no number", []),
        ("1/0", []),
        ("9" * 5000, []),
    ],
)
def test_numbers(text, numbers):
    assert [n.value for n in numbers_in(text)] == [Fraction(n) for n in numbers]


@pytest.mark.parametrize(
    ("text", "expected", "value", "answer"),
    [
        ("42", "42", 1, "42"),
        ("42.0", "42", 1, "42"),
        ("5 + 37 = 42", "42", 1, "42"),
        ("The answer is 42. I used 3 steps.", "42", 1, "42"),
        ("She pays 7.\n#### 42", "So 6*7=42\n#### 42", 1, "42"),
        (r"\boxed{42} of 100", "42", 1, "42"),
        ("答案是四十二", "42", 1, "42"),
        ("答案：４２。共3步", "42", 1, "42"),
        ("12%", "12%", 1, "12%"),
        ("0.12", "12%", 1, "0.12"),
        ("12", "12%", 1, "12"),
        ("百分之十二", "12%", 1, "12%"),
        ("1.2", "12%", 0, "1.2"),
        ("41", "42", 0, "41"),
        ("-42", "42", 0, "-42"),
        ("", "42", 0, None),
        ("I cannot say", "42", 0, None),
    ],
)
def test_numeric(text, expected, value, answer):
    found = numeric(Reply(text=text), expected)
    assert (found.value, found.answer) == (value, answer)


@pytest.mark.parametrize(
    ("text", "tolerance", "value"),
    [("101", 1, 1), ("101.1", 1, 0), ("99", "1%", 1), ("98.9", "1%", 0), ("100", 0, 1),
     ("100.0000000001", 0, 1), ("-100", "1%", 0)],
)  # fmt: skip
def test_tolerance(text, tolerance, value):
    assert numeric(Reply(text=text), "100", tolerance=tolerance).value == value


def test_which_number_counts():
    text = "First 1, then 2."
    assert numeric(Reply(text=text), "1", take="first").value == 1
    assert numeric(Reply(text=text), "2", take="last").value == 1
    assert numeric(Reply(text=text), "2", take="only").value == 0
    assert numeric(Reply(text="2"), "2", take="only").value == 1


def test_cannot_say():
    assert isnan(numeric(Reply(text="1"), "none").value)
    assert isnan(numeric(Reply(text="1", finish="error"), "1").value)
    with pytest.raises(UsageError, match="no size"):
        numeric(Reply(text="1"), "1", tolerance="a bit")


@given(st.integers(-(10**15), 10**15))
def test_a_number_is_read_however_it_is_written(number):
    for text in (str(number), f"{number:,}", f"is {number:,}.", f"{number}.0"):
        assert numbers_in(text)[-1].value == number


@given(st.text(max_size=60))
def test_any_text_is_read_calmly(text):
    numeric(Reply(text=text), "1")
