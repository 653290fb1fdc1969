# SPDX-License-Identifier: Apache-2.0
"""The end of a session: every gate and assertion with what it saw, whichever worker had it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from evalkit.core.printable import printable
from evalkit.core.strings import Language
from evalkit.pytest_plugin.runs import Outcome, runs_of
from evalkit.pytest_plugin.session_page import PROBLEM
from evalkit.pytest_plugin.settings import settings_of, shown

__all__ = ["summary"]

_MARKS = {
    "pass": ("pass", "通过", "green"),
    "fail": ("FAIL", "失败", "red"),
    "undecided": ("open", "未定", "yellow"),
}
_COLOURS = {"ship": "green", "dont_ship": "red", "not_proven": "yellow", "measured": "blue"}
_WORDS = {
    "report": ("report: {p}", "报告：{p}"),
    "noise": (
        "~ the interval contains the bound: with other rows it might go the other way",
        "~ 区间包含界限：换一批数据，结论可能改变",
    ),
    "partial": (
        "PARTIAL (--evalkit-limit {n}): no gate is judged",
        "不完整（--evalkit-limit {n}）：不判定门槛",
    ),
    "asked": (
        "{h}: {n} answers, {c} of them from the store{m}",
        "{h}：{n} 个回答，其中 {c} 个来自存储{m}",
    ),
    "money": (", {a} {u}", "，{a} {u}"),
}


class _Line(NamedTuple):
    """What one gate or one assertion found, where it stands in the summary first."""

    order: tuple[int, int, str]
    verdict: str
    close: bool
    text: str


def summary(reporter: Any) -> None:
    """Write the section: a part per run, its gates first, then what tests asserted."""
    config = reporter.config
    if config.option.verbose < -1:
        return
    settings = settings_of(config)
    language = settings.language
    outcomes = runs_of(config).outcomes()
    lines = _lines(reporter, language)
    reporter.write_sep("=", "evalkit")
    for outcome in outcomes:
        _head(reporter, outcome, language)
        for line in sorted(lines.get(str(outcome.page or outcome.suite), ())):
            mark, colour = _MARKS[line.verdict][language == "zh"], _MARKS[line.verdict][2]
            reporter.write(f"  {mark} {'~' if line.close else ' '} ", **{colour: True})
            reporter.write_line(line.text)
        for fact in _facts(outcome, language):
            reporter.write_line(f"  {fact}")
    if any(line.close for found in lines.values() for line in found):
        reporter.write_line(_word("noise", language))
    if any(outcome.partial for outcome in outcomes):
        reporter.write_line(_word("partial", language, n=settings.limit), yellow=True, bold=True)
    if settings.report is not None:
        problem = config.stash.get(PROBLEM, None)
        if problem:
            reporter.write_line(f"--evalkit-report: {problem}", red=True)
        elif settings.report.is_file():
            reporter.write_line(_word("report", language, p=shown(settings.report)))


def _lines(reporter: Any, language: Language) -> dict[str, list[_Line]]:
    """A run's page to the lines about it."""
    found: dict[str, list[_Line]] = {}
    for reports in reporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") != "call":
                continue
            properties = [
                (name.removeprefix("evalkit."), value)
                for name, value in report.user_properties
                if name.startswith("evalkit.")
            ]
            for page, line in _told(report.nodeid, properties, language):
                found.setdefault(page, []).append(line)
    return found


def _told(
    nodeid: str, properties: Sequence[tuple[str, str]], language: Language
) -> Iterator[tuple[str, _Line]]:
    values = dict(properties)
    if "gate" in values:
        close = values["within_noise"] == "true"
        seen = values["seen"].replace(" ~", "", 1) if close else values["seen"]
        order = (0, int(values["place"]), "")
        yield (
            values["report"],
            _Line(order, values["verdict"], close, f"{values['gate']}: {seen}"),
        )
    test = printable(nodeid.rpartition("::")[2])
    for place, (name, value) in enumerate(properties):
        if name == "check":
            check = json.loads(value)
            text = f"{check['said']}: {check['seen'][language]}  [{test}]"
            verdict = "pass" if check["holds"] else "fail"
            yield check["report"], _Line((1, place, nodeid), verdict, check["close"], text)


def _head(reporter: Any, outcome: Outcome, language: Language) -> None:
    from evalkit.evaluation.wording import headline

    run = outcome.run
    if run is None:
        reporter.write_line(f"{printable(outcome.suite)}: {outcome.wrong}", red=True, bold=True)
        return
    line = f"{printable(outcome.suite)}: {headline(run, language)}"
    reporter.write_line(line, bold=True, **{_COLOURS[run.decision]: True})


def _facts(outcome: Outcome, language: Language) -> Iterator[str]:
    """Who was asked and where the page is."""
    models = outcome.run.models if outcome.run else ()
    for host in dict.fromkeys(model.host for model in models if model.host):
        there = [model for model in models if model.host == host]
        costs: dict[str, float] = {}
        for model in there:
            if model.cost is not None:
                costs[model.currency] = costs.get(model.currency, 0.0) + float(model.cost)
        money = "".join(_word("money", language, a=f"{a:.4g}", u=u) for u, a in costs.items())
        yield _word(
            "asked",
            language,
            h=printable(host),
            n=sum(model.requests for model in there),
            c=sum(model.cached for model in there),
            m=money,
        )
    if outcome.page is not None:
        yield _word("report", language, p=shown(outcome.page))


def _word(key: str, language: Language, **values: object) -> str:
    return _WORDS[key][language == "zh"].format(**values)
