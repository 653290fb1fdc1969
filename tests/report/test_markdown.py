# SPDX-License-Identifier: Apache-2.0
"""A run as the comment of a pull request: the verdict first, and nothing in it is markup of data."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from evalkit.report.markdown import run_markdown

OURS = re.compile(r"</?(?:details|summary|sub)>|&(?:lt|amp);|&#8203;")


def test_the_verdict_comes_first_and_the_number_second(samples):
    first, _, second, *_ = run_markdown(samples.classification()).split("\n")
    assert first == "### ✅ SHIP: tuned is better than base"
    assert second.startswith("**accuracy +23.7 points (between +14.7 and +32.6)**")
    assert "78.8% against 55.1% on 156 rows" in second
    assert "48 fixed, 11 broken" in second


@pytest.mark.parametrize(
    ("run", "said"),
    [
        ("worse", "### ❌ DON'T SHIP: base is worse than tuned"),
        ("undecided", "About 70 more rows would settle it."),
        ("single", "### 📏 MEASURED: accuracy of tuned is 78.8%"),
        ("failing", "8 errors"),
        ("failing", "3 rows seen in training"),
        ("failing", "PARTIAL: only the first 156 rows"),
    ],
)
def test_it_says_what_matters(samples, run, said):
    assert said in run_markdown(getattr(samples, run)())


def test_gates_stand_with_their_verdicts(samples):
    text = run_markdown(samples.worse())
    assert "| ❌ | base better than tuned |" in text
    assert "gates: 0 of 2 pass" in text


def test_it_speaks_chinese(samples):
    text = run_markdown(samples.qa(), language="zh")
    assert text.startswith("### ✅ 可以上线：tuned 优于 base\n")
    for said in ("期望", "按分组", "测量方法", "个百分点"):
        assert said in text
    assert "points" not in text


def test_a_link_to_the_report_cannot_break_out(samples):
    text = run_markdown(samples.single(), report="reports/a b>)[x](http://e.invalid)/\n.html")
    assert "](<reports/a%20b%3E%29%5Bx%5D%28http://e.invalid%29/%0A.html>)" in text


def test_examples_are_quoted_as_many_as_wanted_and_without_secrets(samples):
    run = samples.worse()
    key = "sk-proj-abcdefghijklmnopqrst1234567890ABCDEFGHIJ"
    rows = [replace(row, messages=(("user", f"my key is {key}"),)) for row in run.rows]
    run = replace(run, rows=rows)
    text = run_markdown(run, examples=3)
    assert text.count("my key is sk-p…") == 3
    assert "abcdefghijklmnopqrst" not in text
    assert "my key is" not in run_markdown(run, examples=0)


def test_a_long_instruction_that_all_questions_share_is_left_out(samples):
    run = samples.worse()
    start = "Sort this message into one of the classes: " * 6
    rows = [replace(row, messages=(("user", f"{start}{row.id}!"),)) for row in run.rows]
    text = run_markdown(replace(run, rows=rows))
    assert "Sort this message into" not in text
    broken = next(line for line in text.split("\n") if "…he classes: " in line)
    assert re.match(r"\| …he classes: \w+!", broken.replace("&#8203;", ""))


def test_it_fits_a_comment_and_keeps_verdict_and_foot(samples, monkeypatch):
    run = samples.worse()
    run = replace(run, notes=[("n" * 399, "n" * 399)] * 320)
    assert len(run_markdown(run)) < 60_000
    monkeypatch.setattr("evalkit.report.markdown._MOST", 11_000)
    text = run_markdown(run, report="x.html", examples=150)
    assert len(text) <= 11_000
    assert text.startswith("### ❌ DON'T SHIP")
    assert "and 300 more" in text
    assert "more than fits here" in text
    assert text.endswith("· evalkit</sub>\n")


def test_no_text_of_the_data_is_markup(samples, payloads):
    run = samples.hostile()
    rows = [
        replace(
            run.rows[0],
            id=str(k),
            messages=(("user", payload),),
            expected=payload,
            answers={
                "base": replace(run.rows[0].answers["base"], text=payload, score=1.0, read=None),
                "tuned": replace(run.rows[0].answers["tuned"], text=payload, score=0.0, read=None),
            },
        )
        for k, payload in enumerate(payloads)
    ]
    run = replace(run, rows=rows, notes=[(p, p) for p in payloads[:60]])
    for language in ("en", "zh"):
        text = run_markdown(run, language=language, examples=250)
        assert "<" not in OURS.sub("", text)
        assert not re.search(r"(?<!\\)\]\((?!<)|(?<![\w&])@\w", text)
        assert not re.search(
            "[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text
        )
        tables = [line for line in text.split("\n") if line.startswith("| ")]
        assert all(re.search(r"(?<!\\)\|$", line) for line in tables)
        text.encode()


def test_a_renderer_makes_no_link_no_image_and_no_markup_of_it(samples, payloads):
    api = pytest.importorskip("markdown_it")
    run = samples.hostile()
    run = replace(run, notes=[(p, p) for p in payloads[:20]])
    html = api.MarkdownIt("gfm-like", {"linkify": False}).render(run_markdown(run, examples=250))
    tags = set(re.findall(r"<(\w+)", html))
    assert tags <= {
        "h3", "p", "strong", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "details",
        "summary", "sub", "code",
    }  # fmt: skip
