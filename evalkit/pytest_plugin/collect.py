# SPDX-License-Identifier: Apache-2.0
"""Suite files as collectors, gates as items; the models are asked once per session."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from evalkit.core.errors import EvalkitError
from evalkit.core.printable import excerpt, printable
from evalkit.core.strings import Language
from evalkit.pytest_plugin.runs import Outcome, runs_of
from evalkit.pytest_plugin.settings import settings_of, shown

if TYPE_CHECKING:
    from evalkit.evaluation.gates.gate import Gate
    from evalkit.evaluation.result import GateResult, Run
    from evalkit.evaluation.suite import Suite

__all__ = ["GateFailed", "GateItem", "SuiteFile"]

_NAME = 200  # characters of an item's name
_WORDS = {
    "gate": ("{v}: {s}", "{v}：{s}"),
    "skipped": ("{g}: {t}", "{g}：{t}"),
    "pass": ("pass", "通过"),
    "fail": ("fail", "未通过"),
    "undecided": ("undecided", "未定"),
    "failed": ("the suite could not be run: {w}", "测试集无法运行：{w}"),
    "worst": ("  worst rows:", "  最差的行："),
    "broken": ("  broken:", "  变差的行："),
    "report": ("  report: {p}", "  报告：{p}"),
    "partial": (
        "{g}: PARTIAL: only the first {n} rows were asked, no gate is judged; so far {v}: {s}",
        "{g}：不完整：只问了前 {n} 行，不判定门槛；目前{v}：{s}",
    ),
}


class GateFailed(Exception):  # noqa: N818  a failed gate is a result, not an error
    """A gate that did not pass; its text is what pytest shows."""


class SuiteFile(pytest.File):
    """One suite file: its gates are its items, or one item that only runs where it has none."""

    def collect(self) -> Iterator[pytest.Item]:
        """The gates, in the order of the file."""
        from evalkit.evaluation.forgetting.run import all_gates
        from evalkit.pytest_plugin.suites import from_file

        try:
            self.suite: Suite = from_file(self.path, settings_of(self.config))
        except EvalkitError as error:
            raise self.CollectError(str(error)) from None
        names = [excerpt(gate.sentence, _NAME) for gate in all_gates(self.suite)] or ["runs"]
        for index, name in enumerate(names):
            item = GateItem.from_parent(self, name=name, index=index)
            item.add_marker("evalkit")
            if self.config.pluginmanager.hasplugin("xdist"):
                # With `--dist loadgroup` one worker has them all, and none waits for another.
                item.add_marker(pytest.mark.xdist_group(f"evalkit-{self.suite.name}"))
            yield item

    def outcome(self) -> Outcome:
        """The run of this session; a failure to run is told by every gate."""
        try:
            return runs_of(self.config).outcome(self.suite)
        except EvalkitError as error:
            return Outcome(suite=self.suite.name, wrong=str(error))


class GateItem(pytest.Item):
    """One gate."""

    def __init__(self, *, index: int, **rest: Any) -> None:
        super().__init__(**rest)
        self.index = index

    def runtest(self) -> None:
        """Pass, fail, or skip an undecided gate where that is allowed."""
        parent = self.parent
        assert isinstance(parent, SuiteFile)  # noqa: S101  pytest's own guarantee
        settings = settings_of(self.config)
        outcome = parent.outcome()
        run = outcome.run
        self._note(suite=outcome.suite, report=outcome.page or "")
        if outcome.wrong or run is None:
            raise GateFailed(_word("failed", settings.language, w=outcome.wrong))
        if not run.gates:
            return
        gate = run.gates[self.index]
        self._properties(gate)
        if outcome.partial:
            pytest.skip(_partly(gate, run, settings.language))
        if gate.verdict == "pass":
            return
        text = told(parent.suite, self.index, outcome, settings.language)
        if gate.verdict == "undecided" and settings.allow_undecided:
            pytest.skip(_word("skipped", settings.language, g=printable(gate.gate), t=text))
        raise GateFailed(text)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What the gate saw and what it needs, without a traceback."""
        if isinstance(excinfo.value, GateFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the item stands: the suite file and the gate."""
        return self.path, None, f"{self.path.name}: {self.name}"

    def _properties(self, gate: GateResult) -> None:
        from evalkit.evaluation.wording import gate_line

        at = gate.interval
        self._note(
            gate=printable(gate.gate),
            place=self.index + 1,
            verdict=gate.verdict,
            **{key: getattr(at, key) for key in ("value", "low", "high", "n", "method")},
            confidence=at.confidence,
            unit=gate.unit,
            within_noise=str(gate.within_noise).lower(),
            needed="" if gate.needed is None else gate.needed,
            seen=gate_line(gate, settings_of(self.config).language),
        )

    def _note(self, **values: object) -> None:
        for name, value in values.items():
            self.user_properties.append((f"evalkit.{name}", str(value)))


def told(suite: Suite, index: int, outcome: Outcome, language: Language) -> str:
    """What the gate saw, what it lacks, the rows that speak most against it, and the page."""
    from evalkit.evaluation.wording import gate_line, headline

    run = outcome.run
    assert run is not None  # noqa: S101  the caller has looked
    result = run.gates[index]
    verdict = _word(result.verdict, language)
    return "\n".join(
        [
            _word("gate", language, v=verdict, s=gate_line(result, language)),
            f"  {headline(run, language)}",
            *_against(*_judged(suite, index, outcome, run), result, language),
            _word("report", language, p=shown(outcome.page)),
        ]
    )


def _judged(suite: Suite, index: int, outcome: Outcome, run: Run) -> tuple[Gate, Run]:
    """The gate and the run whose rows it is about: that of the general set has its own."""
    from evalkit.evaluation.forgetting.run import all_gates
    from evalkit.evaluation.forgetting.spec import FORGETTING
    from evalkit.evaluation.stored import load_run

    gate = all_gates(suite)[index]
    if gate.model == FORGETTING and suite.forgetting is not None and outcome.folder is not None:
        return suite.forgetting.gate, load_run(outcome.folder / FORGETTING)
    return gate, run


def _against(gate: Gate, run: Run, result: GateResult, language: Language) -> list[str]:
    from evalkit.pytest_plugin.worst import broken_lines, worst_lines

    names = {model.name for model in run.models}
    if gate.model not in names or gate.relation == "ratio" or isnan(result.interval.value):
        return []
    if gate.relation not in ("better", "not_worse"):
        rows = worst_lines(run, gate.model, gate.metric or run.primary, language, where=gate.where)
        head = "worst"
    elif gate.other in names:
        rows = broken_lines(run, gate.model, gate.other or "", language, where=gate.where)
        head = "broken"
    else:
        return []
    return [_word(head, language), *(f"  {row}" for row in rows)] if rows else []


def _partly(gate: GateResult, run: Run, language: Language) -> str:
    from evalkit.evaluation.wording import gate_line

    rows = len({(row.source, row.line) for row in run.rows})
    verdict = _word(gate.verdict, language)
    return _word(
        "partial",
        language,
        g=printable(gate.gate),
        n=rows,
        v=verdict,
        s=gate_line(gate, language),
    )


def _word(key: str, language: Language, **values: object) -> str:
    return _WORDS[key][language == "zh"].format(**values)
