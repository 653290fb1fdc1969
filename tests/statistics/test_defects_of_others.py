# SPDX-License-Identifier: Apache-2.0
"""What was found wrong in other harnesses, each as a test that evalkit must pass.

Versions as of November 2026: lighteval 0.13.0, mlflow 3.18.0, lm-eval 0.4.13, openai/evals
4bfc1f58, inspect_ai 0.3.285, llm-comparator 0.1, promptfoo 0.123.1, deepeval 4.3.1.
"""

from __future__ import annotations

import json
from math import isnan, nan, sqrt

import numpy as np
import pytest

from evalkit.core.exchange import Reply
from evalkit.core.score import Sample, Score
from evalkit.evaluation.verdict import difference, verdict_of
from evalkit.metrics.accuracy import accuracy
from evalkit.metrics.macro_f1 import macro_f1
from evalkit.statistics.mean import mean
from evalkit.statistics.multiplicity import holm
from evalkit.statistics.normal import two_sided_p
from evalkit.statistics.paired import paired_binary, paired_mean
from evalkit.statistics.paired_binary import mcnemar_midp, tango
from evalkit.statistics.preference import preference_mean, win_rate
from evalkit.statistics.proportion import wilson
from evalkit.statistics.resample import bootstrap


def samples(pairs):
    """(expected, given) as scored samples."""
    return [
        Sample(
            id=str(i),
            score=Score(float(expected == given), answer=given),
            expected=expected,
            reply=Reply(text=given),
        )
        for i, (expected, given) in enumerate(pairs)
    ]


def pairs_of(b, c, n):
    base = [0.0] * b + [1.0] * (n - b)
    candidate = [1.0] * b + [0.0] * c + [1.0] * (n - b - c)
    return paired_binary(base, candidate)


def test_lighteval_divides_the_bootstrap_error_once_more_by_the_root_of_the_draws():
    """Its macro F1 of 200 items has an error of 0.00125; the true one is 0.04."""
    rng = np.random.default_rng(1)
    expected = np.where(rng.random(200) < 0.7, "a", "b")
    given = np.where(rng.random(200) < 0.75, expected, np.where(expected == "a", "b", "a"))
    found = macro_f1(samples(zip(expected.tolist(), given.tolist(), strict=True)))
    error = (found.high - found.low) / 2 / 1.96
    assert 0.025 < error < 0.05
    x = rng.random(200)
    drawn = bootstrap(lambda rows: float(x[rows].mean()), 200).draws
    assert drawn.std(ddof=1) == pytest.approx(x.std(ddof=1) / sqrt(200), rel=0.06)


def test_mlflow_is_certain_where_no_pair_differs():
    """(0, 0) from 20 equal pairs, (1, 1) from 8 of 8; Tango: ± 0.161, 0.351 to 1."""
    same, all_fixed = pairs_of(0, 0, 20).interval, pairs_of(8, 0, 8).interval
    assert (same.low, same.high) == pytest.approx((-0.161, 0.161), abs=5e-4)
    assert (all_fixed.low, all_fixed.high) == pytest.approx((0.351, 1.0), abs=5e-4)


def test_mlflows_bca_has_no_width_in_a_third_of_small_sets():
    """.92 against .95, n = 20: it holds 52 %. Here every interval has a width."""
    for b in range(6):
        for c in range(6):
            low, high = tango(b, c, 20)
            assert high - low > 0.1


def test_mlflow_switches_tests_at_25_discordant_pairs():
    """17 : 7 gives .064 and 18 : 7 .0455 by another test; one test falls smoothly."""
    assert mcnemar_midp(17, 7) == pytest.approx(0.043, abs=5e-4)
    assert mcnemar_midp(18, 7) == pytest.approx(0.029, abs=5e-4)
    falling = [mcnemar_midp(b, 7) for b in range(7, 60)]
    assert falling == sorted(falling, reverse=True)


def test_mlflow_reads_only_p():
    """Interval and test must both speak; a margin exists; several tests are corrected."""
    edge = pairs_of(46, 29, 200)
    assert edge.interval.low > 0
    assert verdict_of(edge.interval, "higher") == "undecided"
    words = {"metric": "m", "base": "a", "candidate": "b", "where": "all", "unit": "share"}
    one = difference(pairs_of(10, 10, 2000), better="higher", **words)
    assert one.low_one_sided > -0.01
    assert holm([0.04, 0.04]) == [0.08, 0.08]


