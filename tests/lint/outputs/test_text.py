# SPDX-License-Identifier: Apache-2.0
"""Text for people: how much, what of it was not kept, and what was not looked at."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evalkit.core.finding import Fix, Severity
from evalkit.core.printable import clipped, columns
from evalkit.lint.outputs._look import kept
from evalkit.lint.result import FileReport, Omitted, Result, TargetVerdict, TokenTotals

FILE = FileReport(path="train.jsonl", format="openai-chat", lines=60_000, examples=60_000)
FORMS = ["full", "concise", "grouped"]


@pytest.fixture
def cut(finding):
    """50,000 equal faults of which 20 were kept, as the command asks the engine for."""
    omitted = {Omitted("train.jsonl", "missing-assistant-message", Severity.ERROR, "drop"): 49_980}
    found = tuple(finding(line=line) for line in range(1, 21))
    return Result(files=(FILE,), findings=found, omitted=omitted)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_was_not_kept_is_counted(cut, written, form, language):
    shown = written(form, cut, language=language)
    assert len(shown.encode()) < 10_000
    assert shown.count("ROL001") == 20
    assert "49,980" in shown
    total = {"en": "Found 50,000 errors in 1 file", "zh": "发现 50,000 个错误"}[language]
    assert total in shown
    assert "50,000 can be set aside" in shown or language == "zh"


@pytest.mark.parametrize("form", FORMS)
def test_what_was_kept_and_not_shown_is_counted_too(cut, written, form):
    shown = written(form, cut, max_per_rule=3)
    assert shown.count("ROL001") == 3
    assert (
        "49,997 more of missing-assistant-message in train.jsonl (lines 4, 5, 6, 7, 8, …" in shown
    )


@pytest.mark.parametrize("form", [*FORMS, "statistics", "github", "markdown", "junit"])
def test_a_kind_of_which_nothing_was_kept_is_there(written, form):
    omitted = {Omitted("train.jsonl", "blank-line", Severity.WARNING, "safe"): 7}
    shown = written(form, Result(files=(FILE,), omitted=omitted))
    assert "blank-line" in shown
    assert "7" in shown
    if form not in FORMS:
        assert "FIL005" in shown  # from the catalogue


@pytest.mark.parametrize(
    "form", [*FORMS, "statistics", "matrix", "github", "markdown", "junit", "gitlab", "sarif"]
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_part_is_never_taken_for_the_whole(written, form, language):
    result = Result(files=(FILE,), partial="the first 100 examples of each file")
    shown = written(form, result, language=language)
    said = {"en": "PARTIAL: the first 100", "zh": "注意，没有检查全部数据：the first 100"}[language]
    assert said in shown


def test_part_is_said_above_and_below(finding, written):
    result = Result(files=(FILE,), findings=(finding(),), partial="the first 100")
    lines = written("full", result).splitlines()
    assert lines[0].startswith("PARTIAL: ")
    assert lines[-4].startswith("PARTIAL: ")


@pytest.mark.parametrize("form", [*FORMS, "statistics", "matrix", "github", "markdown"])
def test_baseline_skipped_files_and_tokens_are_told(written, form):
    tokens = TokenTotals(encoding="cl100k_base", examples=60_000, total=1_234_567, largest=4_097)
    file = replace(FILE, tokens=tokens, notes=("read sheet `FAQ`",))
    skipped = ("samples.jsonl holds answers",)
    shown = written(form, Result(files=(file,), known=12, skipped=skipped)).replace("\\", "")
    assert "12 known to the baseline" in shown
    assert "samples.jsonl holds answers" in shown
    assert "train.jsonl: read sheet `FAQ`" in shown
    if form != "matrix":
        tokens_line = (
            "1,234,567 tokens a pass over 60,000 examples (cl100k_base), the largest 4,097"
        )
        assert tokens_line in shown


def test_nothing_checked_is_not_nothing_found(written):
    shown = written("concise", Result(skipped=("a.jsonl holds answers",)))
    assert "Nothing was checked" in shown
    assert "Nothing found" not in shown
    assert written("concise", Result(unreadable=("no such file: x",))) == ""


def test_several_files_have_an_overview(finding, written):
    other = finding(path="b.jsonl", severity=Severity.WARNING, fix=Fix("safe"))
    files = (
        replace(FILE, examples=1),
        FileReport(path="b.jsonl", examples=2),
        FileReport(path="c"),
    )
    shown = written("full", Result(files=files, findings=(finding(), other))).splitlines()
    assert "train.jsonl: 1 example, 1 error" in shown
    assert "b.jsonl: 2 examples, 1 warning, 1 fixable" in shown
    assert not any(line.startswith("c: ") for line in shown)


@pytest.mark.parametrize(
    ("fix", "container", "said"),
    [
        (Fix("safe"), "jsonl", "`--fix` mends it"),
        (Fix("unsafe"), "jsonl", "`--unsafe-fixes` mends it but may change"),
        (Fix.drop(), "jsonl", "`--drop` sets the row aside in train.rejected.jsonl"),
        (Fix("safe"), "csv", "`--fix -O train.jsonl` writes a mended copy"),
        (Fix("safe"), "json", "`--fix` mends it"),  # it claims to be JSONL, and becomes it
        (None, "jsonl", None),
    ],
)
def test_full_says_once_a_file_how_to_mend(finding, written, fix, container, said):
    files = (replace(FILE, container=container),)
    found = tuple(finding(line=line, fix=fix) for line in (1, 2))
    shown = written("full", Result(files=files, findings=found))
    assert shown.count("= help:") == (said is not None)
    assert said is None or said in shown


def test_full_shows_a_place_with_several_faults_once(finding, written):
    one = finding()
    found = (one, replace(one, name="bad-role"), finding(line=2))
    excerpts = {(f.location, ""): f"row {f.location.line}" for f in found}
    shown = written("full", Result(findings=found, excerpts=excerpts))
    assert [line for line in shown.splitlines() if " | " in line] == [
        "     1 | row 1",
        "     2 | row 2",
    ]


def test_full_cuts_excerpts_to_the_terminal(finding, written):
    one = finding(pointer="/messages/0/content")
    excerpts = {(one.location, one.pointer): "中" * 90}
    for width in (60, 100):
        shown = written("full", Result(findings=(one,), excerpts=excerpts), width=width)
        excerpt = shown.splitlines()[1]
        assert excerpt.endswith("…  /messages/0/content")
        assert width - 2 <= columns(excerpt.removesuffix("  /messages/0/content")) <= width


def test_clipped_counts_wide_characters():
    assert clipped("abc", 3) == "abc"
    assert clipped("abcd", 3) == "ab…"
    assert clipped("中文", 3) == "中…"
    assert columns("e\u0301中") == 3


def test_files_that_interleave_are_gathered(finding, written):
    found = (finding(path="b", line=1), finding(path="c", line=1), finding(path="b", line=2))
    lines = written("grouped", Result(files=(FILE,), findings=found)).splitlines()
    assert [line for line in lines if line.endswith(":")] == ["b:", "c:"]


def test_the_matrix_names_what_stops_the_others(written):
    verdicts = (
        TargetVerdict(target="gemini", title="Gemini", path="x.jsonl", takes=False, layout=False),
        TargetVerdict(
            target="mistral", title="Mistral", path="x.jsonl", takes=False, layout=True, errors=1_205,
            warnings=3, blockers=(("a", 1_000), ("b", 200), ("c", 4), ("d", 1)),
        ),
        TargetVerdict(target="openai", title="OpenAI", path="x.jsonl", takes=True, layout=True),
    )  # fmt: skip
    shown = written("matrix", Result(files=(FILE,), verdicts=verdicts)).splitlines()
    assert shown[:5] == [
        "x.jsonl",
        "  target   takes it?      errors  warnings  what stops it",
        "  openai   yes                 0         0",
        "  mistral  no              1,205         3  a (1,000), b (200), c (4), 1 more",
        "  gemini   convert first       0         0",
    ]
    chinese = written(
        "matrix", Result(files=(FILE,), verdicts=verdicts), language="zh"
    ).splitlines()
    assert len({columns(line[: line.index("0")]) for line in (chinese[2], chinese[4])}) == 1


def test_statistics_stars_only_what_fix_mends_wholly(finding, written):
    safe = finding(name="blank-line", code="FIL005", fix=Fix("safe"), severity=Severity.WARNING)
    omitted = {Omitted("train.jsonl", "blank-line", Severity.WARNING, "safe"): 4}
    lines = written("statistics", Result(files=(FILE,), findings=(safe,), omitted=omitted))
    assert lines.splitlines()[0].split() == ["5", "FIL005", "[*]", "warning", "blank-line"]
    omitted[Omitted("train.jsonl", "blank-line", Severity.WARNING, None)] = 1
    lines = written("statistics", Result(files=(FILE,), findings=(safe,), omitted=omitted))
    assert lines.splitlines()[0].split() == ["6", "FIL005", "warning", "blank-line"]


def test_forms_say_how_much_they_can_use():
    assert kept("full", 20) == 20
    assert kept("full", 0) is None
    assert kept("json", 20) is None
    assert kept("gitlab", 20) is None
    assert kept("sarif", 20) == 5_000
    assert kept("statistics", 20) == 1
    assert kept("somebody-elses", 20) is None


@pytest.mark.parametrize("form", [*FORMS, "statistics", "github", "markdown", "junit"])
def test_what_lies_between_files_is_of_none(finding, written, form):
    omitted = {Omitted("", "leaked-example", Severity.ERROR, "drop"): 130}
    files = (FILE, FileReport(path="b.jsonl", examples=2))
    shown = written(form, Result(files=files, findings=(finding(),), omitted=omitted))
    assert "across the files" in shown
    assert "130" in shown
    assert not any(
        line.startswith((":", "### \n")) and "::" not in line for line in shown.split("\n")
    )
    assert 'name=""' not in shown
    assert "file=," not in shown


def test_unsafe_fixes_are_more_only_where_there_are_safe_ones(finding, written):
    unsafe, safe = finding(fix=Fix("unsafe")), finding(line=2, fix=Fix("safe"))
    alone = written("concise", Result(files=(FILE,), findings=(unsafe,)))
    assert "\n1 fixable with `--unsafe-fixes`.\n" in alone
    both = written("concise", Result(files=(FILE,), findings=(unsafe, safe)))
    assert "[*] 1 fixable with `--fix`; 1 more with `--unsafe-fixes`.\n" in both


def test_mended_copy_of_a_packed_file_is_called_like_what_is_in_it(finding, written):
    file = replace(FILE, path="train.jsonl.gz", packing="gz")
    found = (finding(path="train.jsonl.gz", fix=Fix("safe")),)
    shown = written("full", Result(files=(file,), findings=found))
    assert "`--fix -O train.jsonl` writes a mended copy" in shown


def test_part_without_findings_is_said_once(written):
    shown = written("full", Result(files=(FILE,), partial="the first 100"))
    assert shown.count("PARTIAL: ") == 1
