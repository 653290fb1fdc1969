# SPDX-License-Identifier: Apache-2.0
"""`evalkit baseline set|check` from end to end, on recorded answers."""

import json

import jsonschema
import pytest

from evalkit.core.exchange import Reply
from evalkit.core.resources import schema
from evalkit.models.replay import Recorded, write_recording

N = 120


@pytest.fixture
def suite(tmp_path):
    """Writes a suite whose tuned model is wrong on `wrong` rows: `suite(12)` gives its name."""

    def make(wrong, rest="", rows=N, ask="question {n}"):
        folder = tmp_path / "suites"
        folder.mkdir(exist_ok=True)
        data = [
            {"messages": [
                {"role": "user", "content": ask.format(n=n)},
                {"role": "assistant", "content": "bill" if n % 2 else "ship"},
            ]}
            for n in range(rows)
        ]  # fmt: skip
        (folder / "t.jsonl").write_text("".join(json.dumps(r) + "\n" for r in data))
        answers = []
        for n, row in enumerate(data):
            right = row["messages"][1]["content"]
            text = ("ship" if right == "bill" else "bill") if n in wrong else right
            answers.append(Recorded(messages=row["messages"][:1], reply=Reply(text=text)))
        write_recording(folder / "tuned.jsonl", answers)
        (folder / "x.eval.yaml").write_text(
            f"data: t.jsonl\nmodels: {{tuned: 'replay:tuned.jsonl'}}\n{rest}\n"
        )
        return "suites/x.eval.yaml"

    return make


def test_set_and_check(run, suite, tmp_path):
    told = run("baseline", "set", suite(range(12)))
    assert told.code == 0
    assert "suites/x.baseline.json: written: tuned, accuracy 90.0 %" in told.out
    file = tmp_path / "suites" / "x.baseline.json"
    document = json.loads(file.read_text("utf-8"))
    jsonschema.validate(document, schema("run-baseline"))
    assert len(document["scores"]) == N
    assert "question" not in file.read_text("utf-8")
    assert sum(document["scores"].values()) == N - 12
    assert max(map(len, file.read_text("utf-8").splitlines())) < 120  # a row a line

    same = run("baseline", "check", suite(range(12)))
    assert same.code == 0
    assert "tuned is not seen to be worse than its baseline: +0.0 points (-3.1 … +3.1)" in same.out
    assert "these rows show a loss of" in same.out

    before = file.read_bytes()
    again = run("baseline", "set", suite(range(12)))
    assert (again.code, file.read_bytes()) == (0, before)
    assert "unchanged" in again.out


def test_worse_fails_with_a_sentence(run, suite):
    run("baseline", "set", suite(range(12)))
    told = run("baseline", "check", suite(range(30)))
    assert told.code == 1
    assert told.out.startswith("tuned is worse than its baseline: -15.0 points (")
    zh = run("baseline", "check", suite(range(30)), "--lang", "zh")
    assert zh.out.startswith("tuned 差于其基线：-15.0 个百分点")


def test_a_margin_is_proven_refused_or_left_open(run, suite):
    run("baseline", "set", suite(range(12)), "--margin", "5 points")
    held = run("baseline", "check", suite(range(12)))
    assert held.code == 0
    assert "tuned is not worse than its baseline by 5 points" in held.out
    narrow = run("baseline", "check", suite(range(12)), "--margin", "1 point")
    assert narrow.code == 1
    assert "is undecided" in narrow.out
    assert "more rows would decide it" in narrow.out
    assert (
        run("baseline", "check", suite(range(12)), "--margin", "1%", "--allow-undecided").code == 0
    )
    lost = run("baseline", "check", suite(range(40)))
    assert lost.code == 1
    assert "worse than its baseline by 5 points" in lost.out
    better = run("baseline", "check", suite(range(2)))
    assert "tuned is better than its baseline: +8.3 points" in better.out


def test_a_margin_that_no_answers_could_hold_is_told_when_it_is_set(run, suite):
    told = run("baseline", "set", suite(range(12)), "--margin", "2 points")
    assert told.code == 0
    assert (
        "even the same answers would not pass this check: it may be worse by 2.2 points" in told.err
    )


