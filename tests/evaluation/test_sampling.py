# SPDX-License-Identifier: Apache-2.0
"""Repeats and turns, from suite to page, over real HTTP."""

from __future__ import annotations

import json
from collections import Counter
from math import isnan

import pytest
from loopback import Loopback

from evalkit.core.exchange import Reply, Request
from evalkit.evaluation.run import run_suite
from evalkit.evaluation.sampling import for_repeat
from evalkit.evaluation.stored import load_run, save_run
from evalkit.evaluation.suite import load_suite
from evalkit.report.build import build_report

LABELS = ("bill", "ship")


def user(text):
    return {"role": "user", "content": text}


def said(text):
    return {"role": "assistant", "content": text}


def label(i):
    return LABELS[i % 2]


def write(path, conversations):
    lines = (json.dumps({"messages": c}, ensure_ascii=False) for c in conversations)
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")


class Answering:
    """A server whose answers hang on model, question and seed: `right(model, i, seed)`."""

    def __init__(self, right):
        self.right = right
        self.server = Loopback(labels=(), answer=self.answer, validate=False)

    def answer(self, messages):
        request = self.server.requests[-1]  # one at a time: this is the one that is answered
        i = int(messages[-1]["content"].split()[-1])
        right = self.right(request["model"], i, request["seed"])
        return label(i) if right else label(i + 1)


@pytest.fixture
def run(tmp_path):
    """`run(conversations, right, "repeats: 3")`: the run of base and tuned, and what was sent."""

    def go(conversations, right, more="", models=None, store="s.sqlite"):
        write(tmp_path / "test.jsonl", conversations)
        answering = Answering(right)
        with answering.server as server:
            lines = [f"data: test.jsonl\nlabels: [{', '.join(LABELS)}]\nmodels:"]
            for name, extra in (models or {"base": "", "tuned": ""}).items():
                lines.append(
                    f"  {name}: {{use: {name}, url: '{server.url}', concurrency: 1, "
                    f"options: {{}}{extra}}}"
                )
            path = tmp_path / "x.eval.yaml"
            path.write_text("\n".join([*lines, more]) + "\n", "utf-8")
            found = run_suite(load_suite(path), store=tmp_path / store, started="2026-01-01")
            return found.run, server

    return go


def singles(n):
    return [[user(f"item {i}"), said(label(i))] for i in range(n)]


def chats(n, turns=3):
    """Conversations whose turns are items 0, 1, 2, ... through all of them."""
    return [
        [m for k in range(turns) for i in [c * turns + k] for m in (user(f"item {i}"), said(label(i)))]
        for c in range(n)
    ]  # fmt: skip


def measure(run, model, metric="accuracy"):
    return next(
        m for m in run.measures if (m.model, m.metric, m.slice) == (model, metric, "all")
    ).interval


def notes(run, language=0):
    return "\n".join(note[language] for note in run.notes)


# Repeats


def wavering(model, i, seed):
    """tuned: always right but for every fourth item, right on one seed of three; base: half."""
    if model == "tuned":
        return i % 4 != 0 or seed % 3 == 0
    return i % 2 == 0


def test_scores_are_means_over_the_repeats(run):
    found, server = run(singles(40), wavering, "repeats: 3\ngenerate: {temperature: 0.7}")
    assert len(server.requests) == 2 * 3 * 40
    assert {r["seed"] for r in server.requests} == {0, 1, 2}
    assert {r["temperature"] for r in server.requests} == {0.7}
    tuned = measure(found, "tuned")
    assert tuned.value == pytest.approx((30 + 10 / 3) / 40)
    assert (tuned.n, tuned.left_out, tuned.method) == (40, 0, "t")
    first = found.differences[0]
    assert first.interval.value == pytest.approx((30 + 10 / 3 - 20) / 40)
    assert (first.interval.method, first.verdict, first.fixed) == ("t+sign-flip", "better", None)
    signature = next(m.signature for m in found.measures if m.metric == "accuracy")
    assert "|repeats:3" in signature
    row = found.rows[0].answers["tuned"]
    assert row.score == pytest.approx(1 / 3)
    assert [a.score for a in row.repeats] == [1, 0, 0]
    assert [a.text for a in row.repeats] == ["bill", "ship", "ship"]
    assert (row.text, row.read) == ("bill", "bill")
    assert [card.requests for card in found.models] == [120, 120]
    assert found.models[0].completion_tokens == 120


