# SPDX-License-Identifier: Apache-2.0
"""Results that outputs are shown, and the text that they make of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evalkit.core.finding import Finding, Fix, Severity
from evalkit.core.location import Location
from evalkit.core.registry import find, names
from evalkit.lint.outputs._look import FileOutput, Look
from evalkit.lint.result import FileReport, Omitted, Result, TargetVerdict, TokenTotals


def _finding(path="train.jsonl", line=1, name="missing-assistant-message", **given):
    fields = {
        "code": "ROL001",
        "severity": Severity.ERROR,
        "message": "no message has the role `assistant` (only user); add the reply to learn",
        "row": f"{line or 0:016x}",
        "fix": Fix.drop(),
    } | given
    where = Location(source=path, line=line, end_line=line, number=line, sheet=given.get("sheet"))
    fields.pop("sheet", None)
    return Finding(name=name, location=where, **fields)


def _hostile(text: str) -> Result:
    """A result with the text in every field that holds any."""
    finding = _finding(
        path=f"{text}.jsonl", line=2, code=text, name=text, message=text, pointer=f"/{text}",
        cell=text, sheet=text, row=text,
    )  # fmt: skip
    safe = replace(finding, severity=Severity.WARNING, fix=Fix("safe"))
    whole = replace(safe, severity=Severity.INFO, location=Location(source=text), fix=None)
    other = replace(finding, location=Location(source="other.csv", line=3, sheet=text))
    many = tuple(replace(other, name=f"{text}{number}") for number in range(12))
    tokens = TokenTotals(encoding=text, examples=1, total=2, largest=2)
    return Result(
        files=(
            FileReport(path=f"{text}.jsonl", format=text, encoding=text, notes=(text,), tokens=tokens),
            FileReport(path="other.csv", container="csv", headers=(text,), columns={text: text}),
        ),
        findings=(finding, safe, whole, other, *many),
        unreadable=(text,),
        excerpts={(finding.location, finding.pointer): text},
        omitted={Omitted(f"{text}.jsonl", text, Severity.ERROR, "drop"): 3},
        skipped=(text,),
        known=1,
        partial=text,
        verdicts=(
            TargetVerdict(target=text, title=text, path=text, takes=False, layout=True,
                          errors=1, blockers=((text, 1),)),
        ),
        targets=(text,),
    )  # fmt: skip


@pytest.fixture
def finding():
    return _finding


@pytest.fixture(scope="session")
def hostile():
    return _hostile


@pytest.fixture(scope="session")
def written():
    """Writes a result in a form: `written("full", result, max_per_rule=3)`."""

    def text(form: str, result: Result, **look: object) -> str:
        return "".join(f"{line}\n" for line in find("outputs", form)(result, Look(**look)))

    return text


def pytest_generate_tests(metafunc):
    """`text_form`: every output that is text."""
    if "text_form" in metafunc.fixturenames:
        forms = [n for n in names("outputs") if not isinstance(find("outputs", n), FileOutput)]
        metafunc.parametrize("text_form", forms)
