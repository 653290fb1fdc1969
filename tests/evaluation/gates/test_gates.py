# SPDX-License-Identifier: Apache-2.0
"""Three verdicts: what passes, what fails, what these rows cannot tell; and by how much."""

from functools import cache
from math import isnan, nan
from types import SimpleNamespace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from evalkit.core.errors import UsageError
from evalkit.core.exchange import Reply, Usage
from evalkit.core.measure import Difference, Interval
from evalkit.evaluation.gates.checks import check_bounds
from evalkit.evaluation.gates.decide import compared_result, decide, forgives, judge
from evalkit.evaluation.gates.sentence import read_sentence
from evalkit.evaluation.result import GateResult
from evalkit.evaluation.run import run_suite
from evalkit.evaluation.suite import load_suite
from evalkit.evaluation.verdict import difference
from evalkit.evaluation.wording import gate_line
from evalkit.statistics.paired import paired_binary, paired_mean


def compared(sentence, paired, unit="share", better="higher", metric="accuracy"):
    gate = read_sentence(sentence)
    found = difference(
        paired, metric=metric, base="base", candidate="tuned", where="all", better=better, unit=unit
    )
    return compared_result(gate, found, paired)


@cache
def by_counts(sentence, fixed, broken, n):
    """The result where so many rows were fixed and broken."""
    same = n - fixed - broken
    base = [0] * fixed + [1] * broken + [1] * same
    candidate = [1] * fixed + [0] * broken + [1] * same
    return compared(sentence, paired_binary(base, candidate))


NOT_WORSE = "tuned not worse than base by 2 points"


@pytest.mark.parametrize(
    ("sentence", "fixed", "broken", "n", "verdict", "en", "zh"),
    [
        ("tuned better than base", 30, 5, 200, "pass", "", ""),
        ("tuned better than base", 5, 30, 200, "fail", "it is worse by 12.5 points",
         "结果更差，差 12.5 个百分点"),
        ("tuned better than base", 12, 6, 200, "undecided",
         "about 590 more rows would decide it", "大约再有 590 行数据才能判定"),
        ("tuned better than base", 6, 6, 200, "undecided",
         "this set shows no difference; no number of rows is known to decide it", None),
        # The interval leaves 0 out and the test does not agree: not proven (evaluation.md P2).
        ("tuned better than base", 4, 0, 20, "undecided", None, None),
        ("tuned better than base", 15, 6, 100, "undecided", None, None),
        ("tuned better than base", 46, 29, 200, "undecided", None, None),
        ("tuned better than base", 0, 0, 200, "undecided", None, None),
        ("tuned better than base by 3 points", 40, 5, 200, "pass", "", ""),
        ("tuned better than base by 15 points", 20, 16, 200, "fail",
         "it gains 8.1 points at most, 15.0 points are asked", None),
        ("tuned better than base by 15 points", 30, 5, 200, "undecided",
         "as it stands, about 1,810 more rows would rather fail it", None),
        (NOT_WORSE, 10, 8, 2000, "pass", "", ""),
        (NOT_WORSE, 5, 60, 500, "fail",
         "it is worse by 11.0 points, by 8.2 points at best; 2.0 points are allowed",
         "差 11.0 个百分点，最好也差 8.2 个百分点；只允许 2.0 个百分点"),
        (NOT_WORSE, 10, 10, 200, "undecided",
         ("it may be worse by 3.9 points; 2.0 points are allowed; "
          "about 1,350 more rows would decide it"), None),
        (NOT_WORSE, 5, 10, 200, "undecided", None, None),
        (NOT_WORSE, 0, 0, 200, "pass", "", ""),
        (NOT_WORSE, 0, 0, 100, "undecided",
         ("it may be worse by 2.6 points; 2.0 points are allowed; "
          "about 40 more rows would decide it"), None),
        ("tuned not worse than base", 5, 30, 200, "fail", "it is worse by 12.5 points", None),
        ("tuned not worse than base", 30, 5, 200, "pass", "", ""),
        ("tuned not worse than base", 0, 0, 200, "undecided", None, None),
    ],
)  # fmt: skip
def test_better_and_not_worse(sentence, fixed, broken, n, verdict, en, zh):
    found = by_counts(sentence, fixed, broken, n)
    assert found.verdict == verdict
    if en is not None:
        assert found.needs["en"] == en
    if zh is not None:
        assert found.needs["zh"] == zh
    assert bool(found.needs["en"]) == bool(found.needs["zh"]) == (verdict != "pass")


