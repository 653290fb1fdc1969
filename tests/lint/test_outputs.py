# SPDX-License-Identifier: Apache-2.0
"""What outputs say, how much of it, and that machines get everything."""

from __future__ import annotations

import json

import pytest

from evalkit.core.registry import find
from evalkit.core.resources import schema
from evalkit.lint.engine import Settings, check
from evalkit.lint.outputs._look import Look

HELLO = '{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}\n'
UNANSWERED = '{"messages": [{"role": "user", "content": "Hi\\u001b[2J\\u202e"}]}\n'


def text(form: str, result, **look) -> str:
    return "\n".join(find("outputs", form)(result, Look(**look)))


@pytest.fixture
def many(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text(UNANSWERED * 50_000, encoding="utf-8")
    return check([str(path)], Settings(ignore=("exact-duplicate",)))


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
    result = check([str(path)], Settings(ignore=("exact-duplicate",)))
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
    shown = text("full", check([str(path)])).splitlines()
    assert shown[0] == f"{path}:2: warning DUP001 exact-duplicate: same as line 1; drop one"
    assert shown[1].startswith('     2 | {"messages": [{"role": "user"')
    assert shown[2].startswith(f"{path}:3-4: error FIL002 [*] invalid-json-line: ")


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
    result = check([str(lines), str(table), str(empty), str(tmp_path / "missing.jsonl")])
    made = json.loads(text("json", result))
    validator.validate(made)
    sample = document["examples"][0]
    assert made.keys() == sample.keys()
    for key in ("files", "findings"):
        assert made[key][0].keys() == sample[key][0].keys()
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
    lines = text("statistics", check([str(path)])).splitlines()
    assert lines[0].split() == ["2", "FIL005", "[*]", "warning", "blank-line"]
    assert lines[1].split() == ["1", "ROL001", "error", "missing-assistant-message"]
