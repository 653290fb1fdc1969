# SPDX-License-Identifier: Apache-2.0
"""`evalkit compare` end to end: two files, one command, and what is wrong in one line."""

from __future__ import annotations

import io
import json
import zipfile

import jsonschema
import pytest

from evalkit.core.resources import schema

OLD = "id,answer,expected,lang\n" + "".join(
    f"q{n},{'refund' if n % 3 else 'other'},refund,{'zh' if n % 2 else 'en'}\n" if n % 2
    else f"q{n},delivery,delivery,en\n" for n in range(24)
)  # fmt: skip
NEW = "id,answer,expected\n" + "".join(
    f"q{n},{'refund' if n % 2 else 'delivery'},{'refund' if n % 2 else 'delivery'}\n"
    for n in range(24)
)


@pytest.fixture
def two(file):
    return file(OLD, "old.csv"), file(NEW, "new.csv")


def test_two_tables_in_one_command(run, two):
    told = run("compare", *two)
    assert told.code == 0
    lines = told.out.splitlines()
    assert lines[0] == "24 rows in both, paired by id; no model was asked"
    assert "new against old" in lines[1] or "better than old" in lines[1]
    assert "  old wrong  4 fixed    0" in lines
    assert "  fixed: q3, q9, q15 and 1 more" in lines


def test_new_vs_old_is_old_new(run, two):
    assert run("compare", "new.csv", "vs", "old.csv").out == run("compare", *two).out
    told = run("compare", "new.csv", "vs", "old.csv", "--base", "new")
    assert (told.code, told.err.splitlines()[0]) == (2, "error: `vs` says already what is compared")
    assert run("compare", "new.csv", "vs").code == 2


def test_gates_give_the_exit_code(run, two):
    assert run("compare", *two, "--gate", "new accuracy >= 90%").code == 0
    assert run("compare", *two, "--gate", "old accuracy >= 90%").code == 1
    undecided = (
        "--gate",
        "new not worse than old by 0 points on exact_match",
        "--gate",
        "new accuracy low >= 99%",
    )
    assert run("compare", *two, *undecided).code == 1
    assert run("compare", *two, *undecided, "--allow-undecided").code == 0
    assert run("compare", *two, "--margin", "2 points").code == 0
    told = run("compare", *two, "--margin", "two points")
    assert told.code == 2
    assert told.err.startswith("error: --margin: `margin: two points` is no number")


def answers(right, name, file, n=1000):
    rows = "".join(f"q{i},{'yes' if i in right else 'no'},yes\n" for i in range(n))
    return file(f"id,answer,expected\n{rows}q{n},no,no\nq{n + 1},no,no\n", name)


@pytest.fixture
def worse(file):
    """900 of 1,000 right, and 850: 50 fixed, 100 broken."""
    old = answers(range(900), "old.csv", file)
    return old, answers([*range(800), *range(900, 950)], "new.csv", file)


def test_a_worse_candidate_holds_ci_up_though_its_gates_pass(run, worse):
    told = run("compare", *worse, "--gate", "new accuracy >= 80%")
    assert "DON'T SHIP: new is worse than old" in told.out
    assert "Gates 1/1" in told.out
    assert told.code == 1
    assert run("compare", *worse).code == 0  # no gate was asked to hold anybody up


def test_a_margin_that_is_still_open_leaves_the_decision_open(run, worse):
    told = run("compare", *worse, "--margin", "6 points")
    assert "NOT PROVEN" in told.out
    assert told.code == 1
    assert run("compare", *worse, "--margin", "6 points", "--allow-undecided").code == 0
    allowed = run("compare", *worse, "--margin", "10 points")
    assert allowed.out.splitlines()[1].startswith("SHIP")
    assert allowed.code == 0


def test_missing_rows_are_no_failed_requests(run, file):
    whole = answers(range(100), "whole.csv", file, n=120)
    part = answers(range(90), "part.csv", file, n=100)
    told = run("compare", whole, part, "--output-format", "json")
    errors = [m for m in json.loads(told.out)["measures"] if m["metric"] == "errors"]
    assert [m["value"] for m in errors] == [0, 0]


def test_faults_that_go_are_fixed(run, file):
    full = file("id,answer,expected\n" + "".join(f"q{i},yes,yes\n" for i in range(40)), "a.csv")
    bare = file("id,answer,expected\n" + "".join(f"q{i},,yes\n" for i in range(40)), "b.csv")
    told = json.loads(run("compare", full, bare, "--output-format", "json").out)
    empty = next(d for d in told["differences"] if d["metric"] == "empty")
    assert (empty["verdict"], empty["fixed"], empty["broken"]) == ("worse", 0, 40)