def test_rows_that_would_decide_do_decide():
    """What is promised holds where more rows say the same."""
    for fixed, broken, n in ((12, 6, 200), (20, 16, 300), (9, 9, 150)):
        found = by_counts("tuned not worse than base by 5 points", fixed, broken, n)
        if found.verdict != "undecided":
            continue
        k = found.needed / n
        more = by_counts(
            "tuned not worse than base by 5 points",
            round(fixed * k), round(broken * k), round(n * k),
        )  # fmt: skip
        assert more.verdict == "pass"


counts = st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(1, 300))


@given(counts, st.integers(0, 20))
def test_a_greater_margin_never_helps_less(given_counts, points):
    fixed, broken, n = given_counts
    assume(fixed + broken <= n)
    order = {"fail": 0, "undecided": 1, "pass": 2}
    tight = by_counts(f"tuned not worse than base by {points} points", fixed, broken, n)
    loose = by_counts(f"tuned not worse than base by {points + 3} points", fixed, broken, n)
    assert order[tight.verdict] <= order[loose.verdict]


@given(counts)
def test_better_and_worse_are_mirrors(given_counts):
    fixed, broken, n = given_counts
    assume(fixed + broken <= n)
    there = by_counts("tuned better than base", fixed, broken, n).verdict
    back = by_counts("tuned better than base", broken, fixed, n).verdict
    assert (there == "pass") == (back == "fail")


def rates(sentence, n, lost, psi):
    """How often each verdict comes, exactly: summed over all (fixed, broken)."""
    from scipy.stats import multinomial

    p_fixed, p_broken = (psi - lost) / 2, (psi + lost) / 2
    law = multinomial(n, [p_fixed, p_broken, 1 - psi])
    spread = 4 * (n * max(p_fixed, p_broken)) ** 0.5
    found = {"pass": 0.0, "fail": 0.0, "undecided": 0.0}
    for fixed in range(max(0, int(n * p_fixed - spread)), int(n * p_fixed + spread) + 1):
        for broken in range(max(0, int(n * p_broken - spread)), int(n * p_broken + spread) + 1):
            chance = law.pmf([fixed, broken, n - fixed - broken])
            if chance > 1e-7:
                found[by_counts(sentence, fixed, broken, n).verdict] += chance
    return found


def test_the_gate_as_a_test_at_50_rows():
    """evaluation.md 2.3: a real loss of the margin passes 5.0 % of the time, never more."""
    found = rates("tuned not worse than base by 5 points", 50, 0.05, 0.2)
    assert 0.045 <= found["pass"] <= 0.053
    # Identical models: it refuses to certify what it cannot see (81 % do not pass at 50 rows) ...
    same = rates("tuned not worse than base by 5 points", 50, 0.0, 0.2)
    assert 0.79 <= 1 - same["pass"] <= 0.83
    # ... and hardly ever calls it a failure: "undecided" is the third value.
    assert same["fail"] < 0.01


@pytest.mark.slow
def test_the_gate_as_a_test_at_more_rows():
    margin = "tuned not worse than base by 5 points"
    assert 0.045 <= rates(margin, 200, 0.05, 0.2)["pass"] <= 0.053
    assert 0.51 <= 1 - rates(margin, 200, 0.0, 0.2)["pass"] <= 0.55
    assert 0.765 <= rates(margin, 495, 0.0, 0.2)["pass"] <= 0.81  # as the planner says
    better = rates("tuned better than base", 200, 0.0, 0.2)
    assert better["pass"] + better["fail"] < 0.053


# Measures held against a number.


def held(sentence, interval, unit="share", pair="binary"):
    metric = SimpleNamespace(pair=pair, unit=unit)
    look = SimpleNamespace(
        measure=lambda *_: SimpleNamespace(interval=interval, unit=unit),
        ratio=lambda *_: interval,
        choose=lambda _: SimpleNamespace(metric=metric, scorer="exact"),
        primary=SimpleNamespace(scorer="exact"),
        judge=None,
    )
    return judge(read_sentence(sentence), look)


SEEN = Interval(value=0.9, low=0.84, high=0.94, n=150, method="wilson")


