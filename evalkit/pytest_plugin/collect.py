# SPDX-License-Identifier: Apache-2.0
"""Suite files as collectors, gates as items; the models are asked once per session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from evalkit.core.errors import EvalkitError
from evalkit.core.printable import excerpt, printable

if TYPE_CHECKING:
    from evalkit.evaluation.result import GateResult, Run
    from evalkit.evaluation.suite import Suite

__all__ = ["GateFailed", "GateItem", "SuiteFile"]

_WORST = 3


class GateFailed(Exception):  # noqa: N818  a failed gate is a result, not an error
    """A gate that did not pass; its text is what pytest shows."""


class SuiteFile(pytest.File):
    """One suite file: its gates are its items, or one item that only runs where it has none."""

    _finished: Run | EvalkitError | None = None

    def collect(self) -> Iterator[pytest.Item]:
        """The gates, in the order of the file."""
        from evalkit.evaluation.suite import cut_to, load_suite

        try:
            suite = load_suite(self.path)
        except EvalkitError as error:
            raise self.CollectError(str(error)) from None
        self.suite: Suite = cut_to(suite, self.config.getoption("--evalkit-limit"))
        names = [gate.sentence for gate in suite.gates] or ["runs"]
        for index, name in enumerate(names):
            item = GateItem.from_parent(self, name=name, index=index)
            item.add_marker("evalkit")
            yield item

    def run_once(self) -> Run:
        """The run of this session; a failure to run is told by every gate."""
        if self._finished is None:
            try:
                self._finished = self._run()
            except EvalkitError as error:
                self._finished = error
        if isinstance(self._finished, EvalkitError):
            raise GateFailed(f"the suite could not be run: {self._finished}") from None
        return self._finished

    def _run(self) -> Run:
        from evalkit.core.atomic import write_text
        from evalkit.core.errors import RemoteError
        from evalkit.evaluation.folder import new_run_folder
        from evalkit.evaluation.run import run_suite
        from evalkit.evaluation.stored import save_run
        from evalkit.report.build import build_report

        options = self.config.option
        root = Path(self.config.invocation_params.dir)
        started, folder = new_run_folder(root / options.evalkit_reports, self.suite.name)
        done = run_suite(self.suite, store=root / options.evalkit_store, started=started)
        save_run(done.run, folder, timings=done.timings)
        write_text(folder / "index.html", build_report(done.run))
        self.report_path = folder / "index.html"
        if done.incomplete:
            raise RemoteError("; ".join(done.incomplete), "run pytest again: the rest is stored")
        return done.run


class GateItem(pytest.Item):
    """One gate."""

    def __init__(self, *, index: int, **rest: Any) -> None:
        super().__init__(**rest)
        self.index = index

    def runtest(self) -> None:
        """Pass, fail, or skip an undecided gate where that is allowed."""
        parent = self.parent
        assert isinstance(parent, SuiteFile)  # noqa: S101  pytest's own guarantee
        run = parent.run_once()
        if not run.gates:
            return
        gate = run.gates[self.index]
        self._properties(gate)
        if gate.verdict == "pass":
            return
        text = _told(gate, run, parent)
        if gate.verdict == "undecided" and self.config.getoption("--evalkit-allow-undecided"):
            pytest.skip(text)
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
        interval = gate.interval
        for key in ("value", "low", "high", "n"):
            self.user_properties.append((f"evalkit.{key}", str(getattr(interval, key))))
        self.user_properties.append(("evalkit.verdict", gate.verdict))


def _told(gate: GateResult, run: Run, parent: SuiteFile) -> str:
    from evalkit.evaluation.wording import gate_line, headline

    lines = [
        f"gate {gate.verdict}: {printable(gate.gate)}",
        f"  {gate_line(gate, 'en')}",
        f"  {headline(run, 'en')}",
    ]
    broken = [
        row
        for row in run.rows
        if run.base is not None
        and run.candidate is not None
        and row.answers[run.base].score > row.answers[run.candidate].score
    ]
    for row in broken[:_WORST]:
        answer = row.answers[run.candidate or ""]
        lines.append(
            f"  broken: {row.source}:{row.line} expected `{excerpt(row.expected, 40)}`, "
            f"{run.candidate} said `{excerpt(answer.read or answer.text, 40)}`"
        )
    lines.append(f"  report: {parent.report_path}")
    return "\n".join(lines)
