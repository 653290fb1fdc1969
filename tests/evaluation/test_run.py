# SPDX-License-Identifier: Apache-2.0

"""Suites from file to verdict, on recorded answers and classical baselines: nothing is patched."""

import asyncio
import dataclasses
import json
from dataclasses import replace
from math import isnan

import pytest

from evalkit.cli._run_text import as_text
from evalkit.core.errors import UsageError
from evalkit.core.exchange import Reply
from evalkit.core.measure import Interval
from evalkit.evaluation.run import run_suite
from evalkit.evaluation.stored import load_run, save_run
from evalkit.evaluation.suite import load_suite
from evalkit.evaluation.wording import change, headline, run_verdict

ROWS = [
    (f"question {n} {'of money' if n % 2 else 'of parcels'}", "bill" if n % 2 else "ship",
     {"lang": "zh" if n < 12 else "en"})
    for n in range(60)
]  # fmt: skip
RIGHT = [expected for _, expected, _ in ROWS]
WRONG = ["ship" if answer == "bill" else "bill" for answer in RIGHT]


def mixed(right, n):
    """The first n answers wrong."""
    return [*WRONG[:n], *right[n:]]


def run(path, tmp_path):
    return run_suite(load_suite(path), store=tmp_path / "store.sqlite", started="2026-01-01").run


def first(found):
    return found.differences[0]


def test_better_worse_and_the_same(recorded, tmp_path):
    path = recorded(ROWS, base=mixed(RIGHT, 20), tuned=mixed(RIGHT, 2))
    found = run(path, tmp_path)
    assert (found.task, found.labels, found.primary) == (
        "classification",
        ("bill", "ship"),
        "accuracy",
    )
    assert (first(found).verdict, first(found).fixed, first(found).broken) == ("better", 18, 0)
    assert found.decision == "ship"

    swapped = run(recorded(ROWS, base=mixed(RIGHT, 2), tuned=mixed(RIGHT, 20)), tmp_path)
    assert first(swapped).verdict == "worse"
    assert swapped.decision == "dont_ship"
    assert headline(swapped, "en") == "DON'T SHIP: tuned is worse than base"

    same = run(recorded(ROWS, base=mixed(RIGHT, 9), tuned=mixed(RIGHT, 9)), tmp_path)
    assert first(same).verdict == "undecided"
    assert first(same).interval.value == 0
    assert first(same).interval.low < 0 < first(same).interval.high
    assert same.decision == "not_proven"


def test_gates(recorded, tmp_path):
    gates = """
slices: [lang]
gates:
  - tuned better than base
  - tuned accuracy >= 90%
  - tuned accuracy >= 99%
  - tuned recall[bill] >= 90% where lang=en
  - tuned not worse than base by 5 points where lang=en
  - tuned errors == 0
  - {model: tuned, metric: accuracy, at_least: 80%, end: low}
"""
    found = run(recorded(ROWS, gates, base=mixed(RIGHT, 20), tuned=mixed(RIGHT, 2)), tmp_path)
    verdicts = [gate.verdict for gate in found.gates]
    assert verdicts == ["pass", "pass", "fail", "pass", "pass", "pass", "pass"]
    failed = found.gates[2]
    assert failed.needs["en"] == "short by 2.3 points; 2 more of 60 rows would pass it"
    assert failed.within_noise
    assert found.decision == "dont_ship"


def test_what_ships_by_its_gates_alone_is_not_headed_by_the_difference(recorded, tmp_path):
    gates = "gates: [tuned accuracy >= 50%]"
    found = run(recorded(ROWS, gates, base=mixed(RIGHT, 9), tuned=mixed(RIGHT, 9)), tmp_path)
    assert (found.decision, run_verdict(found)) == ("ship", "undecided")
    assert headline(found, "en") == "SHIP: all gates pass; tuned against base is undecided"
    assert headline(found, "zh") == "可以上线：门槛全部通过；tuned 与 base 尚难分高下"
    better = run(recorded(ROWS, gates, base=mixed(RIGHT, 20), tuned=mixed(RIGHT, 2)), tmp_path)
    assert headline(better, "en") == "SHIP: tuned is better than base"


