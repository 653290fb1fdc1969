# SPDX-License-Identifier: Apache-2.0
"""Suites with a positive label, a validation set and a threshold."""

from __future__ import annotations

import json

import pytest

from evalkit.core.errors import UsageError
from evalkit.core.exchange import Reply
from evalkit.evaluation.run import look_ahead, run_suite
from evalkit.evaluation.stored import load_run, save_run
from evalkit.evaluation.suite import load_suite
from evalkit.models.recordings._recorded import Recorded, to_row


def rows(n, part, *, cut=0.3):
    """A model whose probability of ship is right, but never above one half: cut at 0.3."""
    found = []
    for i in range(n):
        p = (i * 7 % 20) / 40
        found.append((f"{part} {i}", "ship" if p >= cut else "bill", p))
    return found


def write(path, those):
    path.write_text(
        "".join(
            json.dumps({"messages": [{"role": "user", "content": text},
                                     {"role": "assistant", "content": label}]}) + "\n"
            for text, label, _ in those
        ),
        "utf-8",
    )  # fmt: skip


@pytest.fixture
def suite(tmp_path):
    """Writes a suite whose models answer held-out and validation rows from recordings."""

    def make(held_out, validation, keys="", *, silent=(), file="validation.jsonl"):
        write(tmp_path / "test.jsonl", held_out)
        write(tmp_path / "validation.jsonl", validation)
        lines = ["data: test.jsonl", f"validation: {file}" if file else "", "positive: ship"]
        lines += [keys, "models:"]
        for name, shift in (("base", 0.0), ("tuned", 0.2)):
            with (tmp_path / f"{name}.jsonl").open("w", encoding="utf-8") as out:
                for text, _, p in [*held_out, *validation]:
                    shares = {"ship": p + shift, "bill": 1 - p - shift}
                    reply = Reply(
                        text=max(shares, key=shares.get),
                        probabilities=None if name in silent else shares,
                    )
                    asked = [{"role": "user", "content": text}]
                    out.write(json.dumps(to_row(Recorded(messages=asked, reply=reply))) + "\n")
            lines.append(f"  {name}: replay:{name}.jsonl")
        path = tmp_path / "x.eval.yaml"
        path.write_text("\n".join(lines) + "\n", "utf-8")
        return load_suite(path)

    return make


def run(suite, tmp_path):
    return run_suite(suite, store=tmp_path / "s.sqlite", started="2026-11-21")


def value(done, model, metric):
    (found,) = [m for m in done.run.measures if (m.model, m.metric) == (model, metric)]
    return found.interval


def test_each_model_has_its_own_threshold_and_the_held_out_set_is_read_by_it(suite, tmp_path):
    gates = "gates: [tuned f1_at_threshold >= 99%]"
    done = run(suite(rows(80, "q"), rows(60, "v"), gates), tmp_path)
    found = done.run
    assert found.thresholds == {"base": pytest.approx(0.2875), "tuned": pytest.approx(0.4875)}
    for model in ("base", "tuned"):
        for metric in ("accuracy", "precision", "recall", "f1"):
            assert value(done, model, f"{metric}_at_threshold").value == 1.0
    assert value(done, "base", "accuracy").value < 0.7  # the most probable label would not do
    assert len(found.rows) == len(done.timings) / 2 == 80
    assert found.gates[0].verdict == "pass"
    assert {len(asked.replies) for asked in done.asked.values()} == {140}  # all is recorded
    assert found.rows[0].answers["base"].scores["label-at-threshold"] == 1.0
    assert found.provenance["validation"] == "validation.jsonl"
    (signed,) = {m.signature for m in found.measures if m.metric == "f1_at_threshold"}
    assert f"validation-sha256:{found.provenance['validation sha256'][:12]}" in signed
    notes = [en for en, _ in found.notes]
    assert notes[0].startswith("Thresholds of ship, chosen by f1 on 60 validation rows: base 0.28")
    save_run(found, tmp_path / "kept")
    assert load_run(tmp_path / "kept").thresholds == found.thresholds
    (curve,) = [c for c in found.curves if (c.model, c.label) == ("base", "ship")]
    assert [point[:2] for point in (curve.roc[0], curve.roc[-1])] == [(0.0, 0.0), (1.0, 1.0)]
    assert len(curve.roc) == 21  # twenty distinct probabilities, and above all
    assert sum(one.n for one in curve.reliability) == 80  # of the held-out rows alone
    text = (tmp_path / "kept" / "run.json").read_text("utf-8")
    assert "Infinity" not in text
    assert "NaN" not in text


