# SPDX-License-Identifier: Apache-2.0
import re
from dataclasses import replace

import pytest

from evalkit.evaluation.judging.health import health
from evalkit.evaluation.judging.judged import Judged
from evalkit.evaluation.judging.verdicts import Verdict
from evalkit.evaluation.raters.humans import Humans
from evalkit.page.phrase import Text
from evalkit.report.build import build_report
from evalkit.report.sections.judge import judge
from evalkit.statistics.proportion import wilson

PAIR = ("tuned", "base")
PAYLOAD = "<script>alert(1)</script>\u202e"


def measured(flips=4, people=True, name="openai/gpt-5.5"):
    words = {"win": 1.0, "loss": 0.0, "tie": 0.5}
    said = [("win", "win")] * 12 + [("loss", "loss")] * 8 + [("tie", "tie")] * 6
    said += [("win", "loss")] * flips + [("win", "unreadable")] * 1
    verdicts = [
        Verdict(
            id=str(k),
            first=a,
            second=b,
            outcome=float("nan") if b == "unreadable" else words[a] if a == b else 0.5,
            candidate_chars=20 + k,
            base_chars=30,
        )
        for k, (a, b) in enumerate(said)
    ]
    names = {1.0: "win", 0.0: "loss", 0.5: "tie"}
    labels = {v.id: names[v.outcome] for v in verdicts if v.outcome == v.outcome}
    humans = Humans(verdicts={**labels, "0": "loss", "z": "win"}, raters={"a": labels, "b": labels})
    judged = Judged(pairs={PAIR: verdicts})
    return health(judged, PAIR, humans if people else None, judge=name)


def text_of(html):
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", html))


@pytest.fixture
def run(samples):
    return samples.classification()


def test_a_run_without_a_judge_has_no_such_section(run):
    assert 'id="judge"' not in build_report(run)


def test_bounds_habits_and_people_are_shown_in_both_languages(run):
    page = build_report(replace(run, judge=measured()))
    assert '<section id="judge"' in page
    shown = text_of(judge.render(replace(run, judge=measured()), Text("en")))
    for words in (
        "openai/gpt-5.5 compared answers of",
        "winner changes with the order",
        "at most 25%",
        "13.3%",
        "同上，假设长度相等",
        "verdicts for the answer shown first",
        "wins of the longer answer",
        "people ↓ judge →",
        "人工 ↓ 裁判 →",
        "2 raters among themselves (alpha)",
        "1 label of another row",
        "交换顺序后胜负反转",
    ):
        assert words in shown


def test_labels_of_other_answers_are_counted(run):
    found = measured()
    stale = replace(found, people=replace(found.people, stale=2))
    assert "2 labels of other answers" in text_of(
        judge.render(replace(run, judge=stale), Text("en"))
    )
    assert "labels of other answers" not in text_of(
        judge.render(replace(run, judge=found), Text("en"))
    )


def test_a_judge_beyond_its_bounds_says_why(run):
    shown = text_of(judge.render(replace(run, judge=measured(flips=20)), Text("en")))
    assert "Gates do not rest on it:" in shown
    assert "43.5 % of the winners change" in shown
    assert "does not hold" in shown
    fine = text_of(judge.render(replace(run, judge=measured(people=False)), Text("zh")))
    assert "evalkit label" in fine


def test_probes_are_a_bound_where_they_were_tried(run):
    found = replace(measured(), probes=wilson(3, 20))
    shown = text_of(judge.render(replace(run, judge=found), Text("en")))
    assert "verdicts turned by a text that speaks to the judge" in shown
    assert "15.0%" in shown
    assert "does not hold" in shown


def test_names_and_reasons_are_hostile(run):
    found = replace(
        measured(name=PAYLOAD),
        candidate=PAYLOAD,
        why={"en": PAYLOAD, "zh": PAYLOAD},
        may_gate=False,
    )
    shown = str(judge.render(replace(run, judge=found), Text("en")))
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_nothing_judged_is_calm(run):
    shown = judge.render(replace(run, judge=health(Judged(), PAIR)), Text("en"))
    assert "the judge was asked nothing" in shown
    assert "nan" not in text_of(shown).lower().replace("finance", "")


def test_the_page_is_the_same_twice(run):
    one = replace(run, judge=measured())
    assert build_report(one) == build_report(one)
