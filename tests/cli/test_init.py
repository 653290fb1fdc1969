# SPDX-License-Identifier: Apache-2.0
"""`evalkit init`: looks, asks nothing, writes what runs, and never writes over anything."""

from __future__ import annotations

import json
import re
import shlex
import sys
import tomllib

import pytest
import yaml

from evalkit.core.config import read_config
from evalkit.evaluation.questions import questions
from evalkit.evaluation.suite import load_suite

TEXTS = {
    "refund": "give my money back",
    "delivery": "where is my parcel",
    "login": "I cannot sign in",
}
ROW = (
    '{"messages": [{"role": "user", "content": "%s %s"}, '
    '{"role": "assistant", "content": "%s"}], "metadata": {"lang": "%s", "n": "%s"}}\n'
)


def rows(word: str, k: int = 20) -> str:
    return "".join(
        ROW % (text, f"{word}{i}", label, "en" if i % 2 else "de", i)
        for i in range(k)
        for label, text in TEXTS.items()
    )


@pytest.fixture(autouse=True)
def _no_local_model(monkeypatch):
    monkeypatch.setenv("EVALKIT_LOCAL_GGUF", "there-is-none.gguf")  # it would be asked: minutes


@pytest.fixture
def data(file):
    return file(rows("test"), "data/support.test.jsonl"), file(
        rows("train", 30), "data/support.train.jsonl"
    )


def tree(folder) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_what_it_writes_runs_unedited_and_lints(run, data, tmp_path):
    told = run("init")
    assert told.code == 0, told
    assert told.out.split("\n")[-2] == "next: evalkit run suites/support.eval.yaml"
    suite = yaml.safe_load((tmp_path / "suites/support.eval.yaml").read_text("utf-8"))
    assert suite["data"] == "../data/support.test.jsonl"
    assert suite["train"] == "../data/support.train.jsonl"
    assert suite["labels"] == ["delivery", "login", "refund"]
    assert suite["slices"] == ["lang", "length"]  # `n` parts the rows into too many
    assert suite["gates"][0] == "classical not worse than simplest by 15 points"
    line = told.out.split("\n")[-2].removeprefix("next: evalkit ")
    done = run(*shlex.split(line), "--no-report")
    assert done.code == 0, done
    assert "SHIP" in done.out
    assert run("lint").code == 0  # what the configuration includes
    assert read_config(tmp_path / "evalkit.toml")


def test_the_margin_is_one_that_the_rows_prove(run, data):
    run("init")
    ahead = json.loads(
        run("run", "suites/support.eval.yaml", "--dry-run", "--output-format", "json").out
    )
    (gate, *_) = ahead["outlook"]["gates"]
    assert gate["gate"] == "classical not worse than simplest by 15 points"
    assert gate["rows"] >= gate["needed"][1]  # with much spread as well


def test_twice_changes_nothing(run, data, tmp_path):
    run("init")
    before = tree(tmp_path)
    told = run("init")
    assert told.code == 0
    assert tree(tmp_path) == before
    assert "wrote" not in told.out
    assert "next: evalkit run suites/support.eval.yaml" in told.out


@pytest.mark.slow
def test_twice_after_a_run_changes_nothing_either(run, data, tmp_path):
    run("init")
    run(
        "run", "suites/support.eval.yaml", "--record", "suites/support.answers.jsonl", "--no-report"
    )
    before = tree(tmp_path)
    run("init")
    assert tree(tmp_path) == before


def test_nothing_is_written_over(run, data, file, tmp_path):
    mine = {
        "evalkit.toml": "# mine\n",
        ".pre-commit-config.yaml": "repos: []\n",
        ".github/workflows/evalkit.yml": "name: mine\n",
        ".gitlab-ci.yml": "stages: [test]\n",
        "suites/support.eval.yaml": "data: other.jsonl\nmodels: {a: baseline:majority}\n",
    }
    for name, text in mine.items():
        file(text, name)
    told = run("init")
    assert told.code == 0, told
    for name, text in mine.items():
        assert (tmp_path / name).read_text("utf-8") == text
    assert "kept  .pre-commit-config.yaml" in told.out
    assert "include: {local: evalkit.gitlab-ci.yml}" in told.out
    assert (tmp_path / "suites" / "support-2.eval.yaml").exists()  # the name was taken
    before = tree(tmp_path)
    run("init")
    assert tree(tmp_path) == before