def test_a_model_is_not_compared_with_itself(run, two):
    told = run("compare", *two, "--pair", "new vs new")
    assert told.code == 2
    assert "not compared with itself" in told.err


def test_each_pair_has_its_slices(run, file, two):
    third = file(NEW.replace("refund,refund", "other,refund"), "third.csv")
    told = run("compare", *two, third, "--slices", "lang")
    assert "  new vs old" in told.out.splitlines()
    assert "  third vs old" in told.out.splitlines()


def test_json_is_that_of_a_run_and_more(run, two):
    told = run("compare", *two, "--output-format", "json", "--slices", "lang")
    document = json.loads(told.out)
    jsonschema.validate(document, schema("run-output"))
    assert document["paired"]["answers"]["new"]["missing"] == []
    assert len(document["paired"]["answers"]["old"]["sha256"]) == 64
    assert document["flips"][0]["fixed"] == ["q3", "q9", "q15", "q21"]
    assert (document["paired"]["by"], document["paired"]["in_all"]) == ("id", 24)


def test_the_page(run, two, tmp_path):
    told = run("compare", *two, "-o", "out.html", "--lang", "zh")
    assert told.code == 0
    assert told.out.splitlines()[-1] == "报告：out.html"
    page = (tmp_path / "out.html").read_text("utf-8")
    assert "q3" in page
    assert "<html" in page
    assert run("compare", *two, "-o", "out.md").code == 0
    assert (tmp_path / "out.md").read_text("utf-8").startswith("### ")
    assert run("compare", *two, "-o", "out.json").code == 0
    json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert run("compare", *two, "-o", "out.xyz").code == 2
    assert run("compare", *two, "--output-format", "html").out.lstrip().startswith("<!")


def test_a_saved_comparison_is_a_run(run, two, tmp_path):
    assert run("compare", *two, "--save", "kept").code == 0
    assert run("report", "kept").code == 0
    told = run("compare", "kept", "--output-format", "json")
    assert json.loads(told.out)["measures"][0]["value"] == pytest.approx(20 / 24)
    told = run("compare", "kept#old", "kept#new")
    assert told.code == 0
    assert "  fixed: q3, q9, q15 and 1 more" in told.out.splitlines()


def test_a_run_of_a_suite_and_a_table(run, file):
    rows = [
        {"id": f"q{n}", "messages": [{"role": "user", "content": f"text {n}"},
                                     {"role": "assistant", "content": "ab"[n % 2]}]}
        for n in range(12)
    ]  # fmt: skip
    file("".join(json.dumps(row) + "\n" for row in rows), "data.jsonl")
    file("def answer(prompt):\n    return 'ab'[int(prompt.split()[-1]) % 2]\n", "good.py")
    file("data: data.jsonl\nmodels:\n  base: baseline:majority\n  tuned: python:good.py:answer\n"
         "train: train.jsonl\n", "x.eval.yaml")  # fmt: skip
    file("".join(json.dumps(row) + "\n" for row in rows).replace("text", "other"), "train.jsonl")
    told = run("run", "x.eval.yaml", "--output-format", "json", "--no-report",
               "--record", "x.answers.jsonl.gz")  # fmt: skip
    folder = json.loads(told.out)["run_dir"]
    file("id,prediction\n" + "".join(f"q{n},a\n" for n in range(12)), "theirs.csv")
    # A run knows what was asked, a table its own ids: the held-out set knows both.
    told = run("compare", folder, "theirs.csv", "--data", "data.jsonl", "--output-format", "json")
    document = json.loads(told.out)
    values = {m["model"]: m["value"] for m in document["measures"] if m["metric"] == "accuracy"}
    assert values == {"tuned": 1.0, "theirs": 0.5}
    assert "the candidate tuned is taken" in " ".join(document["notes"])
    # A recording holds no expected answers, the run's rows do.
    told = run("compare", "x.answers.jsonl.gz#base", f"{folder}#tuned", "--output-format", "json")
    document = json.loads(told.out)
    assert document["paired"]["by"] == "id"
    values = {m["model"]: m["value"] for m in document["measures"] if m["metric"] == "accuracy"}
    assert values["tuned"] == 1.0


INSPECT = {"version": 2, "eval": {"task": "t", "model": "m1"}}


