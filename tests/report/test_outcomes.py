# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace
from math import nan

from evalkit.report.outcomes import change_of, counts, is_binary, losses, outcomes


def test_fixed_and_broken_are_those_of_the_paired_difference(samples):
    run = samples.classification()
    first = run.differences[0]
    found = counts(run)
    assert (found["fixed"], found["broken"]) == (first.fixed, first.broken)
    assert sum(found.values()) == len(run.rows)


def test_swapping_the_models_swaps_them(samples):
    ahead, back = counts(samples.classification()), counts(samples.worse())
    assert (ahead["fixed"], ahead["broken"]) == (back["broken"], back["fixed"])
    assert (ahead["right"], ahead["wrong"]) == (back["right"], back["wrong"])


def test_rows_without_a_score_are_neither(samples):
    run = samples.failing()
    assert counts(run)["unscored"] == run.unscored["tuned"] == 8


def test_a_score_between_right_and_wrong_makes_it_a_matter_of_degree(samples):
    run = samples.qa()
    assert not is_binary(run)
    found = counts(run)
    assert found["fixed"] == found["broken"] == 0
    assert found["higher"] + found["lower"] + found["same"] == len(run.rows)
    worst = losses(run)
    assert [change_of(r, run) for r in worst] == sorted(change_of(r, run) for r in worst)


def test_lower_is_better_turns_higher_and_lower(samples):
    run = samples.qa()
    turned = replace(run, differences=tuple(replace(d, better="lower") for d in run.differences))
    assert counts(turned)["higher"] == counts(run)["lower"]


def test_one_model_is_right_or_wrong(samples):
    run = samples.single()
    assert set(outcomes(run)) == {"right", "wrong"}
    assert len(losses(run)) == counts(run)["wrong"]


def test_a_model_without_answers_is_not_scored(samples):
    run = samples.classification()
    rows = tuple(replace(r, answers={"base": r.answers["base"]}) for r in run.rows)
    assert set(outcomes(replace(run, rows=rows))) == {"unscored"}
    none = tuple(
        replace(r, answers={k: replace(a, score=nan) for k, a in r.answers.items()})
        for r in run.rows
    )
    assert not is_binary(replace(run, rows=none))
