# SPDX-License-Identifier: Apache-2.0
"""Invented runs for the sections that not every run has; sample_run.py must be loaded before."""

from __future__ import annotations

import json
import random
import sys
from dataclasses import replace
from math import nan
from types import ModuleType
from typing import Any

from evalkit.core.measure import Measure
from evalkit.evaluation.judging.verdicts import Verdict, pair_name
from evalkit.evaluation.linted import LintCount, Linted
from evalkit.evaluation.result import Curves, Run
from evalkit.evaluation.training import Training
from evalkit.statistics.calibration import mass_bins
from evalkit.statistics.mean import mean

__all__ = ["VARIANTS", "calls", "curved", "judged", "rounded", "six"]

VARIANTS = ("curved", "calls", "judged", "rounded", "six")


def _samples() -> ModuleType:
    return sys.modules["sample_run"]


def curved() -> Run:
    """A classification with curves of three labels, a positive one and frozen thresholds."""
    run: Run = _samples().classification()
    found = []
    for model in ("base", "tuned", "tfidf"):
        said = [max(row.answers[model].probabilities.values()) for row in run.rows]
        right = [int(row.answers[model].score) for row in run.rows]
        found.append(_curves(model, None, said, right))
        for label in ("refund", "billing", "account"):
            said = [row.answers[model].probabilities[label] for row in run.rows]
            right = [int(row.expected == label) for row in run.rows]
            found.append(_curves(model, label, said, right))
    thresholds = {"tuned": 0.5, "base": 0.6, "tfidf": nan}
    area = replace(run.measures[0], model="tuned", metric="auroc")
    measures = (*run.measures, replace(area, interval=replace(area.interval, value=0.9321)))
    return replace(
        run, curves=tuple(found), positive="refund", thresholds=thresholds, measures=measures
    )


def _curves(model: str, label: str | None, said: list[float], right: list[int]) -> Curves:
    roc: list[tuple[float, float, float]] = []
    pr: list[tuple[float, float, float]] = []
    if label is not None:
        of, rest = sum(right), len(right) - sum(right)
        roc.append((0.0, 0.0, nan))
        for cut in sorted(set(said), reverse=True):
            hits = sum(y for p, y in zip(said, right, strict=True) if p >= cut)
            raised = sum(p >= cut for p in said)
            roc.append(((raised - hits) / rest, hits / of, cut))
            pr.append((hits / of, hits / raised, cut))
    return Curves(
        model=model, label=label, roc=roc, pr=pr, reliability=tuple(mass_bins(said, right, 8))
    )


def calls() -> Run:
    """Tool calls: some are missed, some filled wrongly, one is not wanted."""
    samples = _samples()
    run: Run = samples.qa(30)
    random_ = random.Random(2)  # noqa: S311 - invented data
    rows = []
    for i, row in enumerate(run.rows):
        wanted = _wanted(i)
        answers = {}
        for model, share in (("base", 0.3), ("tuned", 0.8)):
            given = tuple(c for call in wanted for c in _given(call, share, random_))
            answers[model] = replace(
                row.answers[model], text="", calls=given, score=float(given == wanted)
            )
        expected = "\n".join(f"{name}({text})" for name, text in wanted)
        rows.append(replace(row, expected=expected, calls=wanted, answers=answers))
    made: Run = samples._run("support-tools", "qa", "tool_calls", rows, run.models)
    return replace(made, decision="ship")


def _wanted(i: int) -> tuple[tuple[str, str], ...]:
    if i % 3 == 0:
        return (("find_order", '{"email": "a@b.example"}'), ("refund", '{"order": 7}'))
    reason = "台灯坏了" if i % 2 else "it is broken"
    filled = {"order": 1000 + i, "reason": reason, "fast": True}
    return (("refund", json.dumps(filled, ensure_ascii=False)),)


def _given(
    call: tuple[str, str], share: float, random_: random.Random
) -> tuple[tuple[str, str], ...]:
    at = random_.random()
    if at < share:
        return (call,)
    if at < share + 0.1:
        return ()
    if at < share + 0.15:
        return (("cancel", '{"id": 1}'),)
    filled: dict[str, Any] = json.loads(call[1])
    key = random_.choice(list(filled))
    filled[key] = f"{filled[key]}x"
    return ((call[0], json.dumps(filled, ensure_ascii=False)),)


def judged() -> Run:
    """A judge prefers one of two answers; no answer was expected."""
    samples = _samples()
    run: Run = samples.qa(48)
    rows = []
    for i, row in enumerate(run.rows):
        outcome = (1.0, 1.0, 0.5, 0.0)[i % 4]
        scores = {"base": 1 - outcome, "tuned": outcome}
        verdict = Verdict(
            id=row.id,
            first="win" if outcome else "loss",
            second="win" if outcome else "loss",
            outcome=outcome,
            why=f"<b>{i}</b> 它写明了期限",
        )
        rows.append(
            replace(
                row,
                expected="",
                answers={n: replace(a, score=scores[n]) for n, a in row.answers.items()},
                verdicts=((pair_name("tuned", "base"), verdict),),
            )
        )
    made: Run = samples._run("support-judged", "judged", "win_rate", rows, run.models)
    return replace(made, decision="ship")


def rounded() -> Run:
    """Prices, a repaid training, lint findings and more notes than the first screen holds."""
    run: Run = _samples().classification()
    prices = {"base": "0.61", "tuned": "0.42", "tfidf": None}
    found = LintCount(
        name="exact-duplicate",
        code="DUP001",
        severity="warning",
        count=8,
        message=("same as line 3; drop one", "与第 3 行相同，请删一条"),
        lines=(4, 9, 12, 13, 20),
    )
    return replace(
        run,
        models=[replace(card, cost_per_1000=prices[card.name]) for card in run.models],
        linted=(
            Linted(path="data/test.jsonl", part="held-out", rows=156, sha256="ab" * 32),
            Linted(
                path="data/train.jsonl",
                part="training",
                rows=353,
                sha256="cd" * 32,
                counts=(found,),
            ),
        ),
        training=Training(
            cost="7.2200",
            currency="USD",
            epochs=3,
            tokens=1_444_000,
            as_of="2025-11-01",
            source="https://developers.openai.com/api/docs/pricing",
            verdict="repaid",
            calls=37_412,
        ),
        notes=tuple((f"Note {i} on the data.", f"关于数据的第 {i} 条说明。") for i in range(5)),
    )


def six() -> Run:
    """Six models, one of them with a long name."""
    samples, run = _samples(), curved()
    names = ("a-third-model-with-a-very-long-name", "kimi-k3", "qwen-5-72b")
    rows = [
        replace(
            row,
            answers={
                **row.answers,
                **{
                    name: row.answers[("base", "tuned", "tfidf")[(i + at) % 3]]
                    for at, name in enumerate(names)
                },
            },
        )
        for i, row in enumerate(run.rows)
    ]
    cards = [*run.models, *(replace(run.models[0], name=name) for name in names)]
    made: Run = samples._run("six", run.task, run.primary, rows, cards)
    latency = [
        Measure(
            model=card.name, metric="latency", slice="all", interval=mean([300.0, 420.0, 380.0]),
            unit="ms", better="lower", signature="latency",
        )
        for card in cards
    ]  # fmt: skip
    return replace(
        made,
        decision="ship",
        curves=run.curves,
        positive="refund",
        measures=(*made.measures, *latency),
    )