def inspect_log(model, answers):
    """An `.eval` archive, as older versions pack it."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(
            "header.json", json.dumps({"version": 2, "eval": {"task": "t", "model": model}})
        )
        for name, (text, target) in answers.items():
            sample = {
                "id": name, "epoch": 1, "input": f"text {name}", "target": target,
                "messages": [{"role": "user", "content": f"text {name}"}],
                "output": {"choices": [{"message": {"role": "assistant", "content": text}}]},
                "metadata": {"lang": "zh"},
            }  # fmt: skip
            packed.writestr(f"samples/{name}_epoch_1.json", json.dumps(sample))
    return held.getvalue()


def harness(answers):
    return "".join(
        json.dumps({"doc_id": n, "doc": {"id": name, "lang": "zh"}, "target": target,
                    "arguments": [[f"text {name}", {}]], "resps": [[text]], "filtered_resps": [text]})
        + "\n" for n, (name, (text, target)) in enumerate(answers.items())
    )  # fmt: skip


def promptfoo(answers):
    results = [
        {"promptIdx": 0, "testIdx": n, "provider": {"id": "p"}, "prompt": {"raw": f"text {name}"},
         "vars": {"id": name, "lang": "zh"}, "response": {"output": text},
         "testCase": {"assert": [{"type": "equals", "value": target}]}}
        for n, (name, (text, target)) in enumerate(answers.items())
    ]  # fmt: skip
    return json.dumps({"results": {"version": 3, "results": results}})


def platform(answers):
    return "".join(
        json.dumps({"object": "eval.run.output_item", "datasource_item_id": n,
                    "datasource_item": {"id": name, "input": f"text {name}", "ideal": target, "lang": "zh"},
                    "sample": {"model": "p", "output": [{"role": "assistant", "content": text}]}}) + "\n"
        for n, (name, (text, target)) in enumerate(answers.items())
    )  # fmt: skip


def framework(answers):
    lines = [{"spec": {"completion_fns": ["p"], "eval_name": "e"}}]
    for name, (text, target) in answers.items():
        about = {"run_id": "r", "sample_id": name}
        lines.append(
            {**about, "type": "sampling", "data": {"prompt": f"text {name}", "sampled": [text]}}
        )
        lines.append(
            {**about, "type": "match", "data": {"correct": text == target, "expected": target}}
        )
    return "".join(json.dumps(line) + "\n" for line in lines)


def opencompass(answers):
    return json.dumps({name: {"origin_prompt": f"text {name}", "prediction": text, "gold": target}
                       for name, (text, target) in answers.items()})  # fmt: skip


LOGS = {
    "theirs.eval": lambda answers: inspect_log("m1", answers),
    "samples_t.jsonl": harness,
    "results.json": promptfoo,
    "items.jsonl": platform,
    "log.jsonl": framework,
    "predictions.json": opencompass,
}


@pytest.mark.parametrize("name", sorted(LOGS))
def test_the_logs_of_others(run, file, name):
    """Answers, ids and what is expected come from the log; the table has none of the latter."""
    target = {f"s{n}": "yes" if n % 2 else "no" for n in range(8)}
    theirs = {key: ("yes" if n < 6 else "no", want) for n, (key, want) in enumerate(target.items())}
    file(LOGS[name](theirs), name)
    file("id,answer\n" + "".join(f"{key},{want}\n" for key, want in target.items()), "ours.csv")
    told = run("compare", name, "ours.csv", "--output-format", "json")
    assert told.err == ""
    document = json.loads(told.out)
    values = {m["model"]: m["value"] for m in document["measures"] if m["metric"] == "accuracy"}
    assert list(values.values()) == [pytest.approx(0.5), 1.0]
    assert document["paired"]["in_all"] == 8
    if name not in ("log.jsonl", "predictions.json"):
        assert run("compare", name, "ours.csv", "--slices", "lang").code == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["old.csv"], "only one set of answers is given: old.csv"),
        (["old.csv", "none.csv"], "cannot read the recording none.csv"),
        (["old.csv", "empty.csv"], "empty.csv is empty"),
        (["old.csv", "binary.csv"], "binary.csv is a binary file"),
        (["old.csv", "others.csv"], "no id, question or line stands in both files"),
        (["old.csv", "keys.csv"], "not a recorded answer (its keys: `a`, `b`)"),
        (["old.csv", "new.csv", "--metric", "acuracy"], "did you mean `accuracy`?"),
        (["old.csv", "new.csv", "--primary", "nope"], "no metric named `nope`"),
        (["old.csv", "new.csv", "--slices", "lnag"], "did you mean `lang`?"),
        (["old.csv", "new.csv", "--labels", "refund"], "is not among"),
        (["old.csv", "new.csv", "--gate", "tuned better than old"], "names a model `tuned`"),
        (["old.csv", "new.csv", "--columns", "id"], "is not ROLE=HEADER"),
        (["old.csv", "new.csv", "--expected", "none.csv"], "cannot read the recording none.csv"),
        (["old.csv", "new.csv", "--data", "new.csv"], "new.csv"),
        (["old.csv", "new.csv", "--scorer", "label.fnd=whole"], "did you mean `find`?"),
        (["x=old.csv", "x=new.csv"], "two files are called `x`"),
        (["old.csv", "."], "holds no finished run"),
    ],
)
def test_what_is_wrong_is_one_line_and_a_hint(run, file, two, arguments, says):
    file("", "empty.csv")
    file(bytes(range(256)) * 4, "binary.csv")
    file("id,answer,expected\nzz,a,b\n", "others.csv")
    file("a,b\n1,2\n", "keys.csv")
    told = run("compare", *arguments)
    assert told.code == 2
    assert told.out == ""
    message, *hint = told.err.splitlines()
    assert says in message
    assert len(hint) == 1


@pytest.mark.parametrize("share", ["0.5", "0.79", "1", "95", "nan"])
def test_a_confidence_that_would_call_chance_a_difference(run, two, share):
    told = run("compare", *two, "--confidence", share)
    assert (told.code, told.out) == (2, "")
    assert "confidence" in told.err
    assert run("compare", *two, "--confidence", "0.8").code == 0


def test_markdown_cannot_be_marked_up_by_the_data(run, file):
    evil = "q|<b>@team* `x` https://e.example/ [a](b)"
    table = "".join(
        json.dumps({"id": f"{evil}{n}", "answer": "ab"[n % 2], "expected": "ab"[n // 2 % 2]}) + "\n"
        for n in range(12)
    )
    other = "".join(
        json.dumps({"id": f"{evil}{n}", "answer": "ab"[n // 2 % 2], "expected": "ab"[n // 2 % 2]})
        + "\n"
        for n in range(12)
    )
    file(other, "old.jsonl")
    file(table, "new.jsonl")
    told = run("compare", "old.jsonl", "new.jsonl", "--output-format", "markdown")
    assert told.code == 0
    flips, *examples = [line for line in told.out.splitlines() if "q\\|" in line]
    for line, cells in ((flips, 6), *((line, 4) for line in examples)):
        assert "<b>" not in line
        assert "@team" not in line
        assert "https://" not in line
        assert line.replace("\\|", "").count("|") == cells + 1


def test_hostile_text_reaches_no_terminal_as_it_is(run, file):
    rows = [
        {"id": f"\x1b[31m{n}\u202e", "answer": "a\ud800", "expected": "ab"[n % 2]}
        for n in range(12)
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    file(lines, "old.jsonl")
    file(lines.replace('"a\\ud800"', '"b"'), "new.jsonl")
    for kind in ("text", "json", "markdown"):
        told = run("compare", "old.jsonl", "new.jsonl", "--output-format", kind)
        assert told.code == 0
        assert "\u202e" not in told.out or kind == "json"
        assert "\x1b[31m0" not in told.out
    assert run("compare", "old.jsonl", "new.jsonl", "-o", "x.html", "--save", "kept").code == 0
    assert run("compare", "kept").code == 0


def test_chinese_tables_in_an_old_encoding(run, file):
    old = "编号\t模型回答\t标签\n" + "".join(
        f"甲{n}\t退款\t{'退款' if n % 2 else '物流'}\n" for n in range(12)
    )
    new = "编号\t模型回答\n" + "".join(f"甲{n}\t{'退款' if n % 2 else '物流'}\n" for n in range(12))
    told = run(
        "compare",
        file(old.encode("gb18030"), "旧.tsv"),
        file(new.encode("utf-16"), "新.txt"),
        "--lang",
        "zh",
    )
    assert told.code == 0
    assert "2 组回答都有的行共 12 行，按编号配对；未调用模型" in told.out
    assert "改对：甲0、甲2、甲4 等另外 3 个" in told.out


def test_answers_are_never_written_over(run, two, tmp_path):
    told = run("compare", *two, "-o", "json=old.csv")
    assert told.code == 2
    assert "old.csv is a file that is read" in told.err
    assert (tmp_path / "old.csv").read_text("utf-8") == OLD
