# SPDX-License-Identifier: Apache-2.0
"""`evalkit label`: a run is judged, people rate it, and the judge is held against them."""

import csv
import io
import json
import shutil
from math import isnan

import jsonschema
import pytest

from evalkit.cli._run_text import as_text
from evalkit.core.resources import schema
from evalkit.evaluation.run import run_suite
from evalkit.evaluation.stored import load_run, save_run
from evalkit.evaluation.suite import load_suite

MODELS = """
import hashlib, json, re


def number(text, k):
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % k


def base(messages):
    return f"short {number(messages[-1]['content'], 7)}"


def tuned(messages):
    return f"a longer one {number(messages[-1]['content'] + 'x', 9)}"


def judge(messages):
    found = re.findall(r"(?:short|one) (\\d)", messages[-1]["content"])
    a, b = map(int, found[-2:])
    verdict = "A" if a > b else "B" if b > a else "tie"
    return json.dumps({"verdict": verdict, "why": f"{a} against {b}"})
"""
SUITE = """
data: test.jsonl
task: judged
models: {base: "python:models.py:base", tuned: "python:models.py:tuned"}
judge: {use: "python:models.py:judge", ask: "Which number is higher?"HUMANS}
gates:
  - tuned better than base
  - judge agrees with humans
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder with a finished run of 40 judged pairs, asked once for all tests."""
    folder = tmp_path_factory.mktemp("judged")
    lines = [
        json.dumps(
            {
                "messages": [
                    {"role": "user", "content": f"question {k}"},
                    {"role": "assistant", "content": "a number"},
                ]
            }
        )
        for k in range(40)
    ]
    (folder / "test.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (folder / "models.py").write_text(MODELS, encoding="utf-8")
    (folder / "x.eval.yaml").write_text(SUITE.replace("HUMANS", ""), encoding="utf-8")
    store = folder / ".evalkit" / "store.sqlite"
    done = run_suite(load_suite(folder / "x.eval.yaml"), store=store, started="2026-11-21")
    save_run(done.run, folder / "reports/x/first")
    return folder


@pytest.fixture
def judged(finished, tmp_path):
    """The folder of the run, in a copy of one's own: its path as users type it."""
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    return "reports/x/first"


def ran(run, *more):
    done = run("run", "x.eval.yaml", "--output-format", "json", *more)
    told = json.loads(done.out)
    jsonschema.validate(told, schema("run-output"))
    return told


def filled(folder, name, say):
    """The sheet with the verdicts of `say(its number as A, as B)`."""
    text = (folder / name).read_bytes().decode("utf-8-sig")
    header, *body = list(csv.reader(io.StringIO(text, newline="")))
    out = io.StringIO(newline="")
    sheet = csv.writer(out)
    sheet.writerow(header)
    a, b, verdict = (header.index(n) for n in ("reply A", "reply B", "verdict"))
    for line in body:
        line[verdict] = say(int(line[a][-1]), int(line[b][-1]))
        sheet.writerow(line)
    (folder / f"filled-{name}").write_text(out.getvalue(), encoding="utf-8", newline="")
    return f"filled-{name}"


def higher(a, b):
    return "A" if a > b else "B" if b > a else "tie"


def test_without_labels_the_gate_on_people_fails(finished):
    run = load_run(finished / "reports/x/first")
    gate = run.gates[1]
    assert gate.verdict == "fail"
    assert isnan(gate.interval.value)
    assert "no labels" in gate.needs["en"]
    assert run.judge.may_gate


def test_a_judge_that_people_agree_with_may_gate(run, judged, file, tmp_path):
    done = run("label", judged, "-n", "30", "-o", "l.csv")
    assert done.code == 0, done.err
    assert done.out.startswith("l.csv: 30 lines; 30 of 40 rows, ")
    assert f"evalkit label {judged} --read l.csv" in done.out
    sheet = filled(tmp_path, "l.csv", higher)
    done = run("label", judged, "--read", sheet)
    assert done.code == 0, done.err
    assert "30 of 30 lines rated" in done.out
    assert "judge and people agree: 100.0 %" in done.out
    assert "the judge may gate by this" in done.out
    file(SUITE.replace("HUMANS", f", humans: {sheet}"), "x.eval.yaml")
    told = ran(run)
    assert told["gates"][1]["verdict"] == "pass"
    assert told["judge"]["kappa"]["value"] == 1.0
    assert told["judge"]["kappa"]["low"] < 1  # 30 rows do not prove that they always agree
    assert told["models"]["tuned"]["cached"] == 40  # nothing was asked twice
    line = as_text(load_run(tmp_path / told["run_dir"]), "en")
    assert "agrees with people: 100.0 %" in line
    page = (tmp_path / told["report"]).read_text(encoding="utf-8")
    assert "The judge and people" in page
    assert "裁判与人工" in page


def test_a_judge_that_people_do_not_agree_with_decides_no_gate(run, judged, file, tmp_path):
    assert run("label", judged, "-o", "l.csv").code == 0
    sheet = filled(tmp_path, "l.csv", lambda a, b: higher(b, a))
    file(SUITE.replace("HUMANS", f", humans: {sheet}"), "x.eval.yaml")
    told = ran(run)
    better, agrees = told["gates"]
    assert (better["verdict"], agrees["verdict"]) == ("undecided", "fail")
    assert "not judged" in better["needs"]
    assert "agreement with people is not shown" in told["judge"]["why"]
    shown = as_text(load_run(tmp_path / told["run_dir"]), "zh")
    assert "不能用于门槛：与人工标注的一致性不足" in shown


def test_labels_of_other_answers_hold_the_judge_to_nothing(run, judged, file, tmp_path):
    assert run("label", judged, "-o", "l.csv").code == 0
    sheet = filled(tmp_path, "l.csv", higher)
    file(MODELS.replace("a longer one", "quite another one"), "models.py")
    file(SUITE.replace("HUMANS", f", humans: {sheet}"), "x.eval.yaml")
    told = ran(run)
    better, agrees = told["gates"]
    assert (better["verdict"], agrees["verdict"]) == ("undecided", "fail")
    assert "no labels: 40 of them are of other answers than these" in agrees["needs"]
    shown = as_text(load_run(tmp_path / told["run_dir"]), "en")
    assert "People rated other answers to 40 of the rows: test.jsonl:" in shown
    done = run("label", told["run_dir"], "--read", sheet)
    assert done.code == 2
    assert "40 rows have other answers now than were rated" in done.out
    assert "the run's answers are others than were rated" in done.err
    assert "humans:" not in done.out
    assert run("label", judged, "--read", sheet).code == 0


def test_people_who_say_the_opposite_disagree(run, judged, tmp_path):
    assert run("label", judged, "-o", "l.csv").code == 0
    sheet = filled(tmp_path, "l.csv", lambda a, b: higher(b, a))
    done = run("label", judged, "--read", sheet)
    assert "people disagree with the judge" in done.out
    assert "too little to gate by" not in done.out
    assert "人工不同意裁判的结论" in run("label", judged, "--read", sheet, "--lang", "zh").out


def test_a_sheet_without_a_verdict_that_counts_advises_nothing(run, judged, file, tmp_path):
    assert run("label", judged, "-o", "l.csv").code == 0
    empty = run("label", judged, "--read", filled(tmp_path, "l.csv", lambda *_: ""))
    assert (empty.code, "humans:" in empty.out) == (2, False)
    assert "no line has a verdict" in empty.err
    file("id,verdict\nzzz,tuned\n", "foreign.csv")
    foreign = run("label", judged, "--read", "foreign.csv")
    assert (foreign.code, "humans:" in foreign.out) == (2, False)
    assert "the rated rows are not of this run" in foreign.err


def test_right_or_wrong_is_not_held_against_preferences(run, judged, tmp_path):
    assert run("label", judged, "--as", "right", "-o", "r.csv").code == 0
    text = (tmp_path / "r.csv").read_bytes().decode("utf-8-sig")
    header, *body = list(csv.reader(io.StringIO(text, newline="")))
    verdict = header.index("verdict")
    with (tmp_path / "r.csv").open("w", encoding="utf-8", newline="") as stream:
        rated = [[*line[:verdict], "right", *line[verdict + 1 :]] for line in body]
        csv.writer(stream).writerows([header, *rated])
    done = run("label", judged, "--read", "r.csv")
    assert done.code == 0, done.err
    assert "tuned: people call 100.0 %" in done.out
    assert "win_rate does not say whether an answer is right" in done.out
    assert "kappa" not in done.out


def test_a_sheet_with_typos_stops_before_anything_is_asked(run, judged, file, tmp_path):
    assert run("label", judged, "-o", "l.csv", "-n", "3").code == 0
    sheet = filled(tmp_path, "l.csv", lambda *_: "AA")
    file(SUITE.replace("HUMANS", f", humans: {sheet}"), "x.eval.yaml")
    done = run("run", "x.eval.yaml", "--store", "other.sqlite")
    assert done.code == 2
    assert 'F2 "AA", F3 "AA", F4 "AA"' in done.err
    assert "base: " not in done.err


def test_a_workbook_for_two_raters(run, judged, tmp_path):
    done = run("label", judged, "--raters", "2", "-n", "5", "--ask", "Which is higher?")
    assert done.code == 0, done.err
    from python_calamine import CalamineWorkbook

    rows = CalamineWorkbook.from_path(str(tmp_path / "labels.xlsx")).get_sheet_by_index(0)
    header = rows.to_python()[0]
    assert header[5:7] == ["verdict_1", "verdict_2"]
    done = run("label", judged, "--read", "labels.xlsx", "--output-format", "json")
    assert done.code == 2  # nothing to hold against anything
    told = json.loads(done.out)
    assert (told["kind"], told["rows"], told["rated"]) == ("pair", 5, 0)
    assert told["pair"]["kappa"]["value"] is None


def test_a_sheet_that_is_there_is_not_written_over(run, judged, file):
    file("precious", "labels.xlsx")
    done = run("label", judged)
    assert done.code == 2
    assert "labels.xlsx is there already and may hold verdicts" in done.err
    assert run("label", judged, "--force").code == 0


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("-o", "x.pdf"), "x.pdf is neither .xlsx nor .csv"),
        (("--pair", "tunde vs base"), "did you mean `tuned`"),
        (("--pair", "tuned", "--as", "pair"), "the run has one model"),
        (("--read", "none.csv"), "no such file: none.csv"),
        (("--rows", "0"), "x>=1"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(run, judged, more, said):
    done = run("label", judged, *more)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err


def test_answers_of_a_run_without_a_judge_are_right_or_wrong(run, file, tmp_path):
    lines = [
        json.dumps(
            {
                "messages": [
                    {"role": "user", "content": f"{word} {k}"},
                    {"role": "assistant", "content": label},
                ]
            }
        )
        for k in range(12)
        for word, label in (("money", "bill"), ("parcel", "ship"))
    ]
    file("\n".join(lines), "test.jsonl")
    file(
        "def base(messages):\n    return 'bill'\n\n"
        "def tuned(messages):\n"
        "    return 'bill' if messages[-1]['content'].startswith('money') else 'ship'\n",
        "models.py",
    )
    models = "{base: 'python:models.py:base', tuned: 'python:models.py:tuned'}"
    file(f"data: test.jsonl\nmodels: {models}\n", "x.eval.yaml")
    told = ran(run)
    done = run("label", told["run_dir"], "-o", "l.csv", "-n", "10")
    assert done.code == 0, done.err
    text = (tmp_path / "l.csv").read_bytes().decode("utf-8-sig")
    header, *body = list(csv.reader(io.StringIO(text, newline="")))
    assert header[:5] == ["id", "question", "expected", "reply", "verdict"]
    out = io.StringIO(newline="")
    csv.writer(out).writerows(
        [header, *([*r[:4], "right" if r[2] == r[3] else "wrong", *r[5:]] for r in body)]
    )
    (tmp_path / "l.csv").write_text(out.getvalue(), encoding="utf-8", newline="")
    done = run("label", told["run_dir"], "--read", "l.csv")
    assert done.code == 0, done.err
    assert "tuned: people call 100.0 %" in done.out
    assert "accuracy and people agree: 100.0 %" in done.out
    assert "tuned minus base by people: +" in done.out
