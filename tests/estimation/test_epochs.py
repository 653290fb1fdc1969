# SPDX-License-Identifier: Apache-2.0
import pytest
from hypothesis import given as hypothesis_given
from hypothesis import settings
from hypothesis import strategies as st

from evalkit.estimation.epochs import automatic, given


def cookbook(examples):
    """The cookbook's own lines (Chat_finetuning_data_prep)."""
    epochs = 3
    if examples * 3 < 100:
        epochs = min(25, 100 // examples)
    elif examples * 3 > 25_000:
        epochs = max(1, 25_000 // examples)
    return epochs


@pytest.mark.parametrize(
    ("examples", "epochs"),
    [
        (0, 0), (1, 25), (4, 25), (5, 20), (10, 10), (20, 5), (33, 3), (34, 3), (61, 3), (72, 3),
        (79, 3), (100, 3), (101, 3), (8_333, 3), (8_334, 2), (12_500, 2), (12_501, 1), (25_001, 1),
    ],
)  # fmt: skip
def test_edges(examples, epochs):
    assert automatic(examples).number == epochs


@settings(deadline=None)
@hypothesis_given(st.integers(1, 200_000))
def test_it_is_the_cookbooks(examples):
    assert automatic(examples).number == cookbook(examples)


@pytest.mark.parametrize(
    ("examples", "english"),
    [
        (20, "auto: 3 x 20 is under 100 examples, so 100 // 20 = 5"),
        (2, "auto: 3 x 2 is under 100 examples, so 100 // 2 = 50, at most 25"),
        (100, "auto: 3, for 100 to 25,000 examples seen"),
        (9_000, "auto: 3 x 9,000 is over 25,000 examples, so 25,000 // 9,000 = 2"),
        (30_000, "auto: 3 x 30,000 is over 25,000 examples, so 25,000 // 30,000 = 0, at least 1"),
    ],
)
def test_the_reason(examples, english):
    assert automatic(examples).reason["en"] == english
    assert automatic(examples).reason["zh"].startswith("自动")


def test_what_is_asked_for():
    assert (given(7).number, given(7).rule) == (7, "given")