@pytest.mark.parametrize(
    ("sentence", "verdict", "noise", "en"),
    [
        ("tuned accuracy >= 90%", "pass", True, ""),
        ("tuned accuracy >= 80%", "pass", False, ""),
        ("tuned accuracy > 90%", "fail", True,
         "it is on the bound, which is not enough; 1 more of 150 rows would pass it"),
        ("tuned accuracy >= 92%", "fail", True,
         "short by 2.0 points; 3 more of 150 rows would pass it"),
        ("tuned accuracy >= 100%", "fail", False,
         "short by 10.0 points; 15 more of 150 rows would pass it"),
        ("tuned accuracy <= 85%", "fail", True,
         "over by 5.0 points; 8 fewer of 150 rows would pass it"),
        ("tuned accuracy low >= 84%", "pass", False, ""),
        ("tuned accuracy low >= 88%", "undecided", False,
         "its low end is short by 4.0 points; about 870 more rows would decide it"),
        ("tuned accuracy low >= 93%", "undecided", False,
         ("its low end is short by 9.0 points; as it stands, about 130 more rows would rather "
          "fail it")),
        ("tuned accuracy low >= 95%", "fail", False,
         "its low end is short by 11.0 points; the whole range is short"),
        ("tuned accuracy high <= 95%", "pass", False, ""),
        ("tuned accuracy high < 94%", "undecided", False, None),
    ],
)  # fmt: skip
def test_a_number_held_against_a_bound(sentence, verdict, noise, en):
    found = held(sentence, SEEN)
    assert (found.verdict, found.within_noise) == (verdict, noise)
    if en is not None:
        assert found.needs["en"] == en
    assert bool(found.needs["zh"]) == (verdict != "pass")


@pytest.mark.parametrize(
    ("sentence", "value", "unit", "en", "zh"),
    [
        ("tuned latency <= 800 ms", 912.4, "ms", "over by 112 ms", "超出 112 毫秒"),
        ("tuned judge_score >= 7", 6.6, "score", "short by 0.4", "差 0.4"),
        ("tuned length_chars <= 200", 1512.0, "characters", "over by 1,312 characters", None),
        ("tuned cost <= 0.5", 0.62, "usd", "over by 0.12 USD per 1,000 answers", None),
        ("tuned cost <= 1.2x base", 1.34, "times", "over by 0.14x", "超出 0.14 倍"),
    ],
)
def test_by_how_much_in_its_own_unit(sentence, value, unit, en, zh):
    found = held(sentence, Interval(value=value, n=10), unit, "mean")
    assert found.verdict == "fail"
    assert found.needs["en"] == en
    assert zh is None or found.needs["zh"] == zh


def test_a_ratio_by_an_end_has_three_values():
    interval = Interval(value=1.1, low=1.02, high=1.25, n=100)
    assert held("tuned cost <= 1.2x base", interval, "times").verdict == "pass"
    assert held("tuned cost <= 1.2x base", interval, "times").within_noise
    open_ = held("tuned cost high <= 1.2x base", interval, "times")
    assert open_.verdict == "undecided"
    assert open_.needs["en"] == (
        "its high end is over by 0.05x; about 130 more rows would decide it"
    )
    assert held("tuned cost high <= 1.3x base", interval, "times").verdict == "pass"
    assert held("tuned cost high <= 1.0x base", interval, "times").verdict == "fail"


@pytest.mark.parametrize(
    ("sentence", "interval", "en"),
    [
        ("tuned accuracy >= 0%", Interval(value=nan, why="nothing was scored"),
         "not measured: nothing was scored"),
        ("tuned accuracy low >= 0%", Interval(value=0.5, n=1, why="one row: no interval"),
         "not measured: no interval: one row: no interval"),
        ("tuned cost <= 9x base", Interval(value=nan, why="base has 0 on all: no ratio"),
         "not measured: base has 0 on all: no ratio"),
    ],
)  # fmt: skip
def test_what_is_not_measured_fails_with_its_reason(sentence, interval, en):
    found = held(sentence, interval)
    assert (found.verdict, found.needs["en"]) == ("fail", en)
    assert found.needs["zh"].startswith("没有测得：")


def test_no_pairs_fail_with_their_reason():
    for sentence in ("tuned better than base", NOT_WORSE):
        found = compared(sentence, paired_binary([], []))
        assert (found.verdict, found.needs["en"]) == ("fail", "not measured: no pairs")


# Means: identical answers have no spread, which is no proof by itself.


@pytest.mark.parametrize(("n", "verdict"), [(1, "undecided"), (2, "undecided"), (300, "pass")])
def test_equal_scores_prove_as_much_as_their_number(n, verdict):
    found = compared(NOT_WORSE, paired_mean([0.5] * n, [0.5] * n), metric="token_f1")
    assert found.verdict == verdict
    if n == 2:
        assert "more rows would decide it" in found.needs["en"]
        assert found.needed == 149


@pytest.mark.parametrize(("n", "verdict"), [(148, "undecided"), (149, "pass")])
def test_equal_scores_pass_at_the_number_that_is_told(n, verdict):
    found = compared(NOT_WORSE, paired_mean([0.5] * n, [0.5] * n), metric="token_f1")
    assert found.verdict == verdict


