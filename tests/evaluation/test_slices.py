# SPDX-License-Identifier: Apache-2.0
"""Slices: counts below 20 pairs, q, what each can see, lint tags; Holm over candidates."""

from dataclasses import replace
from math import isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.errors import UsageError
from evalkit.core.measure import Difference, Interval
from evalkit.evaluation.run import run_suite
from evalkit.evaluation.slices import candidates_adjusted, slice_table, worst_slices
from evalkit.evaluation.stored import encoded
from evalkit.evaluation.suite import load_suite
from evalkit.statistics.multiplicity import benjamini_hochberg, holm


def difference(p, where="lang=zh", n=50, value=0.1, candidate="tuned"):
    return Difference(
        metric="accuracy",
        base="base",
        candidate=candidate,
        slice=where,
        interval=Interval(value=value, low=value - 0.05, high=value + 0.05, n=n, p=p),
        low_one_sided=value - 0.04,
        verdict="better",
        needed=None,
        better="higher",
        unit="share",
        visible=0.1,
    )


def run(path, tmp_path):
    done = run_suite(load_suite(path), store=tmp_path / "s.sqlite", started="2026-11-21T00:00:00")
    return done.run


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_q_is_over_the_slices_and_not_over_all_rows(ps):
    found = slice_table([difference(1e-9, "all"), *(difference(p, f"f={p}") for p in ps)])
    assert isnan(found[0].q)
    assert [d.q for d in found[1:]] == benjamini_hochberg(ps)


def test_small_slices_show_counts_only():
    small, least = slice_table([difference(0.001, n=19), difference(0.001, "lang=en", n=20)])
    assert (small.interval.value, small.interval.n) == (0.1, 19)
    assert all(map(isnan, (small.interval.low, small.interval.p, small.q, small.visible)))
    assert small.interval.why == "under 20 pairs: counts only"
    assert small.verdict == "undecided"
    assert small.needed is None
    assert (least.q, least.verdict) == (0.001, "better")


def test_each_pair_is_a_family():
    found = slice_table([difference(0.04), difference(0.04, candidate="other")])
    assert [d.q for d in found] == [0.04, 0.04]


def test_holm_over_candidates():
    pairs = [difference(p, "all", candidate=f"m{p}") for p in (0.01, 0.04, 0.03)]
    found = candidates_adjusted([*pairs, difference(0.001)], "accuracy")
    assert [d.p_holm for d in found[:3]] == holm([0.01, 0.04, 0.03])
    assert [d.verdict for d in found] == ["better", "undecided", "undecided", "better"]
    assert isnan(found[3].p_holm)
    assert found[0].needed is None
    assert found[1].needed > found[1].interval.n  # not "no difference is seen"
    # One candidate against several others is no choice among candidates.
    one = [replace(difference(0.04, "all"), base=base) for base in ("base", "old")]
    assert candidates_adjusted(one, "accuracy") == one


def test_the_worst_slices_are_those_that_lost_most():
    found = [
        difference(0.1, "a=1", value=-0.1),
        difference(0.1, "a=2", value=-0.3),
        difference(0.1, "a=3", value=0.2),
        difference(nan, "a=4", value=-0.9, n=5),
        difference(0.1, "all", value=-0.5),
    ]
    worst = worst_slices(found, "tuned", "base", "accuracy")
    assert [d.slice for d in worst] == ["a=2", "a=1"]


ROWS = [
    (f"question {n}", "bill" if n % 2 else "ship", {"lang": "zh" if n < 30 else "en"})
    for n in range(90)
]
RIGHT = [expected for _, expected, _ in ROWS]


def wrong(*rows):
    other = {"bill": "ship", "ship": "bill"}
    return [other[a] if n in rows else a for n, a in enumerate(RIGHT)]


def test_a_run_has_q_and_what_each_slice_can_see(recorded, tmp_path):
    found = run(recorded(ROWS, "slices: [lang]", base=wrong(*range(20)), tuned=RIGHT), tmp_path)
    by = {d.slice: d for d in found.differences if d.metric == "accuracy"}
    assert isnan(by["all"].q)
    assert by["lang=zh"].q < 0.001
    assert by["lang=en"].q == 1
    assert 0 < by["lang=en"].visible < by["lang=zh"].visible < 0.5