def test_questions_whose_repeats_disagree_are_counted(run):
    found, _ = run(singles(40), wavering, "repeats: 3\ngenerate: {temperature: 1}")
    assert found.provenance["repeats"] == "3"
    assert found.provenance["flaky tuned"] == "10 of 40 questions (25.0 %)"
    assert found.provenance["flaky base"] == "0 of 40 questions (0.0 %)"
    assert "tuned: the repeats disagree on 10 of 40 questions (25.0 %)." in notes(found)
    assert "tuned：40 个问题中有 10 个多次得分不一（25.0%）。" in notes(found, 1)
    assert "Each question was asked 3 times" in notes(found)
    assert "compare means" in notes(found)
    assert "temperature 0" not in notes(found)


def test_repeats_at_temperature_0_get_a_note(run):
    found, _ = run(singles(9), wavering, "repeats: 2")
    assert "Asked at temperature 0: base, tuned" in notes(found)
    found, _ = run(singles(9), wavering, "repeats: 2", {"base": ", temperature: 0.5", "tuned": ""})
    assert "Asked at temperature 0: tuned;" in notes(found)


def test_equal_means_need_no_astronomical_number_of_rows(run):
    """Both are right in half of all answers, on other questions: rounding is all that differs."""
    found, _ = run(
        singles(28), lambda model, i, seed: seed < (i + 3 * (model == "tuned")) % 4,
        "repeats: 3\ngates: [tuned better than base]",
    )  # fmt: skip
    value = found.differences[0].interval.value
    assert value != 0
    assert value == pytest.approx(0, abs=1e-12)
    assert found.differences[0].needed is None
    assert "no number of rows is known" in found.gates[0].needs["en"]


def test_a_seed_of_the_model_counts_up_too(run):
    _, server = run(
        singles(3), wavering, "repeats: 3\ngenerate: {seed: 7}", {"base": ", seed: 100"}
    )
    assert {r["seed"] for r in server.requests} == {100, 101, 102}
    _, server = run(singles(3), wavering, "repeats: 2\ngenerate: {seed: 7}", store="t.sqlite")
    assert {r["seed"] for r in server.requests} == {7, 8}


def test_more_repeats_ask_only_what_is_new(run):
    _, server = run(singles(5), wavering, "repeats: 2")
    assert len(server.requests) == 20
    # Each server has its own port, so what is stored of one is not another's.
    again, server = run(singles(5), wavering, "repeats: 3", store="t.sqlite")
    assert len(server.requests) == 30
    assert [len(a.repeats) for row in again.rows for a in row.answers.values()] == [3] * 10


def test_one_repeat_writes_what_it_always_wrote(run, tmp_path):
    found, _ = run(singles(6), wavering)
    save_run(found, tmp_path / "kept")
    line = json.loads((tmp_path / "kept" / "samples.jsonl").read_text("utf-8").splitlines()[0])
    assert set(line) == {"id", "source", "line", "messages", "expected", "slices", "answers"}
    assert "repeats" not in line["answers"]["tuned"]
    assert "repeats" not in found.provenance
    assert "turns" not in found.provenance
    assert measure(found, "tuned").method == "wilson"
    assert found.differences[0].interval.method == "tango+mcnemar-midp"
    assert not any("|" + word in m.signature for m in found.measures for word in ("rep", "clus"))


