# SPDX-License-Identifier: Apache-2.0
"""The sections that show what only some runs have: curves, tool calls, lengths, lint, training."""

import json
import re
from dataclasses import replace
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.errors import UsageError
from evalkit.report.build import build_report
from evalkit.report.reading import weakest_slice
from evalkit.report.section import sections
from evalkit.report.sections._cards import rounded_up


def section_of(html: str, name: str) -> str:
    start = html.index(f'<section id="{name}"')
    return html[start : html.index("</section>", start)]


def words_of(html: str) -> str:
    """English text, blanks joined."""
    html = re.sub(r'<span class="zh" lang="zh-CN">.*?</span>', " ", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


@pytest.mark.parametrize("variant", ["curved", "calls", "judged", "rounded", "six"])
def test_both_languages_are_whole_and_two_builds_are_equal(sectioned, variant):
    run = getattr(sectioned, variant)()
    html = build_report(run)
    assert build_report(run) == html
    assert html.count('class="en" lang="en"') == html.count('class="zh" lang="zh-CN"')
    ids = re.findall(r' id="([^"]*)"', html)
    assert len(ids) == len(set(ids))
    assert "style=" not in re.sub(
        r"<style>.*?</style>|<script.*?</script>", "", html, flags=re.DOTALL
    )


def test_each_kind_of_run_has_the_sections_that_apply(samples, sectioned):
    def names(run):
        return {one.name for one in sections(run)}

    assert {"confusion", "curves"} <= names(sectioned.curved())
    assert names(samples.qa()).isdisjoint({"confusion", "curves", "tool-calls", "judge", "lint"})
    assert "tool-calls" in names(sectioned.calls())
    assert "lint" in names(sectioned.rounded())
    assert "lengths" in names(samples.single())


def test_curves_are_charts_with_names_legends_and_numbers(sectioned):
    html = section_of(build_report(sectioned.curved()), "curves")
    charts = re.findall(r'<svg class="curve" role="img"[^>]* aria-label="([^"]+)"', html)
    assert len(charts) == 1 + 3 * 3  # reliability of all; three charts for each of three labels
    assert html.count("<table") == len(charts)
    assert 'class="marked"' in html  # the frozen thresholds of tuned and base
    assert html.count('class="marked"') == 4
    words = words_of(html)
    assert "refund against the rest (the positive label)" in words
    assert "tuned 93.2%" in words  # its AUROC
    assert "circle: the frozen threshold" in words
    for line in re.findall(r'<g class="line candidate">.*?</g>', html):
        assert "stroke-dasharray" not in line  # the candidate is the solid one
    for line in re.findall(r'<g class="line base"><title>[^<]*</title><path[^>]*>', html):
        assert "stroke-dasharray" in line


def test_a_curve_is_read_off_where_a_person_would():
    from evalkit.report.sections.curves import read_off

    roc = [(0.0, 0.0, float("nan")), (0.0, 0.4, 0.9), (0.2, 0.4, 0.7), (0.2, 0.8, 0.6), (1, 1, 0.1)]
    assert read_off(roc, 0.1, rising=True) == (0.0, 0.4, 0.9)
    assert read_off(roc, 0.2, rising=True) == (0.2, 0.8, 0.6)
    pr = [(0.25, 1.0, 0.9), (0.5, 0.6, 0.8), (1.0, 0.7, 0.2)]
    assert read_off(pr, 0.3, rising=False) == (1.0, 0.7, 0.2)  # more recall and more precision
    assert read_off(pr[:2], 0.6, rising=False) is None


def test_tool_calls_are_counted_by_tool_and_by_argument(sectioned):
    run = sectioned.calls()
    html = section_of(build_report(run), "tool-calls")
    words = words_of(html)
    assert "By tool" in words
    assert "By argument" in words
    wanted = sum(name == "refund" for row in run.rows for name, _ in row.calls)
    assert re.search(rf"refund \d+ of {wanted} ", words)
    for word in ("not called", "other arguments", "not wanted", "expected"):
        assert word in words, word
    assert '"台灯坏了' in unescape(html)  # Chinese stands as itself


_WANTED = (("refund", '{"order": 7, "note": "a b"}'), ("mail", "{}"))


@pytest.mark.parametrize(
    ("given_", "what"),
    [
        (_WANTED, ["same", "same"]),
        (_WANTED[::-1], ["same", "same"]),
        ((("refund", '{"note": "a  b", "order": 7.0}'), ("mail", "")), ["same", "same"]),
        ((("refund", '{"order": "7", "note": "a b"}'), ("mail", "{}")), ["other", "same"]),
        ((("refund", '{"order": 7}'), ("mail", "{}")), ["other", "same"]),
        ((("refund", "{broken"), ("mail", "{}")), ["other", "same"]),
        ((("mail", "{}"),), ["missing", "same"]),
        ((*_WANTED, ("mail", "{}")), ["same", "same", "extra"]),
        ((("refund", '{"order": 1}'), *_WANTED), ["same", "same", "extra"]),
        ((), ["missing", "missing"]),
    ],
)
def test_calls_are_paired_by_name_and_compared_by_value(given_, what):
    from evalkit.report.tool_calls_of import pair_calls

    assert [pair.what for pair in pair_calls(_WANTED, given_)] == what


_CALL = st.tuples(
    st.sampled_from(["a", "b", ""]),
    st.sampled_from(["", "{}", '{"x": 1}', '{"x": 2, "y": [1]}', "[1]", "{", '{"x": true}']),
)


@given(st.lists(_CALL, max_size=5), st.lists(_CALL, max_size=5))
def test_no_call_is_lost_and_none_counts_twice(wanted, given_):
    from evalkit.report.tool_calls_of import pair_calls

    found = [pair.what for pair in pair_calls(wanted, given_)]
    assert len(found) - found.count("extra") == len(wanted)
    assert len(found) - found.count("missing") == len(given_)
    assert {pair.what for pair in pair_calls(wanted, wanted)} <= {"same"}


def test_true_is_not_one_and_what_is_hostile_is_shown_as_text(samples, sectioned):
    from evalkit.report.tool_calls_of import pair_calls

    (pair,) = pair_calls([("f", '{"x": 1}')], [("f", '{"x": true}')])
    assert [(one.wanted, one.given, one.what) for one in pair.arguments] == [("1", "true", "other")]
    run = sectioned.calls()
    payloads = [text for text in samples.PAYLOADS if text]
    rows = []
    for row, evil in zip(run.rows, payloads, strict=False):
        calls = ((evil, json.dumps({evil: evil})), (evil, evil))
        answers = {n: replace(a, calls=calls[::-1][:1]) for n, a in row.answers.items()}
        rows.append(replace(row, calls=calls, answers=answers))
    html = build_report(replace(run, rows=rows))
    assert "<img" not in html
    assert html.count("<script") == 2
    html.encode("utf-8")


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=60))
def test_every_length_stands_in_one_column(values):
    from evalkit.report.lengths_of import binned, shared_edges

    edges = shared_edges(values)
    assert edges == sorted(set(edges))
    assert edges[0] == 0
    assert edges[-1] > max(values)
    assert len(edges) <= 40
    for low, high, n in binned(values, edges):
        assert n == sum(low <= value < high for value in values)


