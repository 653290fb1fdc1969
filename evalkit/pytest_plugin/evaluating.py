# SPDX-License-Identifier: Apache-2.0
"""The fixture `evaluate`: a suite is run once in the session, and tests read its measures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from evalkit.core.errors import EvalkitError, InputError, UsageError
from evalkit.core.measure import Difference, Interval, Verdict
from evalkit.core.registry import suggestion
from evalkit.evaluation.result import Decision, GateResult, Row, Run
from evalkit.in_tests import Suite as WrittenSuite
from evalkit.pytest_plugin.numbers import Change, Check, Number
from evalkit.pytest_plugin.runs import Outcome, runs_of
from evalkit.pytest_plugin.suites import as_asked, from_document, from_file

if TYPE_CHECKING:
    from evalkit.evaluation.suite import Suite

__all__ = ["Comparison", "Evaluate", "Evaluation", "ModelMeasures"]

_MIRROR: dict[Verdict, Verdict] = {"better": "worse", "worse": "better"}


class Evaluate:
    """Called with a suite, gives its `Evaluation`.

    Args:
        request: Of the test.
    """

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._request = request

    def __call__(self, suite: str | Path | WrittenSuite | Suite | Mapping[str, Any]) -> Evaluation:
        """Run the suite, once in the session, and give its measures.

        A suite that cannot be run fails the test without a traceback.

        Args:
            suite: A suite file (from the folder of the test, or from where pytest was called), an
                `evalkit.Suite`, or a mapping with the keys of a suite file.
        """
        __tracebackhide__ = True
        try:
            outcome = runs_of(self._request.config).outcome(self._suite(suite))
            wrong = f"the suite could not be run: {outcome.wrong}" if outcome.wrong else ""
        except EvalkitError as error:
            outcome, wrong = Outcome(suite=""), str(error)
        if wrong or outcome.run is None:
            pytest.fail(wrong, pytrace=False)
        self._note_partial(outcome)
        node = self._request.node
        _report(node, outcome)
        page = str(outcome.page)
        return Evaluation(outcome, outcome.run, lambda check: _noted(node, check, page))

    def _suite(self, suite: str | Path | WrittenSuite | Suite | Mapping[str, Any]) -> Suite:
        settings = runs_of(self._request.config).settings
        folder = self._request.path.parent
        if isinstance(suite, str | Path):
            return from_file(self._found(Path(suite), settings.root), settings)
        if isinstance(suite, WrittenSuite):
            suite = suite.document
        if isinstance(suite, Mapping):
            name = self._request.path.stem.removeprefix("test_")
            return from_document(suite, settings, folder=folder, name=name)
        return as_asked(suite, settings)

    def _found(self, path: Path, root: Path) -> Path:
        """Beside the test, else from where pytest was called or from its root."""
        places = [self._request.path.parent, root, self._request.config.rootpath]
        for place in places:
            if (place / path).is_file():
                return place / path
        looked = ", ".join(dict.fromkeys(str(place) for place in places))
        raise InputError(f"no suite file {path}", f"looked in {looked}")

    def _note_partial(self, outcome: Outcome) -> None:
        """With rows left out an assertion is no verdict: it may fail without failing the test."""
        if outcome.partial and outcome.run is not None:
            asked = len({(row.source, row.line) for row in outcome.run.rows})
            reason = f"PARTIAL: only the first {asked} rows, not judged"
            self._request.node.add_marker(
                pytest.mark.xfail(reason=reason, raises=AssertionError, strict=False)
            )


class Evaluation:
    """A finished run: `run["tuned"].accuracy`, `run.compare("tuned", "base").accuracy`.

    Attributes:
        result: The whole of it, as `evalkit.run` gives it.
        folder: Where it stands; `page` is its page.
    """

    def __init__(self, outcome: Outcome, run: Run, told: Any) -> None:
        self.result = run
        self.folder = outcome.folder
        self.page = outcome.page
        self._told = told

    @property
    def decision(self) -> Decision:
        """ship, dont_ship, not_proven or measured."""
        return self.result.decision

    @property
    def gates(self) -> Sequence[GateResult]:
        """Of the suite, in its order."""
        return self.result.gates

    @property
    def rows(self) -> Sequence[Row]:
        """Every row with all answers."""
        return self.result.rows

    def __getitem__(self, model: str) -> ModelMeasures:
        __tracebackhide__ = True
        names = [one.name for one in self.result.models]
        if model not in names:
            raise KeyError(
                f"the suite {self.result.suite} has no model `{model}`{suggestion(model, names)}; "
                f"it has {', '.join(names)}"
            )
        return ModelMeasures(self.result, model, self._told)

    def compare(self, candidate: str, base: str) -> Comparison:
        """Paired differences, candidate minus base, over the same rows.

        Raises:
            UsageError: The suite does not compare the two.
        """
        __tracebackhide__ = True
        return Comparison(self.result, candidate, base, self._told)

    def __repr__(self) -> str:
        from evalkit.evaluation.wording import headline

        return f"<{self.result.suite}: {headline(self.result, 'en')}>"


class ModelMeasures:
    """The measures of one model: as attributes (`.accuracy`) or by name (`["recall[refund]"]`)."""

    def __init__(self, run: Run, model: str, told: Any, where: str = "all") -> None:
        self._run, self._model, self._told, self._where = run, model, told, where

    def where(self, **condition: str) -> ModelMeasures:
        """Of one slice: `run["tuned"].where(lang="zh").accuracy`.

        Raises:
            UsageError: The suite has no such slice.
        """
        __tracebackhide__ = True
        known = list(dict.fromkeys(m.slice for m in self._run.measures if m.slice != "all"))
        return type(self)(self._run, self._model, self._told, _slice(condition, known))

    def __getattr__(self, name: str) -> Number:
        __tracebackhide__ = True
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, metric: str) -> Number:
        __tracebackhide__ = True
        known = {
            _plain(m.metric): m
            for m in self._run.measures
            if m.model == self._model and m.slice == self._where
        }
        found = known.get(_plain(metric))
        if found is None:
            raise _unknown(metric, f"{self._model}{_of_slice(self._where)}", list(known))
        number: Number = Number.of(
            found.interval,
            self._told,
            name=f"{self._model} {found.metric}{_of_slice(self._where)}",
            model=self._model,
            metric=found.metric,
            slice=self._where,
            unit=found.unit,
            better=found.better,
            run=self._run,
        )
        return number


class Comparison:
    """Paired differences of two models: as attributes (`.accuracy`) or by name."""

    def __init__(self, run: Run, candidate: str, base: str, told: Any, where: str = "all") -> None:
        __tracebackhide__ = True
        self._run, self._told, self._where = run, told, where
        self._candidate, self._base = candidate, base
        pair = (candidate, base)
        found = [d for d in run.differences if (d.candidate, d.base) == pair]
        self._found = found or [
            _mirrored(d) for d in run.differences if (d.base, d.candidate) == pair
        ]
        if not self._found:
            pairs = list(dict.fromkeys(f"{d.candidate} vs {d.base}" for d in run.differences))
            raise UsageError(
                f"the suite {run.suite} does not compare {candidate} with {base}; "
                f"it compares {', '.join(pairs) or 'nothing'}",
                f"add to the suite: compare: [{candidate} vs {base}]",
            )

    def where(self, **condition: str) -> Comparison:
        """Of one slice: `run.compare("tuned", "base").where(lang="zh").accuracy`.

        Raises:
            UsageError: The suite has no such slice.
        """
        __tracebackhide__ = True
        known = list(dict.fromkeys(d.slice for d in self._found if d.slice != "all"))
        where = _slice(condition, known)
        return type(self)(self._run, self._candidate, self._base, self._told, where)

    def __getattr__(self, name: str) -> Change:
        __tracebackhide__ = True
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, metric: str) -> Change:
        __tracebackhide__ = True
        known = {_plain(d.metric): d for d in self._found if d.slice == self._where}
        found = known.get(_plain(metric))
        pair = f"{self._candidate} - {self._base}"
        if found is None:
            raise _unknown(metric, f"{pair}{_of_slice(self._where)}", list(known))
        change: Change = Change.of(
            found.interval,
            self._told,
            name=f"{pair} {found.metric}{_of_slice(self._where)}",
            model=self._candidate,
            other=self._base,
            metric=found.metric,
            slice=self._where,
            unit=found.unit,
            better=found.better,
            run=self._run,
            verdict=found.verdict,
            p=found.interval.p,
            fixed=found.fixed,
            broken=found.broken,
            needed=found.needed,
        )
        return change


def _plain(metric: str) -> str:
    head, mark, rest = metric.partition("[")
    return head.replace("-", "_") + mark + rest


def _of_slice(where: str) -> str:
    return "" if where == "all" else f" where {where}"


def _slice(condition: Mapping[str, str], known: list[str]) -> str:
    __tracebackhide__ = True
    wanted = " and ".join(f"{field}={value}" for field, value in condition.items())
    if wanted not in known:
        raise UsageError(
            f"no slice `{wanted}`{suggestion(wanted, known)}",
            f"slices: {', '.join(known[:12]) or 'none; add `slices: [FIELD]` to the suite'}",
        )
    return wanted


def _unknown(metric: str, of: str, known: list[str]) -> AttributeError:
    return AttributeError(
        f"no `{metric}` of {of}{suggestion(metric, known)}; measured: {', '.join(known)}. "
        f"Others are named in the suite: metrics: [{metric}]"
    )


def _mirrored(found: Difference) -> Difference:
    """The same difference seen from the other side."""
    at: Interval = replace(
        found.interval,
        value=0.0 - found.interval.value,
        low=0.0 - found.interval.high,
        high=0.0 - found.interval.low,
    )
    return replace(
        found,
        base=found.candidate,
        candidate=found.base,
        interval=at,
        low_one_sided=nan,
        verdict=_MIRROR.get(found.verdict, "undecided"),
        fixed=found.broken,
        broken=found.fixed,
    )


def _report(node: Any, outcome: Outcome) -> None:
    for name, value in (("suite", outcome.suite), ("report", outcome.page)):
        pair = (f"evalkit.{name}", str(value or ""))
        if pair not in node.user_properties:
            node.user_properties.append(pair)


def _noted(node: Any, check: Check, page: str) -> None:
    """A comparison as a property of the test: for JUnit, and for the summary of any worker."""
    from evalkit.pytest_plugin.explain import seen

    number, at = check.number, check.number.interval
    value = {
        "said": check.said,
        "holds": check.holds,
        "close": check.close,
        "seen": {"en": seen(number, "en"), "zh": seen(number, "zh")},
        **{
            key: None if float(held) != float(held) else held  # NaN is no JSON
            for key, held in (("value", at.value), ("low", at.low), ("high", at.high))
        },
        "n": at.n,
        "unit": number.unit,
        "method": at.method,
        "confidence": at.confidence,
        "suite": number.run.suite,
        "report": page,
    }
    pair = ("evalkit.check", json.dumps(value, ensure_ascii=False))
    if pair not in node.user_properties:
        node.user_properties.append(pair)
