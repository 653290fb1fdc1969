# SPDX-License-Identifier: Apache-2.0
"""What outputs say, how much of it, and that machines get everything."""

from __future__ import annotations

import json

import pytest

from evalkit.core.finding import Severity
from evalkit.core.registry import find
from evalkit.core.resources import schema
from evalkit.lint.engine import Settings, check
from evalkit.lint.outputs._look import Look
from evalkit.lint.result import FileReport, Omitted, Result, TargetVerdict, TokenTotals

HELLO = '{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}\n'
UNANSWERED = '{"messages": [{"role": "user", "content": "Hi\\u001b[2J\\u202e"}]}\n'


def text(form: str, result, **look) -> str:
    return "\n".join(find("outputs", form)(result, Look(**look)))


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    path = tmp_path_factory.mktemp("many") / "x.jsonl"
    path.write_text(UNANSWERED * 50_000, encoding="utf-8")
    return check([str(path)], Settings(select=("ROL001",)))


@pytest.mark.slow
def test_fifty_thousand_equal_faults_are_a_screenful_and_all_of_them_in_json(many):
    shown = text("full", many)
    assert len(shown.encode()) < 10_000
    assert shown.count("missing-assistant-message:") == 20
    assert "49,980 more" in shown
    assert "Found 50,000 errors in 1 file (50,000 examples)." in shown
    assert len(json.loads(text("json", many))["findings"]) == 50_000
    assert text("concise", many, max_per_rule=3).count("ROL001") == 3


def test_zero_shows_all(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text(UNANSWERED * 30, encoding="utf-8")
    result = check([str(path)], Settings(select=("ROL001",)))
    assert text("full", result, max_per_rule=0).count("ROL001") == 30
    assert "more of" not in text("full", result, max_per_rule=30)


@pytest.mark.parametrize("form", ["full", "concise", "statistics", "json"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_output_lets_data_move_the_cursor(tmp_path, form, language):
    path = tmp_path / "x.jsonl"
    path.write_text(UNANSWERED + HELLO.replace("Hello!", "\\ud83d\\u0007"), encoding="utf-8")
    shown = text(form, check([str(path)], Settings(language=language)), language=language)
    assert all(c.isprintable() or c == "\n" for c in shown)
    shown.encode("utf-8")


def test_full_names_place_rule_and_excerpt(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text(
        HELLO + HELLO + '{"messages": [{"role": "user", "content": "Hi"},\n "x"]}\n',
        encoding="utf-8",
    )
    shown = text("full", check([str(path)], Settings(select=("DUP001", "FIL002")))).splitlines()
    assert shown[0] == f"{path}:2: warning DUP001 exact-duplicate: same as line 1; drop one"
    assert shown[1].startswith('     2 | {"messages": [{"role": "user"')
    assert shown[2] == "       = help: `--drop` sets the row aside in x.rejected.jsonl"
    assert shown[3].startswith(f"{path}:3-4: error FIL002 [*] invalid-json-line: ")


def test_json_is_as_its_schema_says(tmp_path):
    import jsonschema

    document = schema("lint-output")
    validator = jsonschema.Draft202012Validator(document)
    jsonschema.Draft202012Validator.check_schema(document)
    for sample in document["examples"]:
        validator.validate(sample)
    table = tmp_path / "s.csv"
    table.write_text("question,answer\nHi,\n", encoding="utf-8")
    lines = tmp_path / "x.jsonl"
    lines.write_text(HELLO + "\n" + UNANSWERED, encoding="utf-8")
    empty = tmp_path / "e.jsonl"
    empty.write_text("", encoding="utf-8")
    rules = Settings(select=("ROL001", "FIL001", "FIL005", "CNT001"))
    result = check([str(lines), str(table), str(empty), str(tmp_path / "missing.jsonl")], rules)
    made = json.loads(text("json", result))
    validator.validate(made)
    sample = document["examples"][0]
    assert made.keys() == sample.keys()
    for key in ("files", "findings"):
        assert made[key][0].keys() == sample[key][0].keys()
    described = document["properties"]
    assert described.keys() == made.keys()
    for key in ("files", "findings", "verdicts", "omitted"):
        assert all(sample_of.keys() == described[key]["items"]["properties"].keys()
                   for sample_of in sample[key])  # fmt: skip
    assert [f["line"] for f in made["findings"]] == [2, 3, 2, None]
    assert made["findings"][2]["cell"] == "B2"
    assert made["summary"] == {
        "errors": 3, "warnings": 1, "infos": 0, "fixable": 1,
        "by_rule": {"blank-line": 1, "empty-content": 1, "empty-file": 1, "missing-assistant-message": 1},
    }  # fmt: skip


def test_json_without_findings_is_json(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text(HELLO, encoding="utf-8")
    assert json.loads(text("json", check([str(path)])))["findings"] == []


def test_statistics_counts(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text("\n\n" + UNANSWERED, encoding="utf-8")
    rules = Settings(select=("ROL001", "FIL005"))
    lines = text("statistics", check([str(path)], rules)).splitlines()
    assert lines[0].split() == ["2", "FIL005", "[*]", "warning", "blank-line"]
    assert lines[1].split() == ["1", "ROL001", "error", "missing-assistant-message"]


def test_json_says_what_lint_did_not_look_at_and_who_would_take_it():
    import jsonschema

    file = FileReport(
        path="x\ud83d.jsonl",
        tokens=TokenTotals(encoding="o200k_base", examples=2, total=9, largest=5),
        notes=("read sheet `A`",),
    )
    verdict = TargetVerdict(
        target="openai", title="OpenAI", path="x", takes=False, layout=True, errors=2, warnings=1,
        blockers=(("a", 2),),
    )  # fmt: skip
    result = Result(
        files=(file,), known=3, partial="the first 5", skipped=("y",), targets=("openai",),
        omitted={Omitted("x", "a", Severity.ERROR, None): 7}, verdicts=(verdict,),
    )  # fmt: skip
    made = json.loads(text("json", result))
    jsonschema.Draft202012Validator(schema("lint-output")).validate(made)
    assert made["files"][0]["path"] == "x\ud83d.jsonl"  # an escape in the text, the same when read
    assert made["files"][0]["tokens"]["total"] == 9
    assert (made["known"], made["partial"], made["skipped"]) == (3, "the first 5", ["y"])
    assert made["targets"] == ["openai"]
    assert made["omitted"] == [
        {"path": "x", "name": "a", "severity": "error", "fix": None, "number": 7}
    ]
    assert made["verdicts"][0]["blockers"] == [{"name": "a", "number": 2}]
    assert made["summary"]["errors"] == 7


@pytest.mark.slow
def test_json_lines_say_the_same_line_by_line(many):
    lines = text("jsonl", many).splitlines()
    whole = json.loads(text("json", many))
    findings = whole.pop("findings")
    assert json.loads(lines[0]) == whole
    assert [json.loads(line) for line in lines[1:]] == findings


@pytest.mark.slow
def test_machines_get_lines_and_no_giant_string(many):
    for form in ("json", "jsonl", "gitlab", "csv"):
        lines = find("outputs", form)(many, Look())
        assert iter(lines) is lines
        assert max(map(len, lines)) < 5_000


def test_text_of_json_is_exact():
    from evalkit.lint.outputs._jsontext import dumped

    value = {"a": '中\x7f\x85\u202e\u2028\ufeff\ud83d\x00\n"\\ud83d'}
    assert json.loads(dumped(value)) == value
    assert dumped(value).isprintable()
    assert "中" in dumped(value)