@given(st.lists(st.integers(0, 50), min_size=1), st.sampled_from([0.1, 0.5, 0.9, 1.0]))
def test_quantiles_are_those_of_numpy(values, share):
    import numpy as np

    from evalkit.report.lengths_of import quantile

    assert quantile(values, share) == np.quantile(values, share, method="inverted_cdf")


def test_lengths_of_all_models_with_their_numbers(sectioned, samples):
    html = section_of(build_report(sectioned.six()), "lengths")
    words = words_of(html)
    assert "Mean time" in words
    assert "367 ms" in words
    assert html.count('class="hist"') == 7  # six models and what was expected
    assert "Mean time" not in words_of(section_of(build_report(samples.qa()), "lengths"))


def test_what_lint_found_stands_with_hashes_and_lines(sectioned):
    words = words_of(section_of(build_report(sectioned.rounded()), "lint"))
    assert "held-out rows : 156" in words
    assert f"sha256 {'ab' * 32}" in words
    assert "Lint finds nothing in it." in words
    assert "exact-duplicate DUP001 warning 8 same as line 3; drop one 4, 9, 12, 13, 20 …" in words
    assert "No held-out row stands in the training file." in words


def test_training_is_repaid_on_the_first_screen_and_priced_below(sectioned):
    run = sectioned.rounded()
    html = build_report(run)
    assert "training ($7.22) repaid after 38,000 answers" in words_of(section_of(html, "verdict"))
    costs = words_of(section_of(html, "costs"))
    assert "$7.22 for 1,444,000 billed tokens in 3 epochs" in costs
    assert "price of 2025-11-01 , https://developers.openai.com" in costs
    never = replace(run, training=replace(run.training, verdict="never", calls=None))
    words = words_of(section_of(build_report(never), "verdict"))
    assert "training ($7.22) is not repaid: an answer is no cheaper" in words