def test_the_held_out_set_never_chooses(suite, tmp_path):
    """Where the best cut of the held-out set is another, the frozen one stands and costs."""
    done = run(suite(rows(80, "q", cut=0.1), rows(60, "v", cut=0.4)), tmp_path)
    assert done.run.thresholds["base"] == pytest.approx(0.3875)
    assert value(done, "base", "recall_at_threshold").value < 0.5


@pytest.mark.slow
def test_a_number_is_taken_as_it_is(suite, tmp_path):
    done = run(suite(rows(40, "q"), [], "threshold: 0.25", file=""), tmp_path)
    assert done.run.thresholds == {"base": 0.25, "tuned": 0.25}
    assert {len(asked.replies) for asked in done.asked.values()} == {40}


def test_what_is_ahead_counts_both_sets_and_proves_with_one(suite, tmp_path):
    gates = "gates: [tuned recall_at_threshold >= 90%, tuned accuracy_at_threshold >= 90%]"
    found = look_ahead(suite(rows(80, "q"), rows(60, "v"), gates), store=tmp_path / "s.sqlite")
    assert [gate.rows for gate in found.gates] == [32, 80]  # recall: the rows of the label
    assert found.rows == 80
    assert sum(host.answers for host in found.hosts) == 2 * 140
    assert found.notes[0][0].startswith("60 more rows, of the validation set")


def test_a_model_without_probabilities_has_no_threshold(suite, tmp_path):
    done = run(suite(rows(40, "q"), rows(40, "v"), silent=("base",)), tmp_path)
    assert done.run.thresholds["base"] != done.run.thresholds["base"]
    found = value(done, "base", "f1_at_threshold")
    assert found.value != found.value
    assert any("base: no threshold could be chosen" in en for en, _ in done.run.notes)
    save_run(done.run, tmp_path / "kept")
    assert repr(load_run(tmp_path / "kept").thresholds) == repr(done.run.thresholds)


@pytest.mark.slow
def test_shared_rows_and_few_rows_are_told(suite, tmp_path):
    shared = [*rows(12, "v"), *rows(5, "q")]
    notes = [en for en, _ in run(suite(rows(40, "q"), shared), tmp_path).run.notes]
    assert any(note.startswith("5 rows of the validation set are held-out rows") for note in notes)
    assert any("rows of one class: its threshold is a guess" in note for note in notes)


@pytest.mark.parametrize(
    ("keys", "file", "message"),
    [
        ("threshold: f1", "", "a threshold by f1 is chosen on another set than `data`"),
        ("threshold: 0.5", "validation.jsonl", "there is nothing to choose on `validation`"),
        ("metrics: [f1_at_threshold]", "", "`f1_at_threshold` needs a threshold"),
        ("threshold: f2", "validation.jsonl", "`threshold` is `f2`"),
        ("labels: [bill, sip]", "validation.jsonl", "not among the suite's labels"),
    ],
)
def test_what_does_not_go_together_is_told_before_anything_is_asked(
    suite, tmp_path, keys, file, message
):
    with pytest.raises(UsageError) as caught:
        run(suite(rows(40, "q"), rows(40, "v"), keys, file=file), tmp_path)
    assert message in str(caught.value)
    assert caught.value.hint
    assert not (tmp_path / "s.sqlite").exists()


def test_a_positive_label_that_is_none_names_the_likely_one(suite, tmp_path):
    made = suite(rows(40, "q"), rows(40, "v"))
    path = made.folder / "x.eval.yaml"
    path.write_text(path.read_text("utf-8").replace("positive: ship", "positive: shp"), "utf-8")
    with pytest.raises(UsageError, match="did you mean `ship`"):
        run(load_suite(path), tmp_path)


def test_a_row_of_the_validation_set_with_another_label_is_named(suite, tmp_path):
    odd = [*rows(40, "v"), ("odd", "return", 0.1)]
    with pytest.raises(UsageError, match=r"line 41: .*`return` is not among the labels"):
        run(suite(rows(40, "q"), odd), tmp_path)