def test_a_project_with_settings_gets_no_second_configuration(run, data, file, tmp_path):
    file("[tool.evalkit.lint]\nmax-per-rule = 3\n", "pyproject.toml")
    file('[remote "origin"]\n\turl = git@gitlab.example.org:a/b.git\n', ".git/config")
    run("init")
    assert not (tmp_path / "evalkit.toml").exists()
    assert (tmp_path / ".gitlab-ci.yml").exists()
    assert not (tmp_path / ".github").exists()


def test_entries_are_what_the_services_read(run, data, tmp_path):
    run("init")
    hub = yaml.safe_load((tmp_path / ".github/workflows/evalkit.yml").read_text("utf-8"))
    lines = [step["run"] for step in hub["jobs"]["evalkit"]["steps"] if "run" in step]
    assert lines[1:] == [
        "evalkit lint --output-format github",
        "evalkit run suites/support.eval.yaml --output-format github",
    ]
    lab = yaml.safe_load((tmp_path / ".gitlab-ci.yml").read_text("utf-8"))
    assert lab["evalkit"]["script"][2] == "evalkit run suites/support.eval.yaml -o evalkit.xml"
    hooks = yaml.safe_load((tmp_path / ".pre-commit-config.yaml").read_text("utf-8"))
    hook = hooks["repos"][0]["hooks"][0]
    for line in [*lines[1:], *lab["evalkit"]["script"][1:], hook["entry"]]:
        told = run(*shlex.split(line)[1:])
        assert told.code == 0, (line, told)
    assert re.search(hook["files"], "data/x.jsonl")


def test_free_text_gets_the_nearest_answer(run, file, tmp_path):
    def chat(word):
        return "".join(ROW % (f"how do I {i}", word, f"you do {i} so", "en", i) for i in range(40))

    file(chat("now"), "test.jsonl")
    file(chat("then"), "train.jsonl")
    assert run("init").code == 0
    (path,) = (tmp_path / "suites").iterdir()
    suite = yaml.safe_load(path.read_text("utf-8"))
    assert suite["task"] == "qa"
    assert suite["models"] == {
        "simplest": "baseline:majority", "nearest": "baseline:nearest-answer",
    }  # fmt: skip
    assert run("run", f"suites/{path.name}", "--no-report").code == 0


def test_a_table_in_chinese(run, file, tmp_path):
    table = "问题,答案\n" + "".join(f"{t}{i},{a}\n" for i in range(20) for a, t in (
        ("退款", "请退钱"), ("物流", "包裹到哪了")))  # fmt: skip
    file(table.encode("gb18030"), "测试集.csv")
    file(table.replace("请", "请你").replace("包裹", "快递").encode(), "训练集.csv")
    told = run("init", "--lang", "zh")
    assert told.code == 0, told
    assert "已写" in told.out
    (path,) = (tmp_path / "suites").iterdir()
    text = path.read_text("utf-8")
    assert yaml.safe_load(text)["data"] == "../测试集.csv"
    assert "labels: [" in text
    assert "\\u" not in text
    include = tomllib.loads((tmp_path / "evalkit.toml").read_text("utf-8"))["lint"]["include"]
    assert "测试集.csv" in include


def test_one_file_is_said_to_be_no_test(run, file, tmp_path):
    file(rows("x"), "data.jsonl")
    told = run("init")
    assert "part it: evalkit split data.jsonl" in told.out
    suite = yaml.safe_load((tmp_path / "suites/data.eval.yaml").read_text("utf-8"))
    assert suite["models"] == {"simplest": "baseline:majority"}
    assert "gates" not in suite
    assert "MEASURED" in run("run", "suites/data.eval.yaml", "--no-report").out
    assert run("split", "data.jsonl").code == 0
    run("init")  # and then there are two
    found = [yaml.safe_load(p.read_text("utf-8")) for p in (tmp_path / "suites").iterdir()]
    assert "../data.train.jsonl" in [one["train"] for one in found]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "(nothing there)"),
        ({"x.csv": "a,b\n1,2\n"}, "(1 file looked at)"),
        ({"x.jsonl": '{"sepal": 1}\n'}, "(1 file looked at)"),
        ({"p.jsonl": '{"prompt": "a", "chosen": "b", "rejected": "c"}\n'}, "(1 file looked at)"),
        ({"reports/x/samples.jsonl": rows("x", 2)}, "(nothing there)"),
    ],
)
def test_no_data_is_one_line_and_what_to_do(run, file, tmp_path, files, said):
    for name, text in files.items():
        file(text, name)
    before = tree(tmp_path)
    told = run("init")
    assert told.code == 2
    assert tree(tmp_path) == before
    first, hint = told.err.rstrip().split("\n")
    assert first.startswith("error: no data set in . that a model can be asked")
    assert said in first
    assert "held-out set" in hint
    assert "evalkit demo" in hint


