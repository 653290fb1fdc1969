# SPDX-License-Identifier: Apache-2.0
"""`lint`, `stats` and `estimate` write their pages."""

from __future__ import annotations

import json

import pytest

ROW = {
    "messages": [
        {"role": "user", "content": "Hi, I am {}"},
        {"role": "assistant", "content": "Yes {}?"},
    ]
}
GOOD = "".join(json.dumps(ROW).replace("{}", f"row {i}") + "\n" for i in range(12))
BAD = GOOD + json.dumps({"messages": [{"role": "user", "content": "Hi"}]}) + "\n"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("lint", "x.jsonl"), 1),
        (("lint", "x.jsonl", "--target", "all"), 1),
        (("stats", "x.jsonl"), 0),
        (("estimate", "x.jsonl", "--model", "gpt-4.1-mini"), 0),
        (("estimate", "x.jsonl", "--target", "all"), 0),
    ],
)
def test_the_name_or_the_format_makes_a_page(run, file, tmp_path, arguments, code):
    file(BAD)
    done = run(*arguments, "-o", "x.html")
    assert done.code == code, done.err
    page = (tmp_path / "x.html").read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert page.rstrip().endswith("</html>")
    printed = run(*arguments, "--output-format", "html")
    assert (printed.code, printed.out.rstrip()) == (code, page.rstrip())
    again = run(*arguments, "-o", "y.html", "--lang", "zh")
    assert again.code == code
    assert '<html lang="zh-CN"' in (tmp_path / "y.html").read_text("utf-8")


def test_the_page_of_a_lint_lists_as_many_as_asked_for(run, file, tmp_path):
    file(BAD * 9)
    for most, listed in ((3, 3), (0, 9)):
        run(
            "lint", "x.jsonl", "-o", "x.html", "--max-per-rule", most, "--ignore", "exact-duplicate"
        )
        page = (tmp_path / "x.html").read_text("utf-8")
        assert page.count('data-rule="missing-assistant-message"') == listed
        assert ("more in" in page) == (most == 3)


def test_what_was_found_is_said_beside_the_page(run, file):
    file(BAD)
    assert "Found 1 error" in run("lint", "x.jsonl", "-o", "x.html").err


def test_a_file_that_cannot_be_read_is_on_the_page_and_fails(run, file, tmp_path):
    file(GOOD)
    done = run("lint", "x.jsonl", "absent.jsonl", "-o", "x.html")
    assert done.code == 2
    assert "Could not be read" in (tmp_path / "x.html").read_text("utf-8")


def test_a_page_is_not_for_the_terminal(run, file, monkeypatch):
    file(GOOD)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    for command in ("lint", "stats", "estimate"):
        more = ("--model", "gpt-4.1-mini") if command == "estimate" else ()
        done = run(command, "x.jsonl", "--output-format", "html", *more)
        assert done.code == 2
        assert f"name it: -o {command}.html" in done.err
