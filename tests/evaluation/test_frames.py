# SPDX-License-Identifier: Apache-2.0
"""A run as frames of pandas, and in a notebook."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

import evalkit
from evalkit.core.errors import UsageError
from evalkit.evaluation.notebook import html_of

EVIL = '<img src=x onerror="alert(1)"> {{7*7}} \x1b[31m\u202e'


@pytest.fixture(scope="module")
def run():
    labels = ["refund", "delivery"]
    rows = [(f"q{n}", labels[n % 2]) for n in range(20)]
    old = [{"id": i, "answer": e if n % 2 else EVIL, "expected": e, "lang": "zh"} for n, (i, e) in enumerate(rows)]  # fmt: skip
    new = [{"id": i, "answer": e if n != 3 else "", "expected": e} for n, (i, e) in enumerate(rows)]
    return evalkit.compare(old=old, new=new[1:], margin="2 points", slices="lang")


def test_measures(run):
    frame = run.frame("measures")
    one = frame[(frame.model == "new") & (frame.metric == "accuracy") & (frame.slice == "all")]
    assert one.value.item() == pytest.approx(18 / 19)
    assert (one.n.item(), one.left_out.item(), one.unit.item()) == (19, 1, "share")
    assert len(frame) == len(run.measures)
    assert run.frame().equals(frame)


def test_differences(run):
    frame = run.frame("differences").set_index(["metric", "slice"])
    first = frame.loc[("accuracy", "all")]
    assert (first.candidate, first.base, first.n) == ("new", "old", 19)
    assert (first.fixed, first.broken) == (9, 1)
    assert frame.fixed.dtype.name == "Int64"


def test_gates(run):
    frame = run.frame("gates")
    assert list(frame.index) == ["new not worse than old by 2 points"]
    assert list(frame.verdict) == [run.gates[0].verdict]


def test_rows(run):
    frame = run.frame("rows")
    assert list(frame.index) == [row.id for row in run.rows]
    assert frame.loc["q3", "flip"] == "broken"
    assert frame.loc["q2", "flip"] == "fixed"
    assert frame.loc["q2", "answer[old]"] == EVIL  # the data, as it is
    assert frame.loc["q0", ["answer[new]", "score[new]", "flip"]].isna().all()
    assert set(frame.lang) == {"zh"}


def test_an_unknown_kind(run):
    with pytest.raises(UsageError, match="no frame of `row`; did you mean `rows`"):
        run.frame("row")


class Seen(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.open = set(), set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", ["en", "zh"])
def test_in_a_notebook_it_is_small_and_safe(run, language):
    from dataclasses import replace

    evil = replace(
        run,
        suite=EVIL,
        notes=[(EVIL, EVIL)] * 50,
        gates=[replace(run.gates[0], gate=EVIL)] * 50,
    )
    html = html_of(evil, language)
    seen = Seen()
    seen.feed(html)
    assert seen.open == []
    assert seen.tags <= {"div", "p", "br", "strong", "table", "thead", "tbody", "tr", "th", "td", "ul", "li"}  # fmt: skip
    assert seen.attributes <= {"class", "lang", "style"}
    assert "\x1b" not in html
    assert "\u202e" not in html
    assert len(html) < 40_000
    assert "color:" not in html.replace("currentColor", "")  # the notebook's own, light or dark
    assert ("… and 20 more" if language == "en" else "… 另有 20 项") in html


def test_it_shows_the_verdict_the_numbers_and_the_flips(run):
    html = run._repr_html_()
    assert "new is better than old" in html
    assert "9 fixed, 1 broken of 19 rows" in html
    assert "new not worse than old by 2 points" in html


def test_a_run_of_one_model_has_no_difference():
    one = [{"prediction": "x", "expected": "x"}] * 3
    run = evalkit.compare(one, one, by="none")
    assert run.frame("differences").empty
    assert "flip" not in run.frame("rows")
    assert "MEASURED" in run._repr_html_()