@pytest.mark.parametrize(
    ("n", "told"), [(1, 1), (99, 99), (100, 100), (101, 110), (37_412, 38_000), (99_001, 100_000)]
)
def test_calls_are_told_with_two_digits_upwards(n, told):
    assert rounded_up(n) == told


def test_further_notes_are_a_click_away(sectioned, samples):
    html = section_of(build_report(sectioned.rounded()), "verdict")
    before = html[: html.index("<details")]
    assert "Note 1 on" in before
    assert "Note 2 on" not in before
    assert "3 more to know" in words_of(html)
    run = replace(samples.classification(), notes=(("One.", "一。"),) * 3)
    assert "more to know" not in words_of(build_report(run))


def test_six_models_stand_in_every_table(sectioned):
    run = sectioned.six()
    html = build_report(run)
    for name in ("measures", "slices", "lengths", "costs"):
        here = section_of(html, name)
        for card in run.models:
            assert f">{card.name}<" in here, (name, card.name)
    words = words_of(section_of(html, "verdict"))
    assert re.search(r"tfidf reaches 59.6% here ?, tuned is better", words)


def test_a_gate_that_passed_only_just_says_so_on_the_first_screen(samples):
    run = samples.classification()
    near = replace(run.gates[0], verdict="pass", within_noise=True)
    words = words_of(section_of(build_report(replace(run, gates=(near,))), "verdict"))
    assert "pass : only just: with other rows it may fail" in words.replace("pass:", "pass :")


def test_no_slice_is_the_weakest_where_all_are_alike(samples):
    run = samples.classification()
    assert weakest_slice(run) is not None
    alike = tuple(
        replace(m, interval=replace(m.interval, value=1.0)) if m.metric == run.primary else m
        for m in run.measures
    )
    assert weakest_slice(replace(run, measures=alike)) is None


def test_a_judged_run_speaks_of_wins_and_of_the_judge(sectioned):
    html = section_of(build_report(sectioned.judged()), "verdict")
    words = words_of(html)
    assert "Preferred to base by the judge" in words
    assert "62.5%" in words
    assert "50% would be even" in words
    assert "24 won, 12 lost" in words
    assert "The 12 lost: read them first" in words
    assert re.search("judge, for base ?: <b>3</b> 它写明了期限", words)  # as text, and whose win
    assert "Expected" not in words  # nothing was


def test_the_confusion_says_in_words_what_changed_most(samples):
    words = words_of(section_of(build_report(samples.classification()), "confusion"))
    assert "Mistakes that changed most:" in words
    assert re.search(r"delivery taken for technical : 18 before, 9 now", words) or re.search(
        r"delivery taken for technical: 18 before, 9 now", words
    )


def test_an_answer_that_is_not_there_says_why(samples):
    run = samples.classification()
    rows = list(run.rows)
    gone = replace(rows[0].answers["tuned"], text="", read=None, score=0.0)
    failed = replace(gone, error="429", finish="error")
    for i, answer in ((0, gone), (1, failed)):
        right = replace(rows[i].answers["base"], score=1.0)
        rows[i] = replace(rows[i], answers={**rows[i].answers, "tuned": answer, "base": right})
    words = words_of(section_of(build_report(replace(run, rows=rows)), "verdict"))
    assert "empty answer" in words
    assert "no answer: an error" in words


def test_an_instruction_that_every_question_begins_with_is_left_out_of_the_tables(samples):
    run = samples.classification()
    told = "Sort this message of a customer into one of six kinds. Message: "
    rows = [
        replace(row, messages=(("user", told + row.messages[-1][1]),), expected=row.expected)
        for row in run.rows
    ]
    html = section_of(build_report(replace(run, rows=rows)), "verdict")
    assert "Sort this message" not in html
    assert ">…" in html