def test_a_run_without_slices_keeps_its_bytes(recorded, tmp_path):
    found = run(recorded(ROWS, base=RIGHT, tuned=RIGHT), tmp_path)
    assert not {"q", "visible", "p_holm"} & encoded(found.differences[0]).keys()


def test_several_candidates_are_said_and_gates_go_by_the_same_p(recorded, tmp_path):
    suite = (
        "compare: [one vs base, two vs base, three vs base]\n"
        "gates: [one better than base, three better than base]"
    )
    found = run(
        recorded(
            ROWS,
            suite,
            base=wrong(*range(12)),
            one=RIGHT,
            two=wrong(*range(12)),
            three=wrong(*range(7), 40),
        ),
        tmp_path,
    )
    whole = [d for d in found.differences if (d.metric, d.slice) == ("accuracy", "all")]
    assert [d.verdict for d in whole] == ["better", "undecided", "undecided"]
    assert whole[2].p_holm > whole[2].interval.p
    assert [g.verdict for g in found.gates] == ["pass", "undecided"]
    assert any("3 candidates are compared" in en for en, _ in found.notes)
    assert any("Holm" in zh for _, zh in found.notes)


def test_rows_are_tagged_by_what_lint_finds(recorded, tmp_path):
    rows = [(f"question {n}{' ' * 3 * (n % 3 == 0)}", a, {}) for n, (_, a, _) in enumerate(ROWS)]
    rows[1] = rows[2] = ("same", "bill", {})
    answers = [a for _, a, _ in rows]
    suite = "slices: [lint]\ngates: ['tuned accuracy >= 90% where lint=exact-duplicate']"
    found = run(recorded(rows, suite, base=answers, tuned=answers), tmp_path)
    slices = {m.slice for m in found.measures}
    assert "lint=clean" in slices
    assert "lint=exact-duplicate" in slices
    assert sum(m.interval.n for m in found.measures if m.slice == "lint=clean") > 0
    tags = {row.slices["lint"] for row in found.rows}
    assert any("," in tag for tag in tags) or len(tags) > 1
    assert found.gates[0].verdict == "pass"


def test_several_conditions_meet(recorded, tmp_path):
    rows = [(q, a, {**m, "odd": str(n % 2)}) for n, (q, a, m) in enumerate(ROWS)]
    suite = (
        "slices: [lang, odd]\n"
        "gates: ['tuned accuracy >= 90% where lang=zh and odd=1', "
        "{model: tuned, metric: accuracy, at_least: 90%, where: {lang: zh, odd: 1}}]"
    )
    found = run(recorded(rows, suite, base=RIGHT, tuned=wrong(0, 2, 4)), tmp_path)
    assert [g.interval.n for g in found.gates] == [15, 15]
    assert [g.verdict for g in found.gates] == ["pass", "pass"]
    with pytest.raises(UsageError, match="odd=2"):
        run(recorded(rows, suite.replace("odd=1", "odd=2"), base=RIGHT, tuned=RIGHT), tmp_path)


def test_the_page_and_the_terminal_show_what_a_slice_is_worth(recorded, tmp_path):
    from evalkit.cli._run_json import as_json
    from evalkit.cli._run_text import as_text
    from evalkit.report.build import build_report

    rows = [*ROWS, *((f"few {n}", "bill", {"lang": "fr"}) for n in range(5))]
    answers = [*RIGHT, *["bill"] * 5]
    found = run(
        recorded(rows, "slices: [lang]", base=answers, tuned=[*wrong(1, 3, 70), *["bill"] * 5]),
        tmp_path,
    )
    page = build_report(found)
    for words in ("Can see", "可看出", "Lost most:", "Benjamini", "counts only"):
        assert words in page
    text = as_text(found, "en")
    assert "lost most: lang=zh -6.7 points" in text
    (line,) = [x for x in text.splitlines() if "lang=fr" in x and "too few" in x]
    assert line.split()[1] == "5"
    document = as_json(found, language="en", folder=None, page=None)
    by = {d["slice"]: d for d in document["differences"] if d["metric"] == "accuracy"}
    assert {"q", "visible"} <= by["lang=zh"].keys()
    assert not {"q", "visible"} & by["lang=fr"].keys()
    assert by["lang=fr"]["low"] is None
    assert by["lang=fr"]["n"] == 5