@pytest.mark.parametrize(("n", "verdict"), [(132, "undecided"), (133, "pass")])
def test_models_that_never_differ_pass_at_the_number_that_is_told(n, verdict):
    found = compared(NOT_WORSE, paired_binary([1] * n, [1] * n))
    assert (found.verdict, found.needed) == (verdict, 133 if verdict == "undecided" else None)


def test_a_constant_loss_is_not_forgiven():
    lost = paired_mean([0.9] * 200, [0.8] * 200)
    assert compared(NOT_WORSE, lost, metric="token_f1").verdict == "fail"
    same = paired_mean([7.0] * 50, [7.0] * 50)
    score = compared("tuned not worse than base by 0.5 on judge_score", same, "score")
    assert score.verdict == "undecided"  # how far another row may lie is not known


def test_where_less_is_better_the_sign_turns():
    slower = paired_mean([100.0, 110, 90, 105] * 10, [300.0, 310, 295, 305] * 10)
    text = "tuned not worse than base by 50 ms on latency"
    found = compared(text, slower, "ms", "lower", "latency")
    assert found.verdict == "fail"
    assert found.needs["en"].startswith("it is worse by 201 ms, by ")
    faster = paired_mean([300.0, 310, 290, 305] * 10, [100.0, 110, 95, 105] * 10)
    assert compared(text, faster, "ms", "lower", "latency").verdict == "pass"


# A judge beyond its bounds.


def test_a_judged_gate_is_undecided_where_the_judge_may_not_gate():
    health = SimpleNamespace(may_gate=False, why={"en": "flips too often", "zh": "翻转过多"})
    look = SimpleNamespace(
        measure=lambda *_: SimpleNamespace(interval=SEEN, unit="share"),
        choose=lambda _: SimpleNamespace(
            metric=SimpleNamespace(pair="preference"), scorer="judge:base"
        ),
        judge=health,
    )
    found = judge(read_sentence("tuned win_rate >= 50%"), look)
    assert found.verdict == "undecided"
    assert found.needs == {"en": "not judged: flips too often", "zh": "未评判：翻转过多"}
    look.judge.may_gate = True
    assert judge(read_sentence("tuned win_rate >= 50%"), look).verdict == "pass"


# The word of the first screen.


def worse(metric="accuracy"):
    return Difference(
        metric=metric, base="base", candidate="tuned", slice="all",
        interval=Interval(value=-0.01, low=-0.018, high=-0.002, p=0.01, n=900),
        low_one_sided=-0.017, verdict="worse", needed=None, better="higher", unit="share",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sentence", "word"),
    [
        (NOT_WORSE, "ship"),
        (f"{NOT_WORSE} on accuracy", "ship"),
        (f"{NOT_WORSE} on classification/accuracy", "ship"),
        (f"{NOT_WORSE} on rouge_l", "dont_ship"),
        (f"{NOT_WORSE} where lang=zh", "dont_ship"),
        ("tuned not worse than old by 2 points", "dont_ship"),
        ("forgetting: tuned not worse than base by 2 points", "dont_ship"),
        ("tuned errors == 0", "dont_ship"),
    ],
)
def test_only_a_margin_on_just_that_forgives_a_loss(sentence, word):
    passed = GateResult(gate=sentence, verdict="pass", interval=SEEN, unit="share")
    assert decide([passed], worse()) == word
    assert forgives(passed, worse()) == (word == "ship")


# Bounds that cannot be meant.


@pytest.mark.parametrize(
    ("sentence", "unit", "says"),
    [
        ("tuned accuracy >= 90", "share", "write 90%"),
        ("tuned not worse than base by 190%", "share", "at most 100%"),
        ("tuned not worse than base by 2", "share", "write 2 points"),
        ("tuned not worse than base by 2 ms", "share", "is a share"),
        ("tuned not worse than base by 2% on latency", "ms", "write the number of ms"),
        ("tuned latency <= 20 tokens", "ms", "is in tokens"),
        ("tuned cost <= 20%", "usd", "money per 1,000 answers"),
    ],
)
def test_a_bound_in_the_wrong_unit_is_told_first(sentence, unit, says):
    suite = SimpleNamespace(gates=[read_sentence(sentence)], judge=None)
    metric = SimpleNamespace(unit=unit, name="accuracy")
    with pytest.raises(UsageError) as caught:
        check_bounds(suite, lambda _: metric)
    assert says in f"{caught.value.message} {caught.value.hint}"


def test_a_judge_gate_needs_a_judge():
    suite = SimpleNamespace(gates=[read_sentence("judge agrees with humans")], judge=None)
    with pytest.raises(UsageError, match="has no judge"):
        check_bounds(suite, lambda _: None)


