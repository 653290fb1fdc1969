# SPDX-License-Identifier: Apache-2.0
"""Recorded answers of several models become a Run, without asking any of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.measure import LEAST_CONFIDENCE
from evalkit.core.printable import excerpt
from evalkit.core.registry import find, names, suggestion
from evalkit.data.read import TableOptions
from evalkit.evaluation.asked import Asked
from evalkit.evaluation.assess import assess
from evalkit.evaluation.comparing.alignment import Alignment, By, align
from evalkit.evaluation.comparing.answer_sets import AnswerSet, answer_sets
from evalkit.evaluation.comparing.apart import measured_apart
from evalkit.evaluation.comparing.expected_rows import Expected, expected_from, held_out
from evalkit.evaluation.comparing.flips import Flips, flips_of
from evalkit.evaluation.comparing.labels import with_labels_found
from evalkit.evaluation.comparing.notes import comparison_notes, not_the_same, nothing_expected
from evalkit.evaluation.comparing.questions import (
    conflicts_of,
    questions_of,
    replies_of,
    with_whole_shares,
)
from evalkit.evaluation.gates.sentence import parse_gate
from evalkit.evaluation.questions import Question
from evalkit.evaluation.result import Run
from evalkit.evaluation.scorer_options import bound_scorers
from evalkit.evaluation.suite import Suite
from evalkit.evaluation.task import task_of
from evalkit.evaluation.written_scorers import written_scorers
from evalkit.metrics._parse import parse
from evalkit.models._model_spec import ModelSpec
from evalkit.models.recordings._read import Columns

__all__ = ["Compared", "Wanted", "compare_answers"]

_BY_TEXT = "Labels are read from the text for every model:"
_VS = re.compile(r"\s+vs\.?\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be found out.

    Attributes:
        expected: Where the expected answers stand; None = in the files.
        data: The held-out set, with questions and expected answers.
        table: How that is read where it is a spreadsheet.
        columns: Which column of a table of answers is which.
        by: How rows are paired; None = found.
        base: Whom the others are held against; None = the model called "base", else the first.
        first_is_base: Whatever the others are called.
        pairs: Such as "tuned vs base", instead.
        task: "classification" or "qa"; None = inferred.
        labels: Empty = inferred.
        primary: None = by task.
        metrics: Further ones.
        scorers: Options of scorers, and scorers of your own, as the suite key has them.
        slices: Fields, or "length", "language".
        gates: Sentences, or their mapping form.
        margin: Such as "2 points": every candidate must not be worse by more.
        confidence: Of intervals, at least 0.8 and below 1.
        seed: Of resampling.
        place: What the gates are called in messages.
    """

    expected: Any = None
    data: Path | None = None
    table: TableOptions = field(default_factory=TableOptions)
    columns: Columns = field(default_factory=dict)
    by: By | None = None
    base: str | None = None
    first_is_base: bool = False
    pairs: Sequence[str] = ()
    task: str | None = None
    labels: Sequence[str] = ()
    primary: str | None = None
    metrics: Sequence[str] = ()
    scorers: Mapping[str, Any] = field(default_factory=dict)
    slices: Sequence[str] = ()
    gates: Sequence[str | Mapping[str, Any]] = ()
    margin: str | float | None = None
    confidence: float = 0.95
    seed: int = 0
    place: str = "--gate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The result, and how the rows were brought together.

    Attributes:
        run: As reports, gates and frames read it.
        alignment: Which rows are missing, foreign or there twice.
        sets: The answers, in order.
        flips: Of every compared pair, where scores are right or wrong.
    """

    run: Run
    alignment: Alignment
    sets: Sequence[AnswerSet]
    flips: Sequence[Flips]


def compare_answers(
    given: Sequence[tuple[str | None, Any]], wanted: Wanted, *, started: str
) -> Compared:
    """Compare answers that were given already; nothing is sent anywhere.

    Args:
        given: Name (None = found) and source of each: as for `answer_sets`.
        wanted: What is to be found out.
        started: ISO time, for the record (the engine has no clock).

    Raises:
        InputError: A file that cannot be read, or is no answers.
        UsageError: No common rows, nothing expected, an unknown metric, model, slice or gate.
    """
    _check(wanted)
    sets = answer_sets(given, wanted.columns)
    apart = wanted.by == "none"
    pairs = () if apart else _pairs([one.name for one in sets], wanted)
    reference = _reference(wanted)
    found = align(
        {one.name: one.rows for one in sets},
        reference=reference.rows if reference else None,
        by=wanted.by,
    )
    conflicts = conflicts_of(found)
    if reference is None and wanted.by is None and len(conflicts.keys) * 2 > conflicts.of > 0:
        raise not_the_same(conflicts, found.by)
    suite = _suite(sets, pairs, wanted)
    whole = _questions(found, reference, suite)
    questions = [q for q in whole if q.expected.strip() or q.expected_calls]
    without = [q.id for q in whole if not (q.expected.strip() or q.expected_calls)]
    if _reads_no_expected(wanted.primary):
        questions, without = whole, []
    if not questions:
        raise nothing_expected(sets, given_apart=reference is not None)
    task = task_of(suite, [q.expected for q in questions])
    if not all(q.expected.strip() or q.expected_calls for q in questions):
        facts = [name for name in task.metrics if _reads_no_expected(name)]
        task = replace(task, metrics=tuple(facts))
    keys = _keys(questions, found) if reference is not None else [q.id for q in questions]
    asked = {one.name: replies_of(found, one, keys) for one in sets}
    if task.labels:
        asked = with_whole_shares(asked, task.labels)
    suite, anywhere = with_labels_found(suite, task, asked)
    if apart:
        run = measured_apart(suite, task, questions, asked, found, started=started)
    else:
        run = assess(suite, task, questions, [], asked, started=started)
    run = replace(
        run,
        notes=[
            *comparison_notes(found, sets, conflicts, without, reference),
            *anywhere,
            *_worth_saying(run, asked),
        ],
        unscored={name: count + len(without) for name, count in run.unscored.items()},
        provenance={**run.provenance, "rows paired by": found.by},
    )
    flips = [flips_of(run, candidate, base) for candidate, base in pairs]
    return Compared(
        run=run, alignment=found, sets=sets, flips=[one for one in flips if one is not None]
    )


def _worth_saying(run: Run, asked: Mapping[str, Asked]) -> list[tuple[str, str]]:
    """The notes of a run; that nobody gave probabilities is nothing to notice in a file."""
    given = any(
        reply.probabilities or reply.positions
        for one in asked.values()
        for repeat in one.repeats
        for reply in repeat
    )
    return [note for note in run.notes if given or not note[0].startswith(_BY_TEXT)]


def _check(wanted: Wanted) -> None:
    """What can be told before anything is read."""
    if not LEAST_CONFIDENCE <= wanted.confidence < 1:
        raise UsageError(
            f"a confidence of {wanted.confidence:g} cannot be",
            f"give one from {LEAST_CONFIDENCE}, below 1",
        )
    if wanted.by == "none" and (wanted.expected is not None or wanted.data is not None):
        raise UsageError(
            "--by none pairs nothing, not even answers with expected ones",
            "leave it out: rows are found by id or by their messages",
        )
    if wanted.expected is not None and wanted.data is not None:
        raise UsageError(
            "--expected and --data both say what should have been answered",
            "--data takes a held-out set with the questions, --expected ids and answers: give one",
        )
    own = (name.replace("-", "_") for name in wanted.scorers)
    known = [name.replace("-", "_") for name in (*names("metrics"), *names("scorers"))]
    known += own
    for name in filter(None, (wanted.primary, *wanted.metrics)):
        stem, _ = parse(name)
        if "/" not in name and stem.replace("-", "_") not in known:
            raise UsageError(
                f"no metric named `{excerpt(name, 60)}`{suggestion(stem, known)}",
                f"known: {', '.join(dict.fromkeys(known))}",
            )


def _reference(wanted: Wanted) -> Expected | None:
    if wanted.data is not None:
        return held_out(wanted.data, table=wanted.table, slices=wanted.slices)
    if wanted.expected is not None:
        return expected_from(wanted.expected, wanted.columns, slices=wanted.slices)
    return None


def _pairs(models: list[str], wanted: Wanted) -> tuple[tuple[str, str], ...]:
    """Candidate and base of every pair."""
    found = []
    for text in wanted.pairs:
        parts = _VS.split(text.strip())
        if len(parts) != 2:
            raise UsageError(f"`{excerpt(text, 60)}` is no pair", "write it as tuned vs base")
        if parts[0] == parts[1]:
            raise UsageError(
                f"`{excerpt(text, 60)}`: a model is not compared with itself", "name another one"
            )
        found.append((_known(parts[0], models), _known(parts[1], models)))
    if found:
        return tuple(found)
    base = _known(wanted.base, models) if wanted.base else None
    base = base or ("base" if "base" in models and not wanted.first_is_base else models[0])
    return tuple((name, base) for name in models if name != base)


def _known(name: str, models: list[str]) -> str:
    if name not in models:
        raise UsageError(
            f"no model is called `{excerpt(name, 60)}` here{suggestion(name, models)}",
            f"models: {', '.join(models)}; NAME=FILE gives one another name",
        )
    return name


def _suite(sets: Sequence[AnswerSet], pairs: Sequence[tuple[str, str]], wanted: Wanted) -> Suite:
    """What a suite file would say, with answers in the place of models."""
    models = [one.name for one in sets]
    if wanted.margin is not None and not pairs:
        raise UsageError("--margin has no pair to hold against each other", "leave out --by none")
    held = [
        parse_gate(
            {"model": c, "not_worse_than": b, "margin": wanted.margin},
            models=models,
            place="--margin",
        )
        for c, b in (pairs if wanted.margin is not None else ())
    ]
    first = wanted.data or (wanted.expected if isinstance(wanted.expected, str | Path) else None)
    source = str(first or sets[0].path or sets[0].source or sets[0].name)
    suite = Suite(
        name=" vs ".join(pairs[0] if len(pairs) == 1 else models)
        if len(models) == 2
        else f"{len(models)} models",
        folder=Path(),
        data=source,
        models={one.name: ModelSpec(use=f"replay:{one.source or one.name}") for one in sets},
        compare=tuple(pairs),
        task=wanted.task,
        labels=tuple(wanted.labels),
        primary=wanted.primary,
        metrics=tuple(wanted.metrics),
        slices=tuple(wanted.slices),
        gates=(
            *(
                parse_gate(gate, models=models, place=f"{wanted.place} {n}")
                for n, gate in enumerate(wanted.gates, 1)
            ),
            *held,
        ),
        confidence=wanted.confidence,
        seed=wanted.seed,
        scorers=written_scorers(dict(wanted.scorers) or None, "--scorer"),
    )
    for name, bound in bound_scorers(suite).items():
        if "ask" in bound.wants or bound.model is not None:
            raise UsageError(
                f"the scorer `{excerpt(name, 60)}` asks a model, and a comparison asks none",
                "put the recordings into a suite: models: {old: replay:old.csv}",
            )
    return suite


def _questions(found: Alignment, reference: Expected | None, suite: Suite) -> list[Question]:
    if reference is not None and reference.questions:
        return list(reference.questions)
    return questions_of(found, found.reference, slices=suite.slices, source=suite.data)


def _keys(questions: Sequence[Question], found: Alignment) -> list[str]:
    """The name of each question in the alignment."""
    by_row = {one: key for key, rows in found.reference.items() for one in rows[0].ids}
    return [q.id if q.id in found.reference else by_row[q.id] for q in questions]


def _reads_no_expected(primary: str | None) -> bool:
    """Whether the verdict is on a fact of the answers alone, such as their length."""
    if primary is None or primary.replace("_", "-") not in names("metrics"):
        return False
    return not getattr(find("metrics", primary), "scorer", "x")
