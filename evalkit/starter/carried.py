# SPDX-License-Identifier: Apache-2.0
"""What another tool was told, in the terms of a suite, and what of it was not carried over."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan
from pathlib import Path
from typing import Any

from evalkit.core.errors import EvalkitError, UsageError
from evalkit.core.printable import excerpt
from evalkit.core.registry import names
from evalkit.evaluation.outlook.gates import gate_outlooks
from evalkit.evaluation.questions import questions
from evalkit.evaluation.suite import Suite, load_suite
from evalkit.evaluation.task import task_of
from evalkit.starter.first_suite import Proof, proof_of
from evalkit.starter.suite_text import SUITES, points, suite_path
from evalkit.starter.writing import NewFile, comment

__all__ = ["NO_ANSWER", "Carried", "Left", "files_of", "safe_name", "scorer_name"]

NO_ANSWER = "-"  # stands where a row has no expected answer: what is asked must have one
_MOST_MODELS = 6
_MOST_SHOWN = 30


@dataclass(slots=True)
class Left:
    """What was not carried over, each thing once, with how often it was met."""

    things: dict[str, int] = field(default_factory=dict)

    def add(self, thing: str) -> None:
        """Note it; the text may hold data."""
        told = comment(excerpt(thing, 200))
        self.things[told] = self.things.get(told, 0) + 1

    def lines(self) -> list[str]:
        """One line each, printable."""
        shown = [f"{thing} ({n} times)" if n > 1 else thing for thing, n in self.things.items()]
        more = len(shown) - _MOST_SHOWN
        return [*shown[:_MOST_SHOWN], *([f"… and {more} more"] if more > 0 else [])]


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A suite made from another tool's configuration.

    Attributes:
        name: Of the suite.
        source: The file that it was made from.
        rows: Chat rows, the last message the expected answer; `item` is what graders read.
        models: Name to specification.
        scorers: Name to grader object, or to what a suite says of a scorer.
        metrics: That the suite asks for, the primary first; empty = those of the task.
        generate: As in suites.
        left: What was not carried.
    """

    name: str
    source: str
    rows: Sequence[Mapping[str, Any]]
    models: Mapping[str, Any]
    scorers: Mapping[str, Any] = field(default_factory=dict)
    metrics: Sequence[str] = ()
    generate: Mapping[str, Any] = field(default_factory=dict)
    left: Left = field(default_factory=Left)


def files_of(one: Carried) -> list[NewFile]:
    """The suite, its rows and its graders, checked by reading them as a run would.

    Raises:
        UsageError: There are no rows, or what came out is no suite; the message says why.
    """
    if not one.rows:
        raise UsageError(
            f"{one.source} holds no rows that can be asked here",
            "; ".join(_of_rows(one.left)[:3]) or "name the file with its rows too",
        )
    rows = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in one.rows)
    place = suite_path(one.name)
    data = place.with_name(f"{one.name}.jsonl")
    graders = {
        name: (f"{one.name}.graders/{name}.json", body)
        for name, body in one.scorers.items()
        if "type" in body
    }
    beside = [
        NewFile(
            path=Path(SUITES) / file,
            text=json.dumps(body, ensure_ascii=False, indent=1) + "\n",
            about=("a grader", "评分器"),
        )
        for file, body in graders.values()
    ]
    written = {name: {"grader": file} for name, (file, _) in graders.items()}
    document = _document(one, {**one.scorers, **written}, data.name)
    gates = _gates(one, document, NewFile(path=data, text=rows, about=("", "")), beside)
    n = len(one.rows)
    about = (f"{n:,} rows from {comment(one.source)}", f"取自 {comment(one.source)} 的 {n:,} 行")
    return [
        NewFile(path=place, text=_text(one, document, gates), about=about),
        NewFile(path=data, text=rows, about=("its rows", "它的数据")),
        *beside,
    ]


