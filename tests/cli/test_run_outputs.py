# SPDX-License-Identifier: Apache-2.0
"""`run` and `compare` print and write what CI services read; the exit code says the same."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest

ROWS = "".join(
    f'{{"messages": [{{"role": "user", "content": "{text} {k}"}}, '
    f'{{"role": "assistant", "content": "{label}"}}]}}\n'
    for k in range(12)
    for text, label in (("give my money back", "refund"), ("where is my parcel", "delivery"))
)
SUITE = """\
data: test.jsonl
train: train.jsonl
models: {base: baseline:majority, tuned: baseline:tfidf-logreg}
gates:
  - tuned better than base
  - tuned accuracy %s
"""


def tree_of(path):
    return ET.parse(path).getroot()  # noqa: S314  (we wrote it)


@pytest.fixture
def suite(file):
    file(ROWS, "test.jsonl")
    file(ROWS.replace('"user", "content": "', '"user", "content": "Hello, '), "train.jsonl")

    def made(bound: str = ">= 90%", name: str = "suites/x.eval.yaml") -> str:
        text = SUITE % bound
        if "/" in name:
            text = text.replace("data: ", "data: ../").replace("train: ", "train: ../")
        return file(text, name)

    return made


def test_one_run_leaves_all_forms(run, suite, tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    (tmp_path / "summary.md").write_text("before\n", encoding="utf-8")
    outputs = ["-o", "a.xml", "-o", "b.md", "-o", "gitlab=c.json", "-o", "d.json", "-o", "e.txt"]
    told = run("run", suite(">= 101%"), "--no-report", "--output-format", "github", *outputs)
    assert told.code == 1
    assert (
        "::error file=suites/x.eval.yaml,line=6,title=x%3A tuned accuracy >= 101%25::" in told.out
    )
    summary = (tmp_path / "summary.md").read_text("utf-8")
    assert summary.startswith("before\n### ❌ DON'T SHIP")
    assert summary.removeprefix("before\n") == (tmp_path / "b.md").read_text("utf-8")
    tree = tree_of(tmp_path / "a.xml")
    assert [case.get("name") for case in tree.iter("testcase")] == [
        "tuned better than base", "tuned accuracy >= 101%",
    ]  # fmt: skip
    assert (tree.get("tests"), tree.get("failures")) == ("2", "1")
    (found,) = json.loads((tmp_path / "c.json").read_text("utf-8"))
    assert found["location"] == {"path": "suites/x.eval.yaml", "lines": {"begin": 6}}
    assert json.loads((tmp_path / "d.json").read_text("utf-8"))["gates"][1]["verdict"] == "fail"
    assert (tmp_path / "e.txt").read_text("utf-8").startswith("DON'T SHIP")


def test_two_suites_are_one_report(run, suite, tmp_path):
    told = run("run", suite(), suite(name="y.eval.yaml"), "--no-report", "-o", "all.xml")
    assert told.code == 0, told
    assert "SHIP" in told.out  # the text is printed all the same
    suites = tree_of(tmp_path / "all.xml").findall("testsuite")
    assert [one.get("name") for one in suites] == ["x", "y"]


def test_a_suite_that_cannot_be_run_is_an_annotation(run, suite, file, tmp_path):
    told = run("run", suite(), file("data: none.jsonl\nmodels: {a: baseline:majority}\n", "z.eval.yaml"),
               "--no-report", "--output-format", "github", "-o", "a.xml")  # fmt: skip
    assert told.code == 2
    assert "::error file=z.eval.yaml,title=evalkit::" in told.out
    assert "none.jsonl" in told.out
    assert "::notice file=suites/x.eval.yaml" in told.out  # what was done before it is told
    tree = tree_of(tmp_path / "a.xml")
    assert [one.get("name") for one in tree] == ["x", "z"]
    assert (tree.get("tests"), tree.get("errors"), tree[1].get("errors")) == ("3", "1", "1")
    (case,) = tree[1].findall("testcase")
    assert (case.get("classname"), case.get("name")) == ("z.eval.yaml", "run")
    assert "none.jsonl" in case.find("error").get("message")
    assert not case.find("error").text  # no traceback
    told = run("run", "absent.eval.yaml", "--output-format", "github")
    assert told.code == 2
    assert told.out.startswith("::error file=absent.eval.yaml,title=evalkit::cannot read the suite")


def test_places_are_those_of_the_repository(run, suite, tmp_path, monkeypatch):
    path = suite()
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    monkeypatch.chdir(tmp_path / "suites")
    told = run("run", (tmp_path / path), "--no-report", "--output-format", "github")
    assert "::notice file=suites/x.eval.yaml" in told.out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--output-format", "junti"], "did you mean `junit`"),
        (["-o", "junti=x.xml"], "did you mean `junit`"),
        (["-o", "x.pdf"], "what is to be written there?"),
        (["-o", "suites"], "is a folder"),
        (["--output-format", "gitlab", "-o", "a.json", "-o", "b.json"], "which is of that form?"),
        (["-o", "x.html"], "what is to be written there?"),
    ],
)
def test_nothing_is_asked_where_nobody_knows_what_to_write(run, suite, options, said, tmp_path):
    told = run("run", suite(), *options)
    assert told.code == 2
    assert said in told.err
    assert not (tmp_path / "reports").exists()


def test_a_form_for_files_goes_into_the_file_alone(run, suite, tmp_path):
    told = run("run", suite(), "--no-report", "--output-format", "gitlab", "-o", "gl.json")
    assert told.code == 0, told
    assert (tmp_path / "gl.json").read_text("utf-8") == "[]\n"
    assert "SHIP" in told.out


def test_compare_leaves_the_same_forms(run, file, tmp_path):
    file("id,answer,expected\n" + "".join(f"{k},a,a\n" for k in range(9)), "new.csv")
    file("id,answer,expected\n" + "".join(f"{k},b,a\n" for k in range(9)), "old.csv")
    words = ["compare", "new.csv", "vs", "old.csv", "--gate", "new accuracy >= 101%"]
    told = run(*words, "--output-format", "github", "-o", "a.xml", "-o", "page.html")
    assert told.code == 1
    assert "::error title=" in told.out
    tree = tree_of(tmp_path / "a.xml")
    assert tree.get("name") == "evalkit compare"
    assert (tmp_path / "page.html").read_text("utf-8").startswith("<!doctype html>")
    told = run(*words, "-o", "a.xml", "-o", "gitlab=c.json")
    assert "9" in told.out  # what nobody reads elsewhere is printed
    assert told.out.rstrip().endswith("c.json")
    assert json.loads((tmp_path / "c.json").read_text("utf-8"))[0]["location"]["path"] == "."
    told = run("compare", "new.csv", "vs", "none.csv", "--output-format", "github")
    assert told.code == 2
    assert told.out.startswith("::error title=evalkit::")