def test_lm_eval_compares_pairs_as_if_they_were_strangers():
    """80 to 85 %, 21 fixed and 6 broken of 300: paired p = .004; its z says .11."""
    found = pairs_of(21, 6, 300).interval
    assert found.p < 0.005
    unpaired = found.value / sqrt((0.80 * 0.20 + 0.85 * 0.15) / 300)
    assert two_sided_p(unpaired) == pytest.approx(0.106, abs=5e-4)


def test_lm_eval_takes_the_upper_of_two_middle_values():
    """The median of 1, 2, 3, 4 is 2.5."""
    from evalkit.estimation.profile_spread import quantile

    assert quantile({1: 1, 2: 1, 3: 1, 4: 1}, 50) == 2.5


@pytest.mark.parametrize(("right", "n"), [(0, 4), (4, 4), (20, 20), (0, 20)])
def test_lm_eval_prints_an_error_of_0(right, n):
    """0 of 4 is not 0 ± 0; 20 of 20 is 84 to 100 %."""
    found = wilson(right, n)
    assert found.high - found.low > 0.15
    if (right, n) == (20, 20):
        assert (found.low, found.high) == (pytest.approx(0.84, abs=5e-3), 1.0)
    one = accuracy(samples([("a", "a")] * right + [("a", "b")] * (n - right)))
    assert (one.low, one.high) == (found.low, found.high)


def test_openai_evals_gives_nan_for_one_sample():
    found = mean([0.7])
    assert found.value == 0.7
    assert isnan(found.low)
    assert found.why == "one value: no interval"
    assert not isnan(wilson(1, 1).low)


def test_the_half_sample_error_of_openai_evals_is_right():
    """Its open PR 1834 says it is too large; the delete-half jackknife equals s/√n."""
    rng = np.random.default_rng(3)
    x = (rng.random(100) < 0.3).astype(float)
    halves = np.array([rng.permutation(x)[:50].mean() for _ in range(4000)])
    assert halves.std(ddof=1) == pytest.approx(x.std(ddof=1) / sqrt(100), rel=0.05)
    found = mean(x.tolist())
    assert (found.high - found.low) / 2 / 1.984 == pytest.approx(halves.std(ddof=1), rel=0.05)


def test_inspect_rounds_the_f1_of_each_item_to_two_digits():
    from evalkit.scorers.token_f1 import token_f1

    found = token_f1(Reply(text="Paris, France"), "Paris")
    assert found.value == pytest.approx(2 / 3, abs=1e-15)


def test_inspect_exits_with_0_after_an_error(evalkit, tmp_path):
    """No such suite, and a model that raises at every question: neither is a success."""
    assert evalkit("run", "nothing.eval.yaml").code == 2
    row = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "a"}]}
    (tmp_path / "t.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    (tmp_path / "m.py").write_text("def answer(prompt):\n    raise ValueError('no')\n")
    (tmp_path / "x.eval.yaml").write_text("data: t.jsonl\nmodels:\n  m: python:m.py:answer\n")
    assert evalkit("run", "x.eval.yaml").code != 0


def test_llm_comparator_divides_by_zero_where_no_verdict_can_be_read():
    found = preference_mean([nan, nan, nan])
    assert isnan(found.value)
    assert found.left_out == 3
    assert found.why == "no preference was readable"
    assert isnan(win_rate(0, 0, 0).value)


def test_promptfoo_has_no_tie_and_renders_data_as_templates(evalkit, tmp_path):
    assert win_rate(0, 0, 10).value == 0.5
    text = "{{ 7 * 7 }} {% raw %} ${HOME} %s {0}"
    row = {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": text}]}
    (tmp_path / "t.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    (tmp_path / "m.py").write_text("def answer(prompt):\n    return prompt\n")
    (tmp_path / "x.eval.yaml").write_text(
        "data: t.jsonl\ntask: qa\nmodels:\n  m: python:m.py:answer\n"
    )
    done = evalkit("run", "x.eval.yaml", "--reports", "out")
    assert done.code == 0, done.err
    stored = next((tmp_path / "out").rglob("samples.jsonl")).read_text(encoding="utf-8")
    answer = json.loads(stored.splitlines()[0])["answers"]["m"]
    assert answer["text"] == text
    assert answer["score"] == 1.0


def test_unscored_items_are_not_zeros():
    """deepeval reported missing scores as failures of the model; here they are left out, said."""
    found = paired_mean([0.5, nan, 0.5, 0.4], [0.6, 0.9, 0.8, nan]).interval
    assert (found.n, found.left_out) == (2, 2)
    assert found.value == pytest.approx(0.2)


def test_a_tie_is_nobodys_win():
    """evalscope counted a tie as the first model's win."""
    assert win_rate(3, 3, 14).value == 0.5
    assert win_rate(3, 3, 14).p == mcnemar_midp(3, 3)