# From a suite to the sentence, and calm cases.

ROWS = [(f"question {n}", "bill" if n % 2 else "ship", {}) for n in range(40)]
RIGHT = [expected for _, expected, _ in ROWS]


def run(path, tmp_path):
    return run_suite(load_suite(path), store=tmp_path / "s.sqlite", started="2026-11-21T00:00").run


def priced(tokens):
    return [Reply(text=t, usage=Usage(100, k)) for t, k in zip(RIGHT, tokens, strict=True)]


def test_costs_by_ratio_difference_and_number(recorded, tmp_path):
    path = recorded(
        ROWS,
        "gates:\n"
        "  - tuned cost <= 1.2x base\n"
        "  - tuned cost high <= 3x base\n"
        "  - tuned cost <= 0.1\n"
        "  - tuned not worse than base by 0.5 usd on cost\n"
        "  - tuned length_chars <= 1.1x base\n"
        "  - tuned errors <= 1.5x base\n",
        base=priced([20 + n % 3 for n in range(40)]),
        tuned=priced([50 + n % 7 for n in range(40)]),
    )
    text = path.read_text()
    for name in ("base", "tuned"):
        spec = f"{{use: 'replay:{name}.answers.jsonl', price: {{input: 1, output: 10}}}}"
        text = text.replace(f"replay:{name}.answers.jsonl", spec, 1)
    path.write_text(text)
    gates = run(path, tmp_path).gates
    assert [g.verdict for g in gates] == ["fail", "pass", "fail", "pass", "pass", "fail"]
    ratio = gates[0].interval
    assert ratio.low < ratio.value < ratio.high
    assert ratio.value == pytest.approx(630 / 310, rel=0.01)
    assert "over by" in gates[0].needs["en"]
    assert gates[2].interval.low < 0.63 < gates[2].interval.high
    assert "x (" in gate_line(gates[0], "en")
    assert gates[5].needs["en"] == "not measured: base has 0 on all: no ratio"


def test_everything_right_has_an_interval(recorded, tmp_path):
    rows, answers = ROWS[:20], RIGHT[:20]
    suite = "gates: [tuned accuracy low >= 80%, tuned accuracy low >= 90%]"
    found = run(recorded(rows, suite, base=answers, tuned=answers), tmp_path)
    assert [g.verdict for g in found.gates] == ["pass", "undecided"]
    assert gate_line(found.gates[0], "en") == "100.0 % (83.9 … 100.0), n = 20"
    assert found.gates[1].needs["en"].startswith("its low end is short by 6.1 points; about 15 ")


@pytest.mark.parametrize("n", [1, 2])
def test_hardly_any_rows_are_calm(recorded, tmp_path, n):
    suite = (
        "labels: [bill, ship]\n"
        "gates: [tuned better than base, tuned not worse than base by 2 points, "
        "tuned accuracy >= 90%, 'tuned recall[bill] >= 50%']"
    )
    found = run(recorded(ROWS[:n], suite, base=RIGHT[:n], tuned=RIGHT[:n]), tmp_path)
    assert [g.verdict for g in found.gates[:3]] == ["undecided", "undecided", "pass"]
    absent = found.gates[3]  # of one row: no row is of the class
    assert absent.verdict == ("fail" if n == 1 else "pass")
    if n == 1:
        assert absent.needs["en"].startswith("not measured: no ")
    assert found.decision != "ship"


def test_a_model_that_failed_everywhere_is_not_measured(recorded, tmp_path):
    suite = "gates: [tuned better than base, tuned accuracy >= 1%]"
    path = recorded(ROWS, suite, base=RIGHT, tuned=RIGHT)
    (tmp_path / "gone.py").write_text("def answer(prompt):\n    raise ValueError('gone')\n")
    path.write_text(path.read_text().replace("replay:tuned.answers.jsonl", "python:gone.py:answer"))
    found = run(path, tmp_path)
    assert [g.verdict for g in found.gates] == ["fail", "fail"]
    assert all(g.needs["en"].startswith("not measured") for g in found.gates)


def test_a_gate_on_a_metric_of_the_whole_set_decides_too(recorded, tmp_path):
    other = {"bill": "ship", "ship": "bill"}
    worse_ones = [other[a] if n < 16 else a for n, a in enumerate(RIGHT)]
    suite = "gates: [tuned better than base on macro_f1, tuned macro_f1 >= 95%]"
    found = run(recorded(ROWS, suite, base=worse_ones, tuned=RIGHT), tmp_path)
    assert [g.verdict for g in found.gates] == ["pass", "pass"]
    assert not isnan(found.gates[0].interval.low)
