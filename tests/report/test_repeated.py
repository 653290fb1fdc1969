# SPDX-License-Identifier: Apache-2.0
"""Questions that were asked several times, on the page."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from math import nan

import pytest

from evalkit.evaluation.result import Answer, RepeatedAnswer
from evalkit.report.build import build_report
from evalkit.report.repeated import times
from evalkit.report.rows_data import rows_data

HOSTILE = "</script><img src=x onerror=alert(1)>{{ 7*7 }}\u202e"


def repeated(*scores, text="bill"):
    answers = [RepeatedAnswer(text=text, finish="stop", score=s, read=None) for s in scores]
    known = [s for s in scores if s == s]  # noqa: PLR0124  not NaN
    mean = sum(known) / len(known) if known else nan
    return Answer(text=text, finish="stop", error=None, score=mean, repeats=tuple(answers))


@pytest.mark.parametrize(
    ("answer", "en", "zh"),
    [
        (repeated(1, 0, 1, 1, 0), "3 of 5 right", "5 次答对 3 次"),
        (repeated(1, nan, 0), "1 of 2 right", "2 次答对 1 次"),
        (repeated(0.25, 1), "the first of 2", "2 次中的第一次"),
        (repeated(nan, nan), "the first of 2", "2 次中的第一次"),
    ],
)
def test_how_often_it_was_right(answer, en, zh):
    said = times(answer)
    assert (said.plain("en"), said.plain("zh")) == (en, zh)


def test_a_single_answer_needs_no_word():
    assert times(None) is None
    assert times(Answer(text="x", finish="stop", error=None, score=1.0)) is None


def _with_repeats(run):
    first, *rest = run.rows
    answers = {
        name: repeated(*([1, 0, 1, 1, 0] if name == run.candidate else [1, 1, 1, 1, 1]))
        for name in first.answers
    }
    hostile = {**answers, run.candidate: repeated(0, 0, 1, text=HOSTILE)}
    second = replace(rest[0], answers=hostile, cluster="c")
    return replace(run, rows=[replace(first, answers=answers, cluster="c"), second, *rest[1:4]])


def test_the_page_of_a_run_with_repeats(samples):
    run = _with_repeats(samples.worse())
    page = build_report(run)
    assert "3 of 5 right" in page
    assert "1 of 3 right" in page
    assert "5 次答对 3 次" in page
    assert "<img src=x" not in page
    assert "\u202e" not in re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    data = rows_data(run)
    column = next(
        a for a, m in zip(data["rows"]["answers"], data["models"], strict=True)
        if m["name"] == run.candidate
    )  # fmt: skip
    assert column["repeats"]["0"] == [["bill", x] for x in (1, 0, 1, 1, 0)]
    json.dumps(data)


def test_a_run_without_repeats_carries_nothing_of_them(samples):
    found = rows_data(samples.worse())
    assert all("repeats" not in column for column in found["rows"]["answers"])
