# SPDX-License-Identifier: Apache-2.0
"""Which files are meant by paths, folders and globs."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.data.discover import Patterns, discover, matches, why_not_training

ROW = (
    '{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}]}\n'
)


@pytest.fixture
def tree(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = [
        "b.jsonl", "a.ndjson", "z.jsonl.gz", "table.csv", "package.json", "sub/c.jsonl", "sub/d/e.jsonl",
        ".git/x.jsonl", "node_modules/m/y.jsonl", ".venv/z.jsonl", "sub/__pycache__/p.jsonl",
        "we[i]rd.jsonl", "数据/训练.jsonl", "sub-2/f.jsonl",
    ]  # fmt: skip
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(ROW)
    return tmp_path


def paths(*arguments, **how):
    found = discover(arguments, Patterns(**how))
    return [Path(file.path).as_posix() for file in found.files]


FOUND = [
    "a.ndjson", "b.jsonl", "sub/c.jsonl", "sub/d/e.jsonl", "sub-2/f.jsonl", "we[i]rd.jsonl", "z.jsonl.gz",
    "数据/训练.jsonl",
]  # fmt: skip


def test_a_folder_gives_its_lines_of_json_in_order(tree):
    assert paths(".") == FOUND
    assert paths(str(tree)) == [f"{tree.as_posix()}/{name}" for name in FOUND]
    assert paths("sub") == ["sub/c.jsonl", "sub/d/e.jsonl"]
    assert paths("sub", "b.jsonl", "sub/c.jsonl") == ["sub/c.jsonl", "sub/d/e.jsonl", "b.jsonl"]


@pytest.mark.parametrize(
    ("glob", "expected"),
    [
        ("*.jsonl", ["b.jsonl", "we[i]rd.jsonl"]),
        ("./*.jsonl", ["b.jsonl", "we[i]rd.jsonl"]),
        ("*.csv", ["table.csv"]),
        ("*", ["a.ndjson", "b.jsonl", "we[i]rd.jsonl", "z.jsonl.gz"]),
        ("**", FOUND),
        ("**/*.jsonl", [name for name in FOUND if name.endswith(".jsonl")]),
        ("sub*/*.jsonl", ["sub/c.jsonl", "sub-2/f.jsonl"]),
        ("sub/**/e.jsonl", ["sub/d/e.jsonl"]),
        ("sub/**/c.jsonl", ["sub/c.jsonl"]),
        ("[a-b].*", ["a.ndjson", "b.jsonl"]),
        ("[!a].jsonl", ["b.jsonl"]),
        ("?.jsonl", ["b.jsonl"]),
        ("数据/*", ["数据/训练.jsonl"]),
        ("we[i]rd.jsonl", ["we[i]rd.jsonl"]),  # the file of that very name
    ],
)
def test_globs_that_no_shell_has_expanded(tree, glob, expected):
    assert paths(glob) == expected


def test_what_is_named_need_not_exist_and_is_not_filtered(tree):
    found = discover(["gone.jsonl", "table.csv", "node_modules/m/y.jsonl", "-"])
    assert [(f.path, f.named) for f in found.files] == [
        ("gone.jsonl", True), ("table.csv", True), ("node_modules/m/y.jsonl", True), ("-", True),
    ]  # fmt: skip


def test_nothing_found_is_said(tree):
    (tree / "empty").mkdir()
    assert discover(["*.xlsx"]).absent == ("no file matches `*.xlsx`",)
    (line,) = discover(["empty"]).absent
    assert "no data set in empty" in line
    assert "*.jsonl" in line


def test_exclude_leaves_out_files_folders_and_paths(tree):
    assert paths(".", exclude=("sub", ".*", "node_modules")) == [
        name for name in FOUND if not name.startswith("sub/")
    ]
    assert "sub/d/e.jsonl" not in paths("sub", exclude=("sub/d",))
    assert paths("sub", exclude=("sub/**/e.jsonl",)) == ["sub/__pycache__/p.jsonl", "sub/c.jsonl"]
    assert paths("sub/c.jsonl", exclude=("sub",)) == ["sub/c.jsonl"]  # it was named


def test_hooks_name_files_that_the_configuration_leaves_out(tree):
    found = discover(
        ["sub/c.jsonl", "b.jsonl", "node_modules/m/y.jsonl"],
        Patterns(exclude=("sub", "node_modules"), force=True),
    )
    assert [(f.path, f.named) for f in found.files] == [("b.jsonl", False)]
    assert found.excluded == ("sub/c.jsonl", "node_modules/m/y.jsonl")


def test_folders_above_the_configuration_do_not_count(tree, monkeypatch):
    """A checkout in a folder called `venv` is no reason to leave all of it out."""
    home = tree / "venv" / "project"
    home.mkdir(parents=True)
    (home / "t.jsonl").write_text(ROW)
    for folder, name in ((Path(), "t.jsonl"), (home, str(home / "t.jsonl"))):
        monkeypatch.chdir(home)
        found = discover([name], Patterns(folder=folder, force=True))
        assert [file.path for file in found.files] == [name]


def test_patterns_are_relative_to_the_folder_of_the_configuration(tree, monkeypatch):
    monkeypatch.chdir(tree / "sub")
    how = {"include": ("sub/*.jsonl", "*.csv"), "folder": tree, "search": True}
    assert paths(**how) == ["../sub/c.jsonl", "../table.csv"]
    assert paths("..", include=("/nowhere/*.jsonl",), folder=tree) == []


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_to_files_are_followed_and_links_that_lead_in_circles_are_not(tree):
    (tree / "sub" / "up").symlink_to(tree)
    (tree / "sub" / "link.jsonl").symlink_to(tree / "b.jsonl")
    (tree / "sub" / "broken.jsonl").symlink_to(tree / "nothing")
    os.mkfifo(tree / "sub" / "pipe.jsonl")
    assert paths("sub") == ["sub/c.jsonl", "sub/d/e.jsonl", "sub/link.jsonl"]


names = st.text(st.sampled_from("ab[]!*?-.\\^$(é"), min_size=1, max_size=6)


@given(names, names)
def test_any_text_is_a_pattern(pattern, name):
    matches(pattern, name)
    assert matches("*", name)
    assert matches("**", f"a/{name}/b")


def write(folder, name, *rows):
    (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(folder / name)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"ts": 1, "level": "info", "msg": "x"}, "`ts`, `level`, `msg`"),
        ({"reason": "r", "line": 1, "row": {"messages": []}}, "--drop"),
        ({"messages": [{"role": "user", "content": "a"}], "reply": {"text": "b"}}, "recorded"),
        (
            {"id": "1", "line": 1, "messages": [["user", "a"]], "answers": {"base": {}}},
            "evaluation",
        ),
    ],
)
def test_json_that_is_no_training_data(tmp_path, row, said):
    assert said in why_not_training(write(tmp_path, "x.jsonl", row, row))
    assert why_not_training(write(tmp_path, "x.jsonl", row), "zh").isascii() is False


def test_what_might_be_training_data_is_for_lint(tmp_path):
    assert why_not_training(write(tmp_path, "a.jsonl", json.loads(ROW))) == ""
    assert why_not_training(write(tmp_path, "b.jsonl", {"log": 1}, json.loads(ROW))) == ""
    (tmp_path / "broken.jsonl").write_text('{"messages": [}\n' * 3)
    assert why_not_training(str(tmp_path / "broken.jsonl")) == ""
    (tmp_path / "empty.jsonl").write_text("")
    assert why_not_training(str(tmp_path / "empty.jsonl")) == ""
    assert why_not_training(write(tmp_path, "t.rejected.jsonl", json.loads(ROW)))


def test_what_evalkit_writes_is_known(root):
    for path in (root / "reports" / "sample").rglob("samples.jsonl"):
        assert "evaluation" in why_not_training(str(path))