def test_what_two_questions_share_is_no_instruction(samples):
    from evalkit.report.reading import asked, shared_start

    run = samples.classification()
    told = "Sort this message of a customer into one of six kinds. Message: "
    rows = [replace(r, messages=(("user", told + r.messages[-1][1]),)) for r in run.rows[:3]]
    assert shared_start(replace(run, rows=rows)) == len(told)
    assert shared_start(replace(run, rows=rows[:2])) == 0
    assert asked(rows[0], len(told)) == f"…{run.rows[0].messages[-1][1]}"
    alone = replace(run, rows=[rows[0]] * 3)  # nothing would be left to show
    assert asked(rows[0], shared_start(alone)).startswith(("Sort", "…"))
    assert asked(replace(rows[0], messages=())) == "–"


def test_lint_of_a_file_of_a_run(tmp_path):
    from evalkit.data.read import TableOptions
    from evalkit.evaluation import data_lint
    from evalkit.evaluation.data_lint import linted_file

    row = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yo"}]}
    other = {**row, "lang": "zh"}
    path = tmp_path / "x.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in (row, row, row)), encoding="utf-8")
    found = linted_file(path, "x.jsonl", "training", table=TableOptions())
    assert found is not None
    assert found.rows == 3
    counts = {one.name: one for one in found.counts}
    assert counts["exact-duplicate"].count == 2
    assert counts["exact-duplicate"].lines == (2, 3)
    english, chinese = counts["exact-duplicate"].message
    assert english.isascii()
    assert not chinese.isascii()

    path.write_text(json.dumps(other) + "\n", encoding="utf-8")
    names = {
        part: {one.name for one in linted_file(path, "x", part, table=TableOptions()).counts}
        for part in ("training", "held-out")
    }
    assert names["training"] - names["held-out"] == {"extra-top-level-key"}  # it names a slice
    assert linted_file(tmp_path / "none", "x", "training", table=TableOptions()) is None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data_lint, "LARGEST", 3)
        assert linted_file(path, "x", "training", table=TableOptions()).skipped


@pytest.fixture
def priced(samples, tmp_path):
    """A suite with a training file and a run whose answers have prices."""
    from evalkit.evaluation.suite import load_suite

    row = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yo"}]}
    text = "".join(json.dumps(row) + "\n" for _ in range(12))
    for name in ("test.jsonl", "train.jsonl"):
        (tmp_path / name).write_text(text, encoding="utf-8")

    def made(tuned: str, base: str = "0.61", ours: str = "0.42"):
        (tmp_path / "x.eval.yaml").write_text(
            "data: test.jsonl\ntrain: train.jsonl\n"
            f"models: {{base: openai/gpt-4.1, tuned: {tuned}}}\n",
            encoding="utf-8",
        )
        run = samples.classification()
        prices = {"base": base, "tuned": ours}
        cards = [replace(card, cost_per_1000=prices.get(card.name)) for card in run.models]
        return load_suite(tmp_path / "x.eval.yaml"), replace(run, models=cards)

    return made


def test_training_is_reckoned_as_the_estimate_does(priced):
    from evalkit.evaluation.training_cost import training_of

    suite, run = priced("'openai/ft:gpt-4.1-nano-2025-04-14:acme::x'")
    found = training_of(suite, run)
    assert found is not None
    assert found.verdict == "repaid"
    # 12 examples x 8 epochs x (1 + (3+1+1) + (3+1+1)) tokens at $1.50 a million, $0.00019 saved
    assert found.tokens == 12 * found.epochs * 11
    assert float(found.cost) == pytest.approx(found.tokens * 1.5e-6)
    assert found.calls == -(-float(found.cost) // 0.00019)

    suite, run = priced("'openai/ft:gpt-4.1-nano-2025-04-14:acme::x'", base="0.10")
    assert training_of(suite, run).verdict == "never"
    assert training_of(suite, run).calls is None


@pytest.mark.parametrize("tuned", ["'local:smollm2'", "'openai/no-such-model'"])
def test_training_without_a_price_is_not_told(priced, tuned):
    from evalkit.evaluation.training_cost import training_of

    suite, run = priced(tuned)
    assert training_of(suite, run) is None


def test_a_plug_in_section_that_fails_to_load_leaves_the_others(monkeypatch, samples):
    from evalkit.report import section

    def lost(kind, name):
        if name == "curves":
            raise UsageError("no sections named `curves`", "")
        return found(kind, name)

    found = section.find
    monkeypatch.setattr(section, "find", lost)
    with pytest.warns(UserWarning, match="curves"):
        assert sections(samples.qa())