def test_what_changed_is_said_and_the_comparison_refused(run, suite):
    run("baseline", "set", suite(range(12)))
    fewer = run("baseline", "check", suite(range(12), rows=100))
    assert fewer.code == 2
    assert "the data changed: sha256:" in fewer.err
    assert "the rows changed: 20 of 120 are gone, 0 are new" in fewer.err
    other = run("baseline", "check", suite(range(12), ask="other {n}"))
    assert "120 of 120 are gone, 120 are new" in other.err
    warmer = run("baseline", "check", suite(range(12), "generate: {temperature: 1}"))
    assert warmer.code == 2
    assert "the prompts changed: blake2b:" in warmer.err
    assert "the data changed" not in warmer.err
    strict = run("baseline", "check", suite(range(12), "primary: exact_match"))
    assert strict.code == 0  # the baseline's metric is measured all the same


def test_a_run_on_disk_will_do(run, suite):
    run("run", suite(range(12)), "--no-report")
    from pathlib import Path

    (folder,) = Path("reports/x").iterdir()
    told = run("baseline", "set", folder, "-o", "kept.json", "--metric", "recall[ship]")
    assert told.code == 0
    assert "recall[ship] 90.0 %" in told.out
    assert "60 rows" in told.out
    assert run("baseline", "check", folder, "--baseline", "kept.json").code == 0
    assert run("baseline", "check", "reports/x", "--baseline", "kept.json").code == 0  # the newest
    document = run(
        "baseline", "check", folder, "--baseline", "kept.json", "--output-format", "json"
    )
    assert json.loads(document.out)["verdict"] == "pass"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--model", "tunde"], "did you mean `tuned`"),
        (["--metric", "acuracy"], "did you mean `accuracy`"),
        (["--metric", "macro_f1"], "no score per row"),
        (["--margin", "a lot"], "`a lot` is no margin"),
        (["--margin", "200 points"], "more than all of a share"),
        (["--margin", "3 tokens"], "does not fit accuracy"),
        (["--metric", "length_chars", "--margin", "2 points"], "does not fit length_chars"),
        (["-o", "suites/t.jsonl"], "would be lost"),
    ],
)
def test_what_cannot_be_kept(run, suite, arguments, says):
    told = run("baseline", "set", suite(range(12)), *arguments)
    assert told.code == 2
    assert says in told.err


def test_a_missing_or_foreign_baseline(run, suite, file):
    told = run("baseline", "check", suite(range(12)))
    assert told.code == 2
    assert "evalkit baseline set" in told.err
    file("{}", "odd.json")
    told = run("baseline", "check", suite(range(12)), "--baseline", "odd.json")
    assert told.code == 2
    assert "odd.json is no baseline" in told.err
    file("[" * 100_000, "deep.json")
    assert run("baseline", "check", suite(range(12)), "--baseline", "deep.json").code == 2


GATE = "gates: [tuned not worse than baseline by 5 points]"


def test_a_gate_against_the_baseline(run, suite):
    first = run("run", suite(range(12), GATE), "--no-report")
    assert first.code == 2
    assert "evalkit baseline set" in first.err
    assert run("baseline", "set", suite(range(12), GATE)).code == 0
    told = run("run", suite(range(12), GATE), "--no-report")
    assert told.code == 0
    assert "tuned not worse than baseline by 5 points: +0.0 points" in told.out
    lost = run("run", suite(range(40), GATE), "--no-report")
    assert lost.code == 1
    assert "it is worse by 23.3 points" in lost.out
    odd = run("run", suite(range(12), f"{GATE}\ngenerate: {{temperature: 1}}"), "--no-report")
    assert odd.code == 1
    assert "not comparable with the baseline: the prompts changed" in odd.out


def test_a_gate_against_the_baseline_on_another_metric_is_told_first(run, suite):
    run("baseline", "set", suite(range(12)))
    other = "gates: [tuned not worse than baseline by 5 points on exact_match]"
    told = run("run", suite(range(12), other), "--no-report")
    assert told.code == 2
    assert "holds accuracy" in told.err