def test_all_metrics_hold_with_repeats_that_agree(run):
    """Three equal answers are worth one: every value is the same, no interval is narrower."""

    def right(model, i, seed):
        return i % (5 if model == "tuned" else 3) != 0

    once, _ = run(singles(45), right, "metrics: [macro_f1, 'precision[bill]', 'recall[bill]']")
    five, _ = run(
        singles(45),
        right,
        "repeats: 3\nmetrics: [macro_f1, 'precision[bill]', 'recall[bill]']",
        store="t.sqlite",
    )
    plain = {(m.model, m.metric): m.interval for m in once.measures}
    for m in five.measures:
        if m.unit == "ms":
            continue  # of a clock
        before = plain[m.model, m.metric]
        assert m.interval.value == pytest.approx(before.value, nan_ok=True), m.metric
        if not isnan(before.low) and not isnan(m.interval.low):
            width, wanted = m.interval.high - m.interval.low, before.high - before.low
            assert width == pytest.approx(wanted, rel=0.25), m.metric
    for one, more in zip(once.differences, five.differences, strict=True):
        if one.unit == "ms":
            continue
        assert more.interval.value == pytest.approx(one.interval.value, nan_ok=True)
        assert more.verdict == one.verdict, more.metric
    assert sum(map(sum, five.confusions[0].counts)) == 3 * 45


def test_answers_that_failed_are_left_out_of_the_mean(recorded, tmp_path):
    from evalkit.evaluation.asked import Asked
    from evalkit.evaluation.assess import assess
    from evalkit.evaluation.questions import questions
    from evalkit.evaluation.task import task_of

    rows = [(f"item {i}", label(i), {}) for i in range(12)]
    suite = load_suite(recorded(rows, "labels: [bill, ship]", base=[label(i) for i in range(12)]))
    asked = questions(tmp_path / "test.jsonl", table=suite.table, slices=(), limit=None)
    good = [Reply(text=label(i)) for i in range(12)]
    failed = Reply(text="", finish="error", error="503")
    repeats = [[failed, *good[1:]], good, [failed, Reply(text=label(0)), *good[2:]]]
    repeats[1] = [failed, *good[1:]]
    found = assess(
        suite,
        task_of(suite, [q.expected for q in asked]),
        asked,
        [],
        {
            "base": Asked(
                replies=repeats[0], seconds=[None] * 12, cached=0, host=None, identity="x",
                repeats=repeats,
            )
        },
        started="2026-01-01",
    )  # fmt: skip
    assert isnan(found.rows[0].answers["base"].score)
    assert found.rows[1].answers["base"].score == pytest.approx(2 / 3)
    interval = measure(found, "base")
    assert (interval.n, interval.left_out) == (11, 1)
    assert interval.value == pytest.approx((10 + 2 / 3) / 11)
    assert found.unscored == {"base": 1}
    assert found.models[0].errors == 3
    assert measure(found, "base", "errors").value == pytest.approx(1 / 12)


def test_repeat_0_is_the_request_itself():
    request = Request(messages=[user("Hi")], seed=5)
    assert for_repeat(request, 0) is request
    assert for_repeat(request, 3).seed == 8
    assert for_repeat(Request(messages=[], seed=None), 3).seed is None


# Turns


