# SPDX-License-Identifier: Apache-2.0
"""A general set beside the task: same models, a margin and a gate of its own."""

import json

import pytest

from evalkit.core.errors import UsageError
from evalkit.core.exchange import Reply
from evalkit.evaluation.forgetting.run import all_gates, forgetting_suite, save_finished
from evalkit.evaluation.run import look_ahead, run_suite
from evalkit.evaluation.stored import encoded, load_run
from evalkit.evaluation.suite import load_suite
from evalkit.models.replay import Recorded, write_recording

TASK = [(f"task {n}", "bill" if n % 2 else "ship") for n in range(60)]
GENERAL = [(f"general {n}", "yes" if n % 2 else "no") for n in range(80)]
OTHER = {"bill": "ship", "ship": "bill", "yes": "no", "no": "yes"}


def jsonl(path, rows):
    path.write_text(
        "".join(
            json.dumps({"messages": [{"role": "user", "content": q},
                                     {"role": "assistant", "content": a}]}) + "\n"
            for q, a in rows
        )
    )  # fmt: skip


@pytest.fixture
def suite(tmp_path):
    """A suite whose tuned model is right on the task and wrong on `lost` general rows."""

    def make(lost, key="forgetting: {data: general.jsonl, margin: 5 points}", rest=""):
        jsonl(tmp_path / "task.jsonl", TASK)
        jsonl(tmp_path / "general.jsonl", GENERAL)
        wrong = {"base": (20, 4), "tuned": (2, lost)}
        for name, counts in wrong.items():
            rows = [
                Recorded(
                    messages=[{"role": "user", "content": q}],
                    reply=Reply(text=OTHER[a] if n < k else a),
                )
                for part, k in zip((TASK, GENERAL), counts, strict=True)
                for n, (q, a) in enumerate(part)
            ]
            write_recording(tmp_path / f"{name}.jsonl", rows)
        path = tmp_path / "x.eval.yaml"
        path.write_text(
            "data: task.jsonl\n"
            "models: {base: 'replay:base.jsonl', tuned: 'replay:tuned.jsonl'}\n"
            f"gates: [tuned better than base]\n{key}\n{rest}"
        )
        return path

    return make


def run(path, tmp_path):
    return run_suite(load_suite(path), store=tmp_path / "s.sqlite", started="2026-11-21T00:00:00")


def test_what_is_kept_lets_it_ship(suite, tmp_path):
    done = run(suite(4), tmp_path)
    assert [g.gate for g in done.run.gates] == [
        "tuned better than base",
        "forgetting: tuned not worse than base by 5 points",
    ]
    assert [g.verdict for g in done.run.gates] == ["pass", "pass"]
    assert done.run.decision == "ship"
    kept = done.run.forgetting
    assert (kept.data, kept.rows, kept.primary) == ("general.jsonl", 80, "accuracy")
    assert [d.interval.value for d in kept.differences] == [0]
    assert kept.visible > 0


def test_what_is_lost_stops_it(suite, tmp_path):
    done = run(suite(40), tmp_path)
    gate = done.run.gates[-1]
    assert gate.verdict == "fail"
    assert "it is worse by 45.0 points" in gate.needs["en"]
    assert "差 45.0 个百分点" in gate.needs["zh"]
    assert done.run.decision == "dont_ship"


def test_too_few_rows_leave_it_open(suite, tmp_path):
    done = run(suite(5), tmp_path)
    assert done.run.gates[-1].verdict == "undecided"
    assert "more rows" in done.run.gates[-1].needs["en"]
    assert done.run.decision == "not_proven"


def test_a_passed_forgetting_gate_forgives_no_loss_at_the_task(suite, tmp_path):
    path = suite(4)
    text = path.read_text().replace("base.jsonl", "x").replace("tuned.jsonl", "base.jsonl")
    path.write_text(text.replace("replay:x", "replay:tuned.jsonl").replace(
        "gates: [tuned better than base]\n", ""
    ))  # fmt: skip
    done = run(path, tmp_path)
    assert [g.verdict for g in done.run.gates] == ["pass"]
    assert done.run.differences[0].verdict == "worse"
    assert done.run.decision == "dont_ship"


def test_it_is_a_run_of_its_own_in_a_subfolder(suite, tmp_path):
    done = run(suite(4), tmp_path)
    save_finished(done, tmp_path / "out")
    whole, general = load_run(tmp_path / "out"), load_run(tmp_path / "out" / "forgetting")
    assert encoded(whole.forgetting) == encoded(done.run.forgetting)
    assert (general.suite, len(general.rows)) == ("x-forgetting", 80)
    assert len(done.asked["tuned"].replies) == 140  # a recording holds both


def test_what_is_ahead_counts_both(suite, tmp_path):
    ahead = look_ahead(load_suite(suite(4)), store=tmp_path / "s.sqlite")
    assert (ahead.rows, ahead.forgetting.rows) == (60, 80)
    assert ahead.document()["forgetting"]["gates"][0]["rows"] == 80


def test_a_suite_may_be_meant(suite, tmp_path):
    path = suite(40, "forgetting: {suite: general.eval.yaml, margin: 2%, metric: exact_match}")
    (tmp_path / "general.eval.yaml").write_text(
        "data: general.jsonl\nmodels: {any: baseline:majority}\nslices: [length]\nlimit: 70\n"
    )
    general = forgetting_suite(load_suite(path))
    assert (list(general.models), general.slices, general.limit) == (
        ["base", "tuned"],
        ("length",),
        70,
    )
    done = run(path, tmp_path)
    assert done.run.gates[-1].verdict == "fail"
    assert all_gates(load_suite(path))[-1].sentence == done.run.gates[-1].gate
    assert done.run.gates[-1].gate == (
        "forgetting: tuned not worse than base by 2 points on exact_match"
    )


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("forgetting: {data: general.jsonl}", "has no `margin`"),
        ("forgetting: {margin: 2 points}", "names no data"),
        ("forgetting: {data: a, suite: b, margin: 1%}", "both data and a suite"),
        ("forgetting: {data: a, margin: some}", "`some` is no margin"),
        ("forgetting: {data: a, margin: -1%}", "is no margin"),
        ("forgetting: {data: a, margn: 1%}", "did you mean `margin`"),
        ("forgetting: general.jsonl", "`forgetting` is `general.jsonl`"),
        ("forgetting: {data: general.jsonl, margin: 5}", "write 5 points"),
        ("forgetting: {data: general.jsonl, margin: 5 ms}", "is a share"),
        ("forgetting: {suite: sub/y.eval.yaml, margin: 5%}", "in another folder"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_asked(suite, tmp_path, key, says):
    with pytest.raises(UsageError) as caught:
        run(suite(4, key), tmp_path)
    assert says in f"{caught.value.message}: {caught.value.hint}"


def test_one_model_alone_forgets_nothing(suite, tmp_path):
    path = suite(4)
    path.write_text(path.read_text().replace("base: 'replay:base.jsonl', ", "").replace(
        "gates: [tuned better than base]\n", ""
    ))  # fmt: skip
    with pytest.raises(UsageError, match="the suite has one"):
        run(path, tmp_path)
