# SPDX-License-Identifier: Apache-2.0
"""The first suite of a task: what its data hold, which models can run, what its rows can prove."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from math import nan
from pathlib import Path
from typing import Any

from evalkit.core.errors import EvalkitError, UsageError
from evalkit.data.read import TableOptions
from evalkit.evaluation.outlook.gates import GateOutlook, gate_outlooks
from evalkit.evaluation.questions import Question, questions, script_of
from evalkit.evaluation.suite import Suite, suite_from
from evalkit.evaluation.task import Task, task_of
from evalkit.starter.found import DataFile, Group

__all__ = ["FirstSuite", "Proof", "first_suite", "proof_of"]

_FEWEST_OF_A_SLICE = 10
_MOST_VALUES = 8
_MOST_SLICES = 3
_LOCAL_ROWS = 64  # what a small model on one thread labels in about a minute
_WIDEST = 0.25  # a margin above it is no claim that anybody makes


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What the rows can prove of the primary metric, if the models differ much (`outlook`).

    Attributes:
        margin: The least margin in which two equal models are shown to be not worse; NaN = none
            that is worth a claim.
        shows: The least difference that is found four times in five; NaN = none.
    """

    margin: float = nan
    shows: float = nan


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSuite:
    """All that the text of a suite says.

    Attributes:
        group: Its files.
        task: As the data show it.
        rows: Of the held-out file.
        slices: Fields.
        models: Name to specification: what runs here without a key.
        candidate: Of these, what the gates are about.
        base: Held against it; None where there is one model.
        proof: What the rows can prove.
        local: "runs", "slow" (it is there, and the rows are many) or "missing".
        train: As seen from the folder; the held-out file itself where there is no other.
    """

    group: Group
    task: Task
    rows: int
    slices: Sequence[str]
    models: Mapping[str, str]
    candidate: str
    base: str | None
    proof: Proof
    local: str
    train: Path | None


def first_suite(folder: Path, group: Group) -> FirstSuite:
    """Work out a suite that runs on these files as they are.

    Raises:
        EvalkitError: The rows cannot be asked; the message says which.
    """
    asked = _read(folder, group.held_out, ())
    slices = _slices(asked)
    asked = _read(folder, group.held_out, slices)
    suite = _suite(folder, group, {"simplest": "baseline:majority"}, slices)
    task = task_of(suite, [one.expected for one in asked])
    local = _local(task, len(asked))
    models = _models(folder, group, task, local)
    names = list(models)
    candidate = names[-1]
    base = "base" if "base" in names and len(names) > 1 else names[0]
    return FirstSuite(
        group=group,
        task=task,
        rows=len(asked),
        slices=slices,
        models=models,
        candidate=candidate,
        base=base if base != candidate else None,
        proof=proof_of(_suite(folder, group, models, slices), task, asked),
        local=local,
        train=(group.train or group.held_out).path,
    )


def proof_of(suite: Suite, task: Task, asked: Sequence[Question]) -> Proof:
    """What the rows prove of two models by the primary metric."""
    found = {
        relation: _outlook(suite, task, asked, sentence)
        for relation, sentence in (
            ("margin", "a not worse than b by 1 points"),
            ("shows", "a better than b"),
        )
    }
    margin, shows = (
        one.shows[1] if one is not None and one.shows is not None else nan
        for one in (found["margin"], found["shows"])
    )
    return Proof(margin=margin if margin <= _WIDEST else nan, shows=shows)


def _outlook(
    suite: Suite, task: Task, asked: Sequence[Question], sentence: str
) -> GateOutlook | None:
    from evalkit.evaluation.gates.sentence import parse_gate

    gate = parse_gate(sentence, models=["a", "b"], place="init")
    found = gate_outlooks(replace(suite, gates=(gate,)), task, asked)
    return found[0] if found else None


def _read(folder: Path, file: DataFile, slices: Sequence[str]) -> list[Question]:
    return questions(folder / file.path, table=TableOptions(), slices=slices, limit=None)


def _suite(folder: Path, group: Group, models: Mapping[str, str], slices: Sequence[str]) -> Suite:
    train = (group.train or group.held_out).path
    document: dict[str, Any] = {
        "data": str(group.held_out.path),
        "train": str(train),
        "models": dict(models),
        "slices": list(slices),
    }
    return suite_from(document, folder=folder, name=group.name)


def _slices(asked: Sequence[Question]) -> list[str]:
    """Fields that part the rows into a few groups of some size; then language, then length."""
    fields: Counter[str] = Counter()
    for one in asked:
        fields.update(one.example.fields.keys())
    found = []
    for name in sorted(fields):
        values = Counter(one.example.fields.get(name, "").strip() for one in asked)
        told = name.strip() == name and name and name not in ("length", "language", "lint")
        if not told or fields[name] < len(asked) or not 2 <= len(values) <= _MOST_VALUES:
            continue
        says = {(one.example.fields[name].strip(), one.expected.strip()) for one in asked}
        if len(says) == len(values) == len({expected for _, expected in says}):
            continue  # the answer under another name
        if min(values.values()) >= min(_FEWEST_OF_A_SLICE, len(asked) // len(values) // 4):
            found.append(name)
    found = found[:_MOST_SLICES]
    scripts = Counter(script_of(one.messages[-1].get("content") or "") if isinstance(
        one.messages[-1].get("content"), str) else "other" for one in asked)  # fmt: skip
    common = [script for script, n in scripts.items() if n >= _FEWEST_OF_A_SLICE]
    if len(common) > 1 and not {"lang", "language"} & set(found):
        found.append("language")
    if len(asked) >= 3 * _FEWEST_OF_A_SLICE:
        found.append("length")
    return found


def _local(task: Task, rows: int) -> str:
    if find_spec("xllamacpp") is None:
        return "missing"
    from evalkit.models._weights import find_weights

    try:
        find_weights()
    except EvalkitError:
        return "missing"
    return "runs" if task.kind == "classification" and rows <= _LOCAL_ROWS else "slow"


def _models(folder: Path, group: Group, task: Task, local: str) -> dict[str, str]:
    """What can be opened here and now; a baseline that cannot learn from these rows is left out."""
    wanted = {"simplest": "baseline:majority"}
    if group.train is not None:
        learned = task.kind == "classification"
        name, use = ("classical", "tfidf-logreg") if learned else ("nearest", "nearest-answer")
        wanted[name] = f"baseline:{use}"
    found = {name: use for name, use in wanted.items() if _opens(folder, group, name, use)}
    if local == "runs":
        found = {"base": "local:smollm2", **found}
    if not found:
        raise UsageError(
            "no model can run here without a key: the baselines need scikit-learn",
            'install it: pip install "evalkit-ft[eval]"',
        )
    return found


def _opens(folder: Path, group: Group, name: str, use: str) -> bool:
    from evalkit.evaluation.run import look_ahead

    suite = _suite(folder, group, {name: use}, ())
    try:
        look_ahead(suite, store=folder / ".evalkit" / "no-such-store.sqlite")
    except EvalkitError:
        return False
    return True