def by_chat(model, i, seed):
    """Right or wrong by the conversation of three: its turns stand and fall together."""
    return (i // 3) % (6 if model == "tuned" else 3) != 0


def test_turns_of_a_conversation_are_a_cluster(run):
    found, server = run(chats(24), by_chat, "turns: all")
    assert len(server.requests) == 2 * 72
    assert Counter(len(r["messages"]) for r in server.requests) == {1: 48, 3: 48, 5: 48}
    texts = {m["content"] for r in server.requests for m in r["messages"] if m["role"] != "user"}
    assert texts == set(LABELS)
    # Gold history, whatever the model had said before.
    first = [r["messages"] for r in server.requests if r["messages"][0]["content"] == "item 0"]
    assert [label(0), label(1)] in [[m["content"] for m in sent[1::2]] for sent in first]
    clusters = [row.cluster for row in found.rows]
    assert len(set(clusters)) == 24
    assert clusters[0] == clusters[1] == clusters[2]
    tuned = measure(found, "tuned")
    assert (tuned.n, tuned.method) == (72, "wilson-clustered")
    assert tuned.value == pytest.approx(20 / 24)
    assert 0.22 < tuned.high - tuned.low < 0.36  # of 24 conversations; of 72 rows it were 0.17
    first = found.differences[0]
    assert first.interval.method == "tango-clustered+sign-flip"
    assert (first.fixed, first.broken) == (12, 0)
    assert first.interval.p == pytest.approx(2 / 2**5)  # 4 conversations, not 12 rows
    assert first.verdict == "undecided"
    assert first.needed > 72  # in turns like these
    assert "|clusters:conversation" in found.measures[0].signature
    assert "Ranges and tests go by conversation" in notes(found)
    assert found.provenance["turns"] == "all: 72 questions of 24 conversations"
    assert found.provenance["rows"] == "24"


def test_every_metric_goes_by_conversation(run):
    found, _ = run(
        chats(30), by_chat,
        "turns: all\nmetrics: [macro_f1, 'precision[bill]', 'recall[bill]', length_chars]",
    )  # fmt: skip
    for m in found.measures:
        if m.interval.n > 1 and m.metric != "cost":
            assert "clustered" in m.interval.method, m.metric
    for d in found.differences:
        assert "clustered" in d.interval.method, d.metric


def test_turns_and_repeats_together(run):
    found, server = run(
        chats(12), lambda m, i, seed: i % 2 == 0 or seed == 1 or m == "tuned",
        "turns: all\nrepeats: 2\ngenerate: {temperature: 1}",
    )  # fmt: skip
    assert len(server.requests) == 2 * 2 * 36
    base = measure(found, "base")
    assert (base.n, base.method, base.value) == (36, "t-clustered", pytest.approx(0.75))
    assert found.provenance["flaky base"] == "18 of 36 questions (50.0 %)"
    assert "only 12 independent groups" in base.why


def unclocked(found):
    """The intervals of everything but latency."""
    return [one.interval for one in found if one.unit != "ms"]


def test_conversations_of_one_answer_are_rows(run):
    one, _ = run(singles(30), by_chat)
    all_, _ = run(singles(30), by_chat, "turns: all", store="t.sqlite")
    assert unclocked(one.measures) == unclocked(all_.measures)
    assert unclocked(one.differences) == unclocked(all_.differences)


def test_a_scorer_of_texts_cannot_say_anything_of_tool_calls(run):
    call = {"id": "c1", "type": "function", "function": {"name": "w", "arguments": '{"at": 1}'}}
    chat = [user("item 1"), {"role": "assistant", "content": None, "tool_calls": [call]}]
    found, _ = run(
        [chat] * 3,
        lambda *_: True,
        "turns: tool-calls\ntask: qa\ngates: [tuned exact_match >= 50%]",
    )
    assert isnan(measure(found, "tuned", "exact_match").value)
    assert measure(found, "tuned", "exact_match").left_out == 3
    assert found.gates[0].verdict == "fail"  # what was not measured passes no gate
    assert found.rows[0].expected == 'w({"at": 1})'
    assert measure(found, "tuned", "length_chars").n == 3


# On disk and on the page


@pytest.mark.parametrize("more", ["repeats: 5", "turns: all", "turns: all\nrepeats: 2"])
def test_such_a_run_reads_back_and_has_a_page(run, tmp_path, more):
    found, _ = run(chats(8), wavering, f"{more}\ngates: [tuned better than base]")
    save_run(found, tmp_path / "kept")
    again = load_run(tmp_path / "kept")
    save_run(again, tmp_path / "again")
    for name in ("run.json", "samples.jsonl"):
        assert (tmp_path / "kept" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    assert [row.cluster for row in again.rows] == [row.cluster for row in found.rows]
    assert [row.answers["tuned"].repeats for row in again.rows] == [
        row.answers["tuned"].repeats for row in found.rows
    ]
    page = build_report(again)
    assert "clustered" in page or "t+sign-flip" in page
