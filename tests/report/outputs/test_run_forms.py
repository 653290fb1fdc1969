# SPDX-License-Identifier: Apache-2.0
"""What CI services read of a run: GitHub, GitLab, JUnit, Markdown; data stays data in each."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from math import nan
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.measure import Interval
from evalkit.core.registry import find, names
from evalkit.evaluation.result import GateResult
from evalkit.report.outputs._judged import Judged, Look
from evalkit.report.outputs._places import gate_lines

FORMS = names("run_outputs")
LINE = re.compile(r"::(error|warning|notice) (.*?)::(.*)")


def gate(verdict: str, sentence: str = "tuned accuracy >= 90%", **more) -> GateResult:
    seen = Interval(value=0.885, low=0.825, high=0.926, n=156, method="wilson")
    needs = {"en": "short by 1.5 points", "zh": "差 1.5 个百分点"} if verdict != "pass" else {}
    made = {"interval": seen, "unit": "share", "needs": needs, **more}
    return GateResult(gate=sentence, verdict=verdict, **made)


@pytest.fixture(scope="module")
def run(samples):
    return samples.classification()


@pytest.fixture
def judged(run):
    whole = run

    def made(*gates: GateResult, **more) -> Judged:
        run = replace(whole, gates=gates, **more.pop("run", {}))
        return Judged(**{"run": run, "file": "suites/x.eval.yaml", "lines": (8, 9, 12), **more})

    return made


def said(form: str, *judged: Judged, **look) -> str:
    return "".join(f"{line}\n" for line in find("run_outputs", form)(judged, Look(**look)))


def tree_of(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314  (we wrote it)


def plain(text: str) -> str:
    for escape, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ",")):
        text = text.replace(escape, character)
    return text.replace("%25", "%")


def commands(shown: str) -> list[tuple[str, dict[str, str], str]]:
    """What the runner makes of the output: (command, properties, message), unescaped."""
    found = []
    for line in shown.split("\n"):
        if match := LINE.fullmatch(line):
            properties = dict(part.split("=", 1) for part in match[2].split(","))
            found.append((match[1], {k: plain(v) for k, v in properties.items()}, plain(match[3])))
    return found


# ---------------------------------------------------------------- what each says


def test_github_points_at_the_line_of_the_gate(judged):
    one = judged(gate("pass"), gate("fail", "tuned recall[a, b: c] >= 95%"), gate("undecided"))
    first, second, notice = commands(said("github", one))
    assert first == (
        "error",
        {"file": "suites/x.eval.yaml", "line": "9",
         "title": "support-intent: tuned recall[a, b: c] >= 95%"},
        "88.5 % (82.5 … 92.6), n = 156; short by 1.5 points",
    )  # fmt: skip
    assert second[0] == "error"
    assert second[1]["line"] == "12"
    assert second[2].startswith("undecided: ")
    assert notice[0] == "notice"
    assert notice[2].startswith("SHIP")


def test_an_undecided_gate_that_may_pass_is_a_warning(judged):
    (first, *_) = commands(said("github", judged(gate("undecided")), allow_undecided=True))
    assert first[0] == "warning"


def test_github_drops_nothing_silently(judged):
    many = judged(*(gate("fail", f"tuned recall[{k}] >= 95%") for k in range(25)))
    errors = [told for level, _, told in commands(said("github", many)) if level == "error"]
    assert len(errors) == 10
    assert errors[-1] == "… 16 more, see the log"
    assert "  FAIL  tuned recall[24] >= 95%: " in said("github", many)


def test_missing_answers_are_errors_everywhere(judged):
    one = judged(gate("pass"), incomplete=("tuned: 12 of 156 answers are missing",))
    (first, *_) = commands(said("github", one))
    assert first[0] == "error"
    assert "12 of 156" in first[2]
    assert json.loads(said("gitlab", one))[0]["severity"] == "blocker"
    tree = tree_of(said("junit", one))
    assert tree.get("errors") == "1"
    assert "12 of 156" in tree.find(".//error").get("message")
    assert "12 of 156" in said("markdown", one).split("\n")[0]


def test_junit_agrees_with_the_exit_code(judged):
    one = judged(gate("pass"), gate("fail"), gate("undecided"), page="reports/x/index.html")
    for allowed in (False, True):
        tree = tree_of(said("junit", one, allow_undecided=allowed))
        suite = tree.find("testsuite")
        cases = suite.findall("testcase")
        assert [case.get("line") for case in cases] == ["8", "9", "12"]
        assert suite.get("failures") == ("1" if allowed else "2") == tree.get("failures")
        assert suite.get("skipped") == ("1" if allowed else "0")
        last = cases[2].find("skipped" if allowed else "failure")
        assert "undecided" in last.get("message")
        told = {p.get("name"): p.get("value") for p in cases[0].iter("property")}
        assert told == {"evalkit.value": "0.885", "evalkit.low": "0.825", "evalkit.high": "0.926",
                        "evalkit.n": "156", "evalkit.unit": "share"}  # fmt: skip


def test_a_suite_without_gates_is_one_case_that_passes(judged):
    tree = tree_of(said("junit", judged()))
    assert tree.get("tests") == "1"
    assert tree.get("failures") == "0"


def test_an_undefined_figure_has_no_number(judged):
    interval = Interval(value=nan, why="no rows")
    tree = tree_of(said("junit", judged(gate("fail", interval=interval))))
    assert {p.get("name") for p in tree.iter("property")} >= {"evalkit.n", "evalkit.unit"}
    assert "evalkit.value" not in {p.get("name") for p in tree.iter("property")}


def test_gitlab_knows_a_gate_again(judged):
    before = judged(gate("fail"), gate("fail", "tuned errors <= 0%"))
    later = judged(gate("undecided", interval=Interval(value=0.8)), lines=(30,))
    (first, second), (again,) = (json.loads(said("gitlab", one)) for one in (before, later))
    assert first["fingerprint"] == again["fingerprint"] != second["fingerprint"]
    assert first["location"] == {"path": "suites/x.eval.yaml", "lines": {"begin": 8}}
    assert (first["severity"], again["severity"]) == ("critical", "major")
    assert json.loads(said("gitlab", judged(gate("pass")))) == []


def test_markdown_of_many_runs_fits_into_a_comment(judged, samples):
    runs = [judged(gate("pass")) for _ in range(40)]
    text = said("markdown", *runs)
    assert len(text) <= 65_000
    assert text.count("### ") >= 40
    assert text.startswith("### ✅ SHIP")


def test_all_forms_speak_chinese(judged):
    one = judged(gate("undecided"))
    for form in FORMS:
        assert "个百分点" in said(form, one, language="zh")


# ---------------------------------------------------------------- hostile texts


def test_no_payload_is_a_command_a_tag_or_markup(judged, payloads):
    for payload in payloads:
        one = judged(
            gate("fail", payload, needs={"en": payload, "zh": payload}),
            run={"suite": payload, "base": payload, "notes": ((payload, payload),),
                 "rows": (), "measures": ()},
            file=payload,
            incomplete=(payload,),
        )  # fmt: skip
        shown = said("github", one)
        assert [name for name, _, _ in commands(shown)] == ["error", "error", "notice"], payload
        assert all(
            line.startswith("::") == bool(LINE.fullmatch(line)) for line in shown.split("\n")
        )
        assert "##[" not in shown.replace("## [", "")
        tree_of(said("junit", one))
        assert len(json.loads(said("gitlab", one))) == 2
        text = said("markdown", one)
        assert not re.search(r"(?<!\\)<(?!/?(details|summary|sub)>|reports)", text), payload


def test_the_runners_older_way_of_commands_is_no_way_in_either(judged):
    one = judged(gate("pass", "##[error]x"), run={"suite": "::stop-commands::y"})
    log = [line for line in said("github", one).split("\n") if not LINE.fullmatch(line)]
    assert not any("##[" in line or line.lstrip().startswith("::") for line in log)


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_comes_back_from_github_and_junit_as_it_was_shown(sentence, name):
    from evalkit.core.printable import printable
    from evalkit.report.outputs.github import command

    ((level, properties, told),) = commands(command("error", sentence, title=f"t{name}"))
    assert (level, told) == ("error", printable(sentence))
    assert properties == {"title": printable(f"t{name}")}


# ---------------------------------------------------------------- where gates stand


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("data: x\ngates:\n  - a\n\n  # not one\n  - {model: b,\n     above: 1}\n", (3, 6)),
        ("gates: [a, b]\nforgetting:\n  margin: 1\n", (1, 1, 2)),
        ('{"data": "x",\n "gates": [\n  "a"]}\n', (3,)),
        ("forgetting: {margin: 1}\n", (1,)),
        ("- a\n", ()),
        ("gates: a: b: c", ()),
        ("gates: {a: b}\n", ()),
        ("", ()),
    ],
)
def test_the_lines_of_gates(tmp_path, text, lines):
    path = tmp_path / "x.eval.yaml"
    path.write_text(text, encoding="utf-8")
    assert gate_lines(path) == lines
    assert gate_lines(tmp_path / "none") == ()