def test_the_word_is_never_without_what_it_stands_on(recorded, tmp_path):
    gates = "gates: [tuned accuracy >= 99%]"
    found = run(recorded(ROWS, gates, base=mixed(RIGHT, 9), tuned=mixed(RIGHT, 9)), tmp_path)
    assert headline(found, "en") == (
        "DON'T SHIP: 1 of 1 gates failed; tuned against base is undecided"
    )
    alone = run(recorded(ROWS, gates, tuned=mixed(RIGHT, 9)), tmp_path)
    assert headline(alone, "en") == "DON'T SHIP: 1 of 1 gates failed"
    assert headline(alone, "zh") == "不要上线：1 项门槛中有 1 项未通过"


def test_a_number_without_a_range_says_why(recorded, tmp_path):
    found = run(recorded(ROWS, base=mixed(RIGHT, 9), tuned=mixed(RIGHT, 9)), tmp_path)
    bare = Interval(value=2.0, n=5, why="all differences equal: no interval")
    score = replace(first(found), unit="score", interval=bare)
    assert change(score, "en") == "+2 (all differences equal: no interval)"
    assert change(replace(score, interval=replace(bare, low=1.0, high=3.0)), "en") == "+2 (+1 … +3)"
    points = replace(
        found,
        measures=[
            replace(m, unit="score", interval=replace(bare, why="all values are equal"))
            if m.metric == found.primary
            else m
            for m in found.measures
        ],
    )
    assert "accuracy of base, tuned: all values are equal" in as_text(points, "en")
    assert "base、tuned 的 accuracy：all values are equal" in as_text(points, "zh")
    assert "accuracy of" not in as_text(found, "en")


def test_an_undecided_gate_says_how_many_rows(recorded, tmp_path):
    gates = "gates: [tuned better than base, tuned not worse than base by 2 points]"
    found = run(recorded(ROWS, gates, base=mixed(RIGHT, 6), tuned=mixed(RIGHT, 4)), tmp_path)
    assert [gate.verdict for gate in found.gates] == ["undecided", "pass"]
    assert "more rows would decide it" in found.gates[0].needs["en"]
    assert found.decision == "not_proven"
    assert run_verdict(found) == "not_worse"


def test_a_gate_on_an_unknown_slice_or_label_is_one_line(recorded, tmp_path):
    with pytest.raises(UsageError, match="lang=fr"):
        run(
            recorded(
                ROWS,
                "slices: [lang]\ngates: [tuned better than base where lang=fr]",
                base=RIGHT,
                tuned=RIGHT,
            ),
            tmp_path,
        )
    with pytest.raises(UsageError, match="did you mean `bill`"):
        run(recorded(ROWS, "gates: ['tuned recall[bil] >= 9%']", base=RIGHT, tuned=RIGHT), tmp_path)


def test_answers_outside_the_set_empty_and_cut_off_are_counted(recorded, tmp_path):
    odd = [Reply(text=""), Reply(text="bananas"), Reply(text="bill and", finish="length")]
    found = run(recorded(ROWS, base=RIGHT, tuned=[*odd, *RIGHT[3:]]), tmp_path)
    tuned = {m.metric: m.interval.value for m in found.measures if m.model == "tuned"}
    assert tuned["accuracy"] == pytest.approx(57 / 60)
    assert tuned["empty"] == pytest.approx(1 / 60)
    assert tuned["cut_off"] == pytest.approx(1 / 60)
    matrix = next(c for c in found.confusions if c.model == "tuned")
    assert matrix.columns == ("bill", "ship", "(other)", "(none)")
    assert sum(map(sum, matrix.counts)) == 60


def test_questions_and_answers(recorded, tmp_path):
    rows = [
        (f"what is {n}?", f"It is the number {n} of the list, as ever, {n}.", {}) for n in range(30)
    ]
    right = [expected for _, expected, _ in rows]
    found = run(recorded(rows, base=["I do not know"] * 30, tuned=right), tmp_path)
    assert (found.task, found.primary) == ("qa", "token_f1")
    assert first(found).verdict == "better"