def test_data_that_cannot_be_asked_says_why(run, file):
    file(rows("x", 3) + '{"messages": [{"role": "user", "content": "?"}]}\n', "x.test.jsonl")
    told = run("init")
    assert told.code == 2
    assert "rows cannot be asked: line 10 does not end in an assistant's answer" in told.err
    hint = "  set such rows aside, then call it again: "
    assert told.err.endswith(f"{hint}evalkit lint --fix --drop x.test.jsonl\n")
    run("lint", "--fix", "--drop", "x.test.jsonl")
    assert run("init").code == 0


def test_a_table_that_cannot_be_asked_is_mended_as_lines(run, file):
    table = "问题,答案\n" + "".join(f"订单{i}怎么退,退款\n" for i in range(20)) + "在吗,\n"
    file(table, "客服.csv")
    told = run("init")
    assert told.code == 2
    assert "no suite of 客服.csv: 1 row" in told.err
    assert "evalkit lint --fix --drop '客服.csv' -O '客服.jsonl'" in told.err
    run("lint", "--fix", "--drop", "客服.csv", "-O", "客服.jsonl")
    assert run("init").code == 0


def test_dry_run_writes_nothing(run, data, tmp_path):
    before = tree(tmp_path)
    told = run("init", "--dry-run")
    assert told.code == 0
    assert "would write  suites/support.eval.yaml" in told.out
    assert tree(tmp_path) == before


def test_another_folder(run, data, tmp_path):
    (tmp_path / "a b").mkdir()
    (tmp_path / "data").rename(tmp_path / "a b" / "data")
    told = run("init", "a b")
    assert told.out.rstrip().endswith("next: cd 'a b' && evalkit run suites/support.eval.yaml")
    assert (tmp_path / "a b" / "evalkit.toml").exists()
    assert run("init", "none").code == 2
    assert run("init", "a b", "a b").code == 2


HOSTILE = (
    "-rf $(touch pwn) `touch pwn` 'x' test.jsonl",
    "a: b, {c} [d] # e & *f !g %h @i test.jsonl",
    "${{ secrets.X }} test.jsonl",
    "\u202egnp.test.jsonl",
    "é 中文 test.jsonl",
    "null.test.jsonl",
)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
@pytest.mark.parametrize("name", [*HOSTILE, 'x"\n- y: test.jsonl', "\x1b[31m.test.jsonl"])
def test_hostile_names_stay_names(run, file, tmp_path, name):
    file(rows("a"), name)
    file(rows("b"), name.replace("test", "train"))
    told = run("init")
    assert told.code == 0, told
    (path,) = (tmp_path / "suites").iterdir()
    assert re.fullmatch(r"[\w.-]+\.eval\.yaml", path.name)
    suite = yaml.safe_load(path.read_text("utf-8"))
    assert suite["data"] == f"../{name}"
    for place in (".gitlab-ci.yml", ".github/workflows/evalkit.yml", ".pre-commit-config.yaml"):
        text = (tmp_path / place).read_text("utf-8")
        yaml.safe_load(text)
        assert not re.search(r"[`]|\$\(|\$\{|: y", text)
    tomllib.loads((tmp_path / "evalkit.toml").read_text("utf-8"))
    assert not set(told.out) & {"\x1b", "\u202e"}
    loaded = load_suite(path)
    assert len(questions(loaded.folder / loaded.data, table=loaded.table, slices=(), limit=9)) == 9
    assert not (tmp_path / "pwn").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_nothing_is_written_outside(run, data, tmp_path, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (tmp_path / "suites").symlink_to(outside)
    told = run("init")
    assert told.code == 2
    assert "outside" in told.err
    assert list(outside.iterdir()) == []


def test_the_guide_says_what_happens(run, root, file):
    file(rows("test"), "support.test.jsonl")
    file(rows("train", 30), "support.train.jsonl")
    text = (root / "docs" / "init.md").read_text("utf-8")
    block = re.search(r"```console\n\$ evalkit init\n(.*?)```", text, re.DOTALL)
    assert run("init").out == block[1]
