# SPDX-License-Identifier: Apache-2.0
"""The rows as columns of JSON values, for the script that fills the table of all rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from evalkit.evaluation.judging.verdicts import IDENTICAL, UNANSWERED
from evalkit.evaluation.result import Answer, RepeatedAnswer, Row, Run
from evalkit.report.judge_said import is_pairwise
from evalkit.report.outcomes import OUTCOMES, Outcome, outcome_name, outcomes

__all__ = ["MOST_ROWS", "kept_rows", "rows_data", "slice_fields"]

MOST_ROWS = 20_000
_WHYS = {IDENTICAL: "回答相同：算平局，未询问裁判", UNANSWERED: "有模型没有回答：未询问裁判"}
_AGREEING: tuple[Outcome, ...] = ("right", "wrong", "same")


def kept_rows(run: Run, limit: int = MOST_ROWS) -> Sequence[int]:
    """Indices of the rows that the page carries: all up to the limit, else all that differ.

    Above the limit rows that fared alike with every model are thinned evenly, in data order: no
    randomness.

    Args:
        run: Whose rows.
        limit: Most rows; rows that differ are kept even above it.
    """
    if len(run.rows) <= limit:
        return range(len(run.rows))
    differ = [
        what not in _AGREEING or not _agreed(row)
        for what, row in zip(outcomes(run), run.rows, strict=True)
    ]
    alike = [i for i, other in enumerate(differ) if not other]
    room = max(0, limit - (len(differ) - len(alike)))
    thinned = {alike[i * len(alike) // room] for i in range(room)} if room else set()
    return [i for i, other in enumerate(differ) if other or i in thinned]


def _agreed(row: Row) -> bool:
    """Whether every model scored the same, all the others beside base and candidate included."""
    return len({_rounded(answer.score) for answer in row.answers.values()}) <= 1


def slice_fields(run: Run) -> Mapping[str, Sequence[str]]:
    """Slice field to its values in order of appearance."""
    found: dict[str, dict[str, None]] = {}
    for row in run.rows:
        for field, value in row.slices.items():
            found.setdefault(field, {})[value] = None
    return {field: list(values) for field, values in found.items()}


def rows_data(run: Run, limit: int = MOST_ROWS) -> Mapping[str, Any]:
    """JSON values, a column for each property: short keys are not repeated for every row."""
    kept = kept_rows(run, limit)
    rows = [run.rows[i] for i in kept]
    named = outcomes(run)
    fields = slice_fields(run)
    places = {field: {v: i for i, v in enumerate(vs)} for field, vs in fields.items()}
    sources = list(dict.fromkeys(row.source for row in rows))
    single, pairwise = run.base is None, is_pairwise(run)
    verdicts = {str(i): _verdicts(row) for i, row in enumerate(rows) if row.verdicts}
    points = {str(i): _points(row) for i, row in enumerate(rows) if row.points}
    calls = {str(i): row.calls for i, row in enumerate(rows) if row.calls}
    return {
        "better": -1 if _lower_is_better(run) else 1,
        **({"whys": _WHYS} if verdicts or points else {}),
        "models": [
            {
                "name": card.name,
                "part": "base"
                if card.name == run.base
                else "candidate"
                if card.name == run.candidate
                else "other",
            }
            for card in run.models
        ],
        "labels": list(run.labels),
        "outcomes": [
            [
                o,
                outcome_name(o, single=single, pairwise=pairwise).plain("en"),
                outcome_name(o, single=single, pairwise=pairwise).plain("zh"),
            ]
            for o in OUTCOMES
        ],
        "fields": [[field, values] for field, values in fields.items()],
        "sources": sources,
        "rows": {
            "n": [i + 1 for i in kept],
            "id": [row.id for row in rows],
            "source": [sources.index(row.source) for row in rows],
            "line": [row.line for row in rows],
            "messages": [[list(turn) for turn in row.messages] for row in rows],
            "expected": [row.expected for row in rows],
            "outcome": [OUTCOMES.index(named[i]) for i in kept],
            "slices": [
                [places[field].get(row.slices.get(field, ""), -1) for row in rows]
                for field in fields
            ],
            "answers": [_column(rows, card.name, run) for card in run.models],
            **({"verdicts": verdicts} if verdicts else {}),
            **({"points": points} if points else {}),
            **({"calls": calls} if calls else {}),
        },
    }


def _lower_is_better(run: Run) -> bool:
    return any(m.metric == run.primary and m.better == "lower" for m in run.measures)


def _verdicts(row: Row) -> Sequence[Sequence[Any]]:
    return [
        [pair, _rounded(v.outcome), v.first, v.second, v.why, v.repeat] for pair, v in row.verdicts
    ]


def _points(row: Row) -> Sequence[Sequence[Any]]:
    return [[model, _rounded(p.score), p.why, p.repeat] for model, p in row.points]


def _column(rows: Sequence[Row], model: str, run: Run) -> Mapping[str, Any]:
    """One model's answers; what is rare is kept by row index."""
    answers = [row.answers.get(model) for row in rows]
    known = [(str(i), a) for i, a in enumerate(answers) if a is not None]
    repeats = {i: [_repeat(r) for r in a.repeats] for i, a in known if a.repeats}
    calls = {i: a.calls for i, a in known if a.calls}
    return {
        **({"repeats": repeats} if repeats else {}),
        **({"calls": calls} if calls else {}),
        "text": [a.text if a is not None else None for a in answers],
        "score": [_score(a) for a in answers],
        "read": {i: a.read for i, a in known if a.read is not None and a.read != a.text},
        "finish": {i: a.finish for i, a in known if a.finish != "stop"},
        "error": {i: a.error for i, a in known if a.error},
        "scores": {
            i: {name: _rounded(value) for name, value in a.scores.items()}
            for i, a in known
            if len(a.scores) > 1
        },
        "tokens": {
            i: [a.prompt_tokens, a.completion_tokens]
            for i, a in known
            if a.prompt_tokens is not None or a.completion_tokens is not None
        },
        "probabilities": {
            i: [_rounded(a.probabilities.get(label)) for label in run.labels]
            for i, a in known
            if a.probabilities and run.labels
        },
    }


def _repeat(one: RepeatedAnswer) -> Sequence[Any]:
    told = one.text if one.read is None else one.read
    if not told and one.calls:
        told = "\n".join(f"{name}({arguments})" for name, arguments in one.calls)
    return [told, _rounded(one.score), *([one.error] if one.error else [])]


def _score(answer: Answer | None) -> float | None:
    return _rounded(answer.score) if answer is not None else None


def _rounded(value: float | None) -> float | None:
    return round(value, 4) if value is not None and isfinite(value) else None
