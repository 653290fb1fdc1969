# SPDX-License-Identifier: Apache-2.0
"""`evalkit report`: stored runs, folders of runs and answers become documents."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import sys
from dataclasses import replace

import pytest

from evalkit.evaluation.stored import load_run, save_run
from evalkit.report.build import build_report
from evalkit.report.markdown import run_markdown


@pytest.fixture(scope="module")
def samples(root):
    path = root / "tests/report/sample_run.py"
    spec = importlib.util.spec_from_file_location("sample_run", path)
    module = sys.modules["sample_run"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def stored(samples, tmp_path):
    run = samples.classification()
    save_run(run, tmp_path / "reports" / "a")
    save_run(replace(run, started="2026-11-21T00:00:00Z"), tmp_path / "reports" / "b")
    save_run(samples.qa(), tmp_path / "reports" / "c")
    return run


OLD = "id,question,answer,expected\n" + "".join(f"{i},q{i},a,{'ab'[i % 2]}\n" for i in range(20))
NEW = "id,question,answer,expected\n" + "".join(
    f"{i},q{i},{'ab'[i % 2]},{'ab'[i % 2]}\n" for i in range(20)
)


def test_a_stored_run_gives_the_same_page_as_the_run_itself(run, stored, tmp_path):
    done = run("report", "reports/a", "-o", "x.html", "--lang", "zh")
    assert done.code == 0, done.err
    assert done.out.strip() == "x.html"
    assert (tmp_path / "x.html").read_text(encoding="utf-8") == build_report(stored, language="zh")


def test_several_runs_get_a_page_each(run, stored, tmp_path):
    assert run("report", "reports/a/run.json", "reports/b").code == 0
    assert (tmp_path / "reports/a/index.html").is_file()
    assert (tmp_path / "reports/b/index.html").is_file()


def test_of_a_folder_of_runs_the_newest_of_each_suite(run, stored, tmp_path):
    done = run("report", "reports")
    assert done.code == 0, done.err
    assert sorted(done.out.split()) == ["reports/b/index.html", "reports/c/index.html"]
    assert "3 runs, 2 suites: the newest of each" in done.err


def test_the_page_of_the_general_set_is_made_too(run, stored, samples, tmp_path):
    save_run(samples.qa(), tmp_path / "reports/a/forgetting")
    assert run("report", "reports/a").code == 0
    assert (tmp_path / "reports/a/forgetting/index.html").is_file()


def test_markdown_json_and_csv_go_to_the_terminal(run, stored):
    assert run("report", "reports/a", "--output-format", "markdown").out == run_markdown(stored)
    document = json.loads(run("report", "reports/a", "--output-format", "json").out)
    assert (document["suite"], document["decision"]) == ("support-intent", "ship")
    rows = list(csv.reader(io.StringIO(run("report", "reports/a", "--output-format", "csv").out)))
    assert len(rows) == len(stored.rows) + 1


def test_the_name_of_the_file_says_the_format(run, stored, tmp_path):
    for name in ("x.md", "x.json", "x.csv", "x.HTML"):
        done = run("report", "reports/a", "-o", name)
        assert (done.code, done.out.strip()) == (0, name), done.err
    assert (tmp_path / "x.md").read_text("utf-8").startswith("### ✅ SHIP")
    assert (tmp_path / "x.csv").read_bytes().startswith(b"\xef\xbb\xbfrow,id,")
    assert json.loads((tmp_path / "x.json").read_text("utf-8"))["schema"] == 1


def test_several_runs_are_one_list_of_documents(run, stored):
    found = json.loads(run("report", "reports", "--output-format", "json").out)
    assert [one["suite"] for one in found] == ["support-intent", "support-replies"]
    text = run("report", "reports", "--output-format", "markdown", "--examples", "0").out
    assert text.count("### ") == 2
    assert "read these first" not in text


def test_two_files_of_answers_are_compared(run, file, tmp_path):
    file(OLD, "old.csv")
    file(NEW, "new.csv")
    done = run("report", "new.csv", "vs", "old.csv", "-o", "x.html")
    assert done.code == 0, done.err
    assert "new" in (tmp_path / "x.html").read_text("utf-8")
    for form in ("markdown", "json", "csv"):
        told = run("report", "old.csv", "b=new.csv", "--output-format", form)
        assert told.code == 0, told.err
        assert told.out
    found = json.loads(run("report", "old.csv", "b=new.csv", "--output-format", "json").out)
    assert (found["base"], found["candidate"]) == ("old", "b")
    assert found["flips"][0]["broken"] == []


def test_answers_may_have_what_was_expected_apart(run, file):
    file("id,answer\n1,a\n2,a\n", "old.csv")
    file("id,answer\n1,a\n2,b\n", "new.csv")
    file("id,expected\n1,a\n2,b\n", "want.csv")
    done = run("report", "old.csv", "new.csv", "--expected", "want.csv", "--output-format", "csv")
    assert done.code == 0, done.err
    assert "fixed" in done.out or "improved" in done.out or "higher" in done.out


def test_a_run_beside_a_file_is_a_set_of_answers(run, stored, file):
    lines = ["id,answer", *(f"{row.id},{row.expected}" for row in stored.rows)]
    file("\n".join(lines) + "\n", "perfect.csv")
    done = run("report", "reports/a", "perfect.csv", "--output-format", "json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["candidate"] == "perfect"


def test_the_list_of_runs(run, stored, tmp_path):
    assert run("report", "reports/a").code == 0
    done = run("report", "--index", "reports")
    assert (done.code, done.out.strip()) == (0, "reports/index.html"), done.err
    first = (tmp_path / "reports/index.html").read_bytes()
    assert b'href="./a/index.html"' in first
    assert run("report", "--index", "reports").code == 0
    assert (tmp_path / "reports/index.html").read_bytes() == first
    assert run("report", "--index", "reports", "-o", "runs.html", "--lang", "zh").code == 0
    assert b'href="./reports/a/index.html"' in (tmp_path / "runs.html").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("reports/a", "reports/b", "-o", "x.html"), "leave -o out"),
        (("nowhere",), "nowhere holds no finished run"),
        ((), "nothing to report on"),
        (("reports/a", "-o", "x.pdf"), "what is to be written there?"),
        (("reports", "--output-format", "csv"), "csv holds the rows of one run"),
        (("reports/a", "--expected", "x"), "go with files of answers"),
        (("a.csv", "b.csv"), "needs a name"),
        (("a.csv", "--output-format", "json"), "only one set of answers"),
        (("--index", "reports", "reports/a"), "give nothing else"),
        (("--index", "reports/a"), "is a run itself"),
        (("--index", "nowhere"), "is no folder"),
        (("empty",), "holds no finished run"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(run, stored, file, tmp_path, arguments, said):
    file(OLD, "a.csv")
    file(NEW, "b.csv")
    (tmp_path / "empty").mkdir()
    done = run("report", *arguments)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err


def test_a_damaged_run_is_told_and_the_others_are_reported(run, stored, file, tmp_path):
    file("{", "reports/bad/run.json")
    done = run("report", "reports")
    assert done.code == 0
    assert "left out: reports/bad: run.json is damaged" in done.err
    assert run("report", "reports/bad").code == 2


def test_nothing_is_changed_in_a_run(run, stored, tmp_path):
    before = (tmp_path / "reports/a/run.json").read_bytes()
    assert run("report", "reports/a").code == 0
    assert (tmp_path / "reports/a/run.json").read_bytes() == before
    assert load_run(tmp_path / "reports/a") is not None
