# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import pytest

from evalkit.core.measure import Interval
from evalkit.evaluation.result import GateResult
from evalkit.report.verdict_words import (
    comparison,
    decision_word,
    more_rows,
    settled_by,
    verdict_sentence,
)


@pytest.mark.parametrize(
    ("decision", "en", "zh"),
    [
        ("ship", "SHIP", "可以上线"),
        ("dont_ship", "DON'T SHIP", "不要上线"),
        ("not_proven", "NOT PROVEN", "尚未证明"),
        ("measured", "MEASURED", "测量结果"),
    ],
)
def test_decisions(decision, en, zh):
    assert decision_word(decision).plain("en") == en
    assert decision_word(decision).plain("zh") == zh


@pytest.mark.parametrize(
    ("variant", "en", "zh"),
    [
        ("classification", "tuned is better than base", "tuned 优于 base"),
        ("worse", "base is worse than tuned", "base 比 tuned 差"),
        (
            "undecided",
            "tuned looks better than base, but 40 rows cannot tell",
            "tuned 看似优于 base，但 40 行数据还不能断定",
        ),
        ("identical", "tuned and base do equally well here", "tuned 与 base 在此不分高下"),
        ("single", "accuracy of tuned is 78.8%", "tuned 的准确率为 78.8%"),
        (
            "failing",
            "tuned is better than base, but it fails 1 of 2 gates",
            "tuned 优于 base，但有 1/2 项门槛未通过",
        ),
    ],
)
def test_sentences(samples, variant, en, zh):
    said = verdict_sentence(getattr(samples, variant)())
    assert said.plain("en") == en
    assert said.plain("zh") == zh


def gate(run, verdict):
    return replace(run.gates[0], verdict=verdict)


def test_ship_without_proof_of_better_says_what_passed(samples):
    run = replace(samples.undecided(), decision="ship")
    run = replace(run, gates=(replace(gate(run, "pass"), gate="tuned accuracy >= 10%"),))
    assert verdict_sentence(run).plain("en") == (
        "tuned passes every gate; whether it is better than base, 40 rows cannot tell"
    )


def test_ship_of_what_is_worse_within_a_margin_says_that_it_is_worse(samples):
    run = samples.worse()
    allowed = f"{run.candidate} not worse than {run.base} by 90 points"
    passed = Interval(value=-0.3, low=-0.4, high=-0.2, n=40)
    run = replace(
        run,
        decision="ship",
        gates=(GateResult(gate=allowed, verdict="pass", interval=passed, unit="share"),),
    )
    said = verdict_sentence(run)
    assert said.plain("en") == (
        "base passes every gate; it is worse than tuned, by no more than a gate allows"
    )
    assert said.plain("zh") == "base 通过全部门槛；它比 tuned 差，但未超出门槛允许的幅度"


def test_gates_on_another_model_are_not_laid_to_the_candidate(samples):
    run = samples.undecided()
    other = replace(gate(run, "pass"), gate="classical accuracy >= 10%")
    shipped = verdict_sentence(replace(run, decision="ship", gates=(other,)))
    assert shipped.plain("en") == (
        "all gates pass; whether tuned is better than base, 40 rows cannot tell"
    )
    failing = replace(run, decision="dont_ship", gates=(replace(other, verdict="fail"),))
    assert verdict_sentence(failing).plain("en") == "1 of 1 gates fails"
    better = replace(samples.classification(), decision="dont_ship", gates=failing.gates)
    assert verdict_sentence(better).plain("en") == (
        "tuned is better than base, but 1 of 1 gates fails"
    )


def test_a_passed_margin_makes_it_not_worse(samples):
    run = replace(samples.undecided(), decision="ship")
    run = replace(
        run, gates=(replace(gate(run, "pass"), gate="tuned not worse than base by 2 points"),)
    )
    assert comparison(run).plain("en") == "tuned is not worse than base"
    assert verdict_sentence(run).plain("en") == "tuned is not worse than base"


def test_one_gate_is_not_counted(samples):
    run = samples.classification()
    run = replace(run, decision="dont_ship", gates=(gate(run, "fail"),))
    assert verdict_sentence(run).plain("en") == "tuned is better than base, but it fails its gate"
    assert verdict_sentence(run).plain("zh") == "tuned 优于 base，但未通过门槛"
    run = replace(run, decision="not_proven", gates=(gate(run, "undecided"),))
    assert (
        verdict_sentence(run).plain("en") == "tuned is better than base, but its gate is undecided"
    )


def test_one_row_is_singular(samples):
    run = samples.undecided()
    one = tuple(replace(d, interval=replace(d.interval, n=1)) for d in run.differences)
    assert comparison(replace(run, differences=one)).plain("en").endswith("but 1 row cannot tell")


def test_lower_is_better_turns_the_words(samples):
    run = samples.undecided()
    turned = tuple(replace(d, better="lower") for d in run.differences)
    assert comparison(replace(run, differences=turned)).plain("en").startswith("tuned looks worse")


def test_names_from_a_suite_are_escaped(samples):
    run = samples.classification()
    hostile = "<img src=x>"
    differences = tuple(replace(d, candidate=hostile) for d in run.differences)
    said = comparison(replace(run, candidate=hostile, differences=differences))
    assert "<img" not in said.en
    assert said.plain("en") == "<img src=x> is better than base"


@pytest.mark.parametrize(
    ("needed", "n", "more"),
    [
        (None, 40, None),
        (40, 40, None),
        (30, 40, None),
        (55, 40, 15),
        (103, 40, 70),
        (1003, 40, 970),
    ],
)
def test_more_rows_than_there_are(needed, n, more):
    assert more_rows(needed, n) == more


def test_what_would_settle_it(samples):
    assert settled_by(samples.undecided()).plain("en") == "About 70 more rows would settle it."
    assert "hardly tell" in settled_by(samples.identical()).plain("en")
    assert not settled_by(samples.classification())