def _of_rows(left: Left) -> list[str]:
    """What was left out that rows are made of; all of it where there is no such thing."""
    lines = left.lines()
    return [one for one in lines if one.startswith(("rows", "tests", "prompt"))] or lines


def _document(one: Carried, scorers: Mapping[str, Any], data: str) -> dict[str, Any]:
    models = dict(list(one.models.items())[:_MOST_MODELS])
    for name in list(one.models)[_MOST_MODELS:]:
        one.left.add(f"model {name}: a suite has at most {_MOST_MODELS}")
    document: dict[str, Any] = {"data": data, "models": models}
    if scorers:
        document |= {"task": "qa", "scorers": dict(scorers)}
    if one.metrics:
        document |= {"primary": one.metrics[0], "metrics": list(one.metrics)}
    if one.generate:
        document["generate"] = dict(one.generate)
    return document


def _gates(
    one: Carried, document: Mapping[str, Any], data: NewFile, beside: Sequence[NewFile]
) -> list[str]:
    """A gate with a margin that the rows can prove, where two models are compared."""
    suite, proof = _tried(one, document, [data, *beside])
    if not suite.compare or isnan(proof.margin):
        return []
    candidate, base = suite.compare[0]
    return [f"{candidate} not worse than {base} by {points(proof.margin)}"]


def _tried(
    one: Carried, document: Mapping[str, Any], files: Sequence[NewFile]
) -> tuple[Suite, Proof]:
    """The suite as it will be read, from a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="evalkit-init-") as made:
        folder = Path(made)
        for file in files:
            place = folder / file.path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.text.encode("utf-8", "backslashreplace"))
        place = folder / suite_path(one.name)
        place.write_bytes(_dumped(document).encode("utf-8", "backslashreplace"))
        try:
            suite = load_suite(place)
            asked = questions(suite.folder / suite.data, table=suite.table, slices=(), limit=None)
            task = task_of(suite, [row.expected for row in asked])
            gate_outlooks(suite, task, asked)
            return suite, proof_of(suite, task, asked)
        except EvalkitError as error:
            told = error.message.replace(made, "").lstrip("/\\")
            raise UsageError(f"{one.source}: {told}", error.hint) from error


def _text(one: Carried, document: Mapping[str, Any], gates: Sequence[str]) -> str:
    head = [f"# Made by `evalkit init --from` from {comment(one.source)}; it is yours now."]
    if lines := one.left.lines():
        head += ["# Not carried over:", *(f"# - {line}" for line in lines)]
    body = _dumped({**document, **({"gates": list(gates)} if gates else {})})
    candidate = list(document["models"])[-1]
    primary = document.get("primary", "accuracy")
    more = [f"#  - {candidate} {primary} >= 90% # what must hold, a sentence each"]
    return "\n".join([*head, body.rstrip("\n"), *([] if gates else ["# gates:"]), *more]) + "\n"


def _dumped(document: Mapping[str, Any]) -> str:
    import yaml

    return str(yaml.safe_dump(dict(document), allow_unicode=True, sort_keys=False, width=100))


def safe_name(text: str, taken: Sequence[str] = (), *, default: str = "suite") -> str:
    """A name of a suite or of a model that nothing else has: letters, digits, `.`, `_` and `-`."""
    name = re.sub(r"[^\w.-]+", "-", text).strip("-._")[:36] or default
    whole, k = name, 2
    while whole in taken:
        whole, k = f"{name}-{k}", k + 1
    return whole


def scorer_name(text: str, taken: Sequence[str] = ()) -> str:
    """A name of a scorer: neither one of evalkit's own nor one that is taken."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_").lower()[:40]
    if not name or not name[0].isalpha():
        name = f"grader_{name}".rstrip("_")
    own = {n.replace("-", "_") for n in (*names("scorers"), *names("metrics"))}
    whole = f"{name}_check" if name in own or name in ("cost", "baseline", "judge") else name
    k = 2
    while whole in taken:
        whole, k = f"{name}_{k}", k + 1
    return whole
