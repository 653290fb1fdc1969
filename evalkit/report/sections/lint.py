# SPDX-License-Identifier: Apache-2.0
"""The data behind the numbers: what lint finds in the held-out set and the training file."""

from __future__ import annotations

from markupsafe import Markup

from evalkit.evaluation.data_lint import LintCount, Linted
from evalkit.evaluation.result import Run
from evalkit.page.markup import data, fill
from evalkit.page.numbers import count
from evalkit.page.phrase import Phrase, Text, say
from evalkit.report.section import section

__all__ = ["lint"]

_SEVERITIES = {
    "error": ("error", "错误", "bad"),
    "warning": ("warning", "警告", "undecided"),
    "info": ("note", "提示", "flat"),
}


@section(
    order=85,
    en="Data",
    zh="数据",
    applies=lambda run: bool(run.linted) or run.leaked is not None,
)
def lint(run: Run, text: Text) -> Markup:
    """Each file with its hash and rows, the rules that found something, and rows of both."""
    return fill(
        "evalkit.report.sections",
        "lint.html",
        text=text,
        files=[_file(one, text) for one in run.linted],
        leaked=_leaked(run, text),
    )


def _file(found: Linted, text: Text) -> dict[str, object]:
    return {
        "name": data(found.path, 120),
        "part": text("held-out rows", "留出数据")
        if found.part == "held-out"
        else text("training rows", "训练数据"),
        "rows": "" if found.skipped else count(found.rows),
        "sha256": data(found.sha256),
        "skipped": found.skipped,
        "counts": [_line(one, text) for one in found.counts],
    }


def _line(found: LintCount, text: Text) -> dict[str, object]:
    en, zh, kind = _SEVERITIES.get(found.severity, _SEVERITIES["info"])
    lines = ", ".join(map(str, found.lines))
    more = found.lines and found.count > len(found.lines)
    return {
        "name": data(found.name),
        "code": data(found.code),
        "word": say(en, zh),
        "kind": kind,
        "n": count(found.count),
        "message": text.of({"en": found.message[0], "zh": found.message[1]}),
        "lines": f"{lines} …" if more else lines,
    }


def _leaked(run: Run, text: Text) -> Phrase | str:
    if run.leaked is None:
        return ""
    if not run.leaked:
        return text(
            "No held-out row stands in the training file.", "没有留出数据出现在训练文件中。"
        )
    n, of = count(run.leaked), count(len(run.rows))
    return text(
        "{n} of {m} held-out rows stand in the training file too: "
        "on these a model may know the answer by heart.",
        "{m} 行留出数据中有 {n} 行也在训练文件中：模型可能记住了这些答案。",
        n=n,
        m=of,
    )