def test_a_run_on_disk_is_the_run(recorded, tmp_path):
    found = run(
        recorded(ROWS, "slices: [lang]\ngates: [tuned better than base]", base=WRONG, tuned=RIGHT),
        tmp_path,
    )
    save_run(found, tmp_path / "kept")
    again = load_run(tmp_path / "kept")
    save_run(again, tmp_path / "again")
    for name in ("run.json", "samples.jsonl"):
        assert (tmp_path / "kept" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    assert headline(again, "zh") == "可以上线：tuned 优于 base"


def test_a_second_run_asks_nothing_and_says_the_same(recorded, tmp_path):
    path = recorded(ROWS, base=WRONG, tuned=RIGHT)
    one, two = run(path, tmp_path), run(path, tmp_path)
    for found in (one, two):  # recorded answers are at hand: the store has no part in it
        assert [m.cached for m in found.models] == [0, 0]
        assert [m.recorded for m in found.models] == ["", ""]
    stripped = [dataclasses.replace(r, models=()) for r in (one, two)]
    assert stripped[0].rows == stripped[1].rows


def test_it_works_inside_a_running_loop(recorded, tmp_path):
    path = recorded(ROWS, base=WRONG, tuned=RIGHT)

    async def notebook():
        return run(path, tmp_path)

    assert asyncio.run(notebook()).decision == "ship"


def test_one_model_alone_is_measured(recorded, tmp_path):
    found = run(recorded(ROWS, base=RIGHT), tmp_path)
    assert (found.decision, found.base, found.differences) == ("measured", None, [])
    assert isnan(found.visible)


def test_training_rows_in_the_held_out_set_are_counted(recorded, tmp_path):
    path = recorded(ROWS, "train: train.jsonl", base=RIGHT, tuned=RIGHT)
    lines = (tmp_path / "test.jsonl").read_text("utf-8").splitlines(keepends=True)
    (tmp_path / "train.jsonl").write_text("".join(lines[:29]), "utf-8")
    assert run(path, tmp_path).leaked == 29
    (tmp_path / "train.jsonl").write_text("".join(lines[:30]), "utf-8")
    with pytest.raises(UsageError, match=r"30 of 60 rows of test.jsonl also stand in the training"):
        run(path, tmp_path)


def test_rows_that_cannot_be_asked_are_named(recorded, tmp_path):
    path = recorded(ROWS, base=RIGHT)
    with (tmp_path / "test.jsonl").open("a") as stream:
        stream.write('{"messages": [{"role": "user", "content": "Hi"}]}\n{"messages"\n')
    with pytest.raises(UsageError, match=r"2 rows cannot be asked: line 61 .*; line 62"):
        run(path, tmp_path)


def test_missing_recorded_answers_stop_before_anything(recorded, tmp_path):
    path = recorded(ROWS, base=RIGHT)
    file = tmp_path / "base.answers.jsonl"
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:50]))
    with pytest.raises(UsageError, match="10 of 60 questions are not in"):
        run(path, tmp_path)


def test_an_expected_answer_outside_the_labels(recorded, tmp_path):
    with pytest.raises(UsageError, match="`bill` is not among"):
        run(recorded(ROWS, "labels: [ship, pay]", base=RIGHT), tmp_path)


def test_classical_baselines_and_probabilities(recorded, tmp_path):
    path = recorded(ROWS, "train: train.jsonl")
    text = (tmp_path / "test.jsonl").read_text("utf-8")
    (tmp_path / "train.jsonl").write_text(text.replace("question ", "another "), "utf-8")
    path.write_text(
        "data: test.jsonl\ntrain: train.jsonl\n"
        "models: {base: 'baseline:majority', tuned: 'baseline:tfidf-logreg'}\n"
    )
    found = run(path, tmp_path)
    assert first(found).verdict == "better"
    auroc = next(m for m in found.measures if (m.model, m.metric) == ("tuned", "auroc"))
    assert auroc.interval.value == 1
    assert found.rows[0].answers["tuned"].probabilities.keys() == {"bill", "ship"}


def test_answers_that_are_no_labels_are_noted(tmp_path):
    rows = [
        {
            "messages": [
                {"role": "user", "content": f"Q{n}?"},
                {"role": "assistant", "content": label},
            ]
        }
        for n, label in enumerate(["yes", "no"] * 5)
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "t.jsonl").write_text(text)
    (tmp_path / "train.jsonl").write_text(text.replace("Q", "Another "))
    (tmp_path / "chatty.py").write_text("def answer(prompt):\n    return 'I would say yes.'\n")
    (tmp_path / "x.eval.yaml").write_text(
        "data: t.jsonl\nmodels:\n  chatty: python:chatty.py:answer\n  flat: baseline:majority\n"
        "train: train.jsonl\n"
    )
    suite = load_suite(tmp_path / "x.eval.yaml")
    found = run_suite(suite, store=tmp_path / "s.sqlite", started="2026-11-21T00:00:00")
    said = [en for en, _ in found.run.notes if "none of the labels" in en]
    assert len(said) == 1
    assert said[0].startswith("chatty: 10 of 10 answers are none of the labels. Does it get")
