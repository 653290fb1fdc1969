# SPDX-License-Identifier: Apache-2.0
"""Verdicts as samples and as metrics: win_rate and judge_score read nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import nan

from evalkit.core.errors import UsageError
from evalkit.core.exchange import Reply
from evalkit.core.measure import Difference
from evalkit.core.printable import excerpt
from evalkit.core.registry import find, suggestion
from evalkit.core.score import Sample, Score
from evalkit.evaluation.judging.judge_health import JudgeHealth
from evalkit.evaluation.judging.judged import Judged
from evalkit.evaluation.judging.spec import JUDGE
from evalkit.evaluation.judging.trust import trust
from evalkit.evaluation.judging.verdicts import Point, Verdict, pair_name
from evalkit.evaluation.measuring import Chosen
from evalkit.evaluation.questions import Question
from evalkit.evaluation.result import AskedModel, Row
from evalkit.evaluation.rows import asked_models
from evalkit.evaluation.suite import Suite
from evalkit.metrics._parse import parse
from evalkit.metrics.win_rate import HELD_AGAINST

__all__ = [
    "JUDGE_METRICS",
    "believed",
    "is_judged",
    "judge_card",
    "judge_chosen",
    "judge_health",
    "judge_samples",
    "judged_pairs",
    "with_verdicts",
]

JUDGE_METRICS = ("win_rate", "judge_score")
_NOT_JUDGED = "the judge was not asked"
_SCORER = "judge"  # of points; "judge:base" of preferences over base


def is_judged(scorer: str) -> bool:
    """Whether samples of that name come from verdicts."""
    return scorer == _SCORER or scorer.startswith(f"{_SCORER}:")


def judge_chosen(name: str, suite: Suite, facts: Mapping[str, str] | None = None) -> Chosen | None:
    """A judge's metric, ready to be applied; None where the name is of another.

    Args:
        name: "win_rate" (against the base of the first comparison), "win_rate[old]", "judge_score".
        suite: With its judge.
        facts: `Judged.facts`: what the judge was told is part of what the number means.

    Raises:
        UsageError: The suite has no judge, or one of the other mode, or no such model.
    """
    stem, options = _read(name)
    if stem not in JUDGE_METRICS:
        return None
    if suite.judge is None:
        raise UsageError(
            f"the metric `{excerpt(name)}` needs a judge, and the suite has none",
            "name one: judge: {use: openai/gpt-5.5, rubric: policy}, or ask: a question",
        )
    wanted = "pairwise" if stem == "win_rate" else "pointwise"
    if suite.judge.mode != wanted:
        other = "judge_score" if stem == "win_rate" else "win_rate"
        raise UsageError(
            f"the metric `{excerpt(name)}` is of {wanted} judging, and the suite judges "
            f"{suite.judge.mode}",
            f"write judge: {{mode: {wanted}, ...}}, or measure {other}",
        )
    metric = find("metrics", stem)
    told = "; ".join((facts or {}).get(key, "") for key in ("judge mode", "judge prompt")).strip(
        "; "
    )
    if stem == "judge_score":
        return Chosen(name, metric, {"scale": suite.judge.scale}, _SCORER, told)
    base = options.get("label") or _first_base(suite)
    if base not in suite.models:
        raise UsageError(
            f"the metric `{excerpt(name)}` names a model that the suite has not"
            f"{suggestion(base, list(suite.models))}",
            f"models: {', '.join(suite.models)}",
        )
    return Chosen(name, metric, {"label": base}, f"{_SCORER}:{base}", told)


def judged_pairs(suite: Suite) -> tuple[tuple[str, str], ...]:
    """(candidate, base) of every pair whose answers a judge compares.

    Those of `compare`, then what gates and metrics need beside them.
    """
    if suite.judge is None or suite.judge.mode != "pairwise":
        return ()
    pairs = dict.fromkeys(suite.compare)
    for pair in _named(suite):
        if pair[0] != pair[1] and not {pair, (pair[1], pair[0])} & pairs.keys():
            pairs[pair] = None
    return tuple(pairs)


def judge_samples(
    suite: Suite,
    judged: Judged,
    questions: Sequence[Question],
    replies: Mapping[str, Sequence[Sequence[Reply]]],
) -> dict[str, dict[str, Sequence[Sequence[Sample]]]]:
    """Model to its samples by scorer, shape (K, n): "judge", or "judge:BASE" for each base.

    The base itself has 1/2 throughout, by definition; a model that was not judged against it NaN.
    A pair that was judged the other way round counts, turned.
    """
    others = (gate.other for gate in suite.gates if gate.other in suite.models)
    bases = dict.fromkeys(
        filter(None, (_first_base(suite), *(b for _, b in judged.pairs), *others))
    )
    pointwise = suite.judge is not None and suite.judge.mode == "pointwise"
    found: dict[str, dict[str, Sequence[Sequence[Sample]]]] = {}
    for model, answers in replies.items():
        scores: dict[str, list[Score]] = {}
        size = len(answers) * len(questions)
        if pointwise:
            given = [Score(one.score, why=one.why) for one in judged.points.get(model, ())]
            scores[_SCORER] = given or [Score(nan, why=_NOT_JUDGED)] * size
        for base in () if pointwise else bases:
            verdicts = _verdicts(judged, model, base)
            scores[f"{_SCORER}:{base}"] = list(_preferences(model, base, verdicts, size))
        found[model] = {name: _shaped(flat, questions, answers) for name, flat in scores.items()}
    return found


def judge_card(suite: Suite, judged: Judged | None) -> AskedModel | None:
    """What the judge is and took; None where it was asked nothing."""
    if suite.judge is None or judged is None or judged.asked is None:
        return None
    alone = replace(suite, models={JUDGE: suite.judge.model})
    return asked_models(alone, {JUDGE: judged.asked})[0]


def with_verdicts(rows: Sequence[Row], judged: Judged | None) -> list[Row]:
    """The rows with what was said of them."""
    if judged is None:
        return list(rows)
    verdicts: dict[str, list[tuple[str, Verdict]]] = {}
    points: dict[str, list[tuple[str, Point]]] = {}
    for pair, of_pair in judged.pairs.items():
        for verdict in of_pair:
            verdicts.setdefault(verdict.id, []).append((pair_name(*pair), verdict))
    for model, of_model in judged.points.items():
        for point in of_model:
            points.setdefault(point.id, []).append((model, point))
    return [
        replace(
            row,
            verdicts=tuple(verdicts.get(row.id, ())),
            points=tuple(points.get(row.id, ())),
        )
        for row in rows
    ]


def judge_health(suite: Suite, judged: Judged | None) -> JudgeHealth | None:
    """How far the judge can be trusted on the first pair; None where nothing was judged."""
    if suite.judge is None or judged is None or not (judged.pairs or judged.points):
        return None
    pair = suite.compare[0] if suite.compare else (next(iter(suite.models)), "")
    return trust(judged, pair, judged.humans, suite.confidence, judge=suite.judge.model.use)


def believed(differences: Sequence[Difference], health: JudgeHealth | None) -> list[Difference]:
    """The differences; those that a judge beyond its bounds saw decide nothing, and say why."""
    if health is None or health.may_gate:
        return list(differences)
    said = f"not judged: {health.why.get('en', '')}"

    def undecided(one: Difference) -> Difference:
        why = "; ".join(filter(None, (one.interval.why, said)))
        return replace(
            one, verdict="undecided", needed=None, interval=replace(one.interval, why=why)
        )

    return [undecided(one) if _read(one.metric)[0] in JUDGE_METRICS else one for one in differences]


def _read(name: str) -> tuple[str, dict[str, str]]:
    """The metric as it is defined (`win_rate` for `win-rate`), and the options in its name."""
    stem, options = parse(name)
    return stem.replace("-", "_"), options


def _named(suite: Suite) -> Iterator[tuple[str, str]]:
    """Pairs that gates compare, and those that `win_rate[MODEL]` is over."""
    for gate in suite.gates:
        comparing = gate.relation in ("better", "not_worse", "ratio")
        compares_wins = gate.metric is None or _read(gate.metric)[0] == "win_rate"
        if comparing and gate.other in suite.models and compares_wins:
            yield gate.model, str(gate.other)
        if not comparing and gate.metric is not None and gate.model in suite.models:
            yield from _over(gate.metric, gate.model, suite)
    if suite.compare:
        for name in filter(None, (suite.primary, *suite.metrics)):
            yield from _over(name, suite.compare[0][0], suite)


def _over(metric: str, model: str, suite: Suite) -> Iterator[tuple[str, str]]:
    stem, options = _read(metric)
    if stem == "win_rate":
        base = options.get("label") or _first_base(suite)
        if base in suite.models:
            yield model, base


def _first_base(suite: Suite) -> str:
    return suite.compare[0][1] if suite.compare else next(iter(suite.models))


def _verdicts(judged: Judged, model: str, base: str) -> list[Verdict]:
    if (model, base) in judged.pairs:
        return list(judged.pairs[model, base])
    turned = judged.pairs.get((base, model), ())
    return [replace(verdict, outcome=1 - verdict.outcome) for verdict in turned]


def _preferences(model: str, base: str, verdicts: Sequence[Verdict], size: int) -> Iterator[Score]:
    if model == base:
        for _ in range(size):
            yield Score(0.5, why=HELD_AGAINST)
        return
    if not verdicts:
        for _ in range(size):
            yield Score(nan, why=f"{model} was not judged against {base}")
        return
    words = {1.0: "win", 0.0: "loss", 0.5: "tie"}
    for verdict in verdicts:
        yield Score(verdict.outcome, answer=words.get(verdict.outcome), why=verdict.why)


def _shaped(
    flat: Sequence[Score], questions: Sequence[Question], answers: Sequence[Sequence[Reply]]
) -> tuple[tuple[Sample, ...], ...]:
    n = len(questions)
    return tuple(
        tuple(
            Sample(
                id=question.id,
                score=score,
                expected=question.expected,
                reply=reply,
                slices=question.slices,
                cluster=question.cluster or None,
            )
            for question, score, reply in zip(
                questions, flat[k * n : (k + 1) * n], repeat, strict=True
            )
        )
        for k, repeat in enumerate(answers)
    )
