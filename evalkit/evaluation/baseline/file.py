# SPDX-License-Identifier: Apache-2.0
"""A baseline in git: the scores of one model on one metric, row by row, and what they depend on.

Small, the same bytes for the same run, a row a line so that a diff reads well; ids and numbers
only, no text of any question or answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan, nan
from pathlib import Path
from typing import Any

from evalkit.core.atomic import write_text
from evalkit.core.errors import InputError, UsageError
from evalkit.core.measure import Better, Interval
from evalkit.core.printable import printable
from evalkit.statistics.clusters import paired_clustered_mean, paired_clustered_share
from evalkit.statistics.paired import Paired, paired_binary, paired_mean

__all__ = [
    "Baseline",
    "changes",
    "fits",
    "load_baseline",
    "paired_with",
    "plain_signature",
    "write_baseline",
]

_SCHEMA = 1
_DIGITS = 6  # of a score: the same are told apart, and rounding is not taken for a change
# Where one of these differs, two numbers mean two things.
_SAME = ("metric", "data", "prompt", "judge", "signature", "unit", "better", "binary")
_WORDS = {
    "metric": "the metric",
    "data": "the data",
    "prompt": "the prompts",
    "judge": "the judge",
    "signature": "the way of scoring",
    "unit": "the metric's unit",
    "better": "the metric's direction",
    "binary": "whether rows are right or wrong",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What a model scored once.

    Attributes:
        suite: Name of the suite.
        model: Name in the suite.
        identity: Of the model that answered; the only thing of all that may change.
        metric: As suites name it.
        unit: Of the metric.
        better: Its direction.
        binary: Whether each row is right or wrong.
        signature: Of the metric, as `plain_signature` leaves it.
        data: sha256 of the held-out file.
        prompt: Digest of all that is asked: ids, system message, examples shown, temperature.
        judge: Digest of the judge and its rubric; "" where nothing is judged.
        margin: What may be lost where the check says nothing else, such as "2 points"; "" = none.
        value: Of the metric, for readers.
        scores: Row id to score, in the order of the data; NaN = not scored.
        evalkit: The version that wrote it.
    """

    suite: str
    model: str
    metric: str
    unit: str
    better: Better
    binary: bool
    signature: str
    data: str
    prompt: str
    scores: Mapping[str, float]
    identity: str = ""
    judge: str = ""
    margin: str = ""
    value: Interval = field(default=Interval(value=nan))
    evalkit: str = ""


def write_baseline(path: Path, baseline: Baseline) -> bool:
    """Write the file, whole or not at all; one that says the same already is left as it is.

    Returns:
        Whether it was written.
    """
    text = json.dumps(_document(baseline), ensure_ascii=False, indent=1) + "\n"
    try:
        if path.read_text(encoding="utf-8") == text:
            return False
    except (OSError, UnicodeDecodeError):
        pass
    write_text(path, text)
    return True


def load_baseline(path: Path) -> Baseline:
    """Read a baseline back.

    Raises:
        InputError: Missing, or no baseline of a run.
    """
    from jsonschema import Draft202012Validator
    from referencing import Registry

    from evalkit.core.resources import schema

    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"cannot read the baseline {path}: {error.strerror}",
            "write it: evalkit baseline set SUITE",
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no baseline: not JSON", "set it anew") from error
    fault = next(
        Draft202012Validator(schema("run-baseline"), registry=Registry()).iter_errors(document),
        None,
    )
    if fault is not None:
        where = "".join(f"/{part}" for part in fault.absolute_path)
        raise InputError(
            f"{path} is no baseline of a run{f' (at {printable(where)})' if where else ''}",
            "set it anew: evalkit baseline set SUITE",
        )
    value = document["value"]
    return Baseline(
        suite=document["suite"],
        model=document["model"],
        identity=document["identity"],
        metric=document["metric"],
        unit=document["unit"],
        better=document["better"],
        binary=document["binary"],
        signature=document["signature"],
        data=document["data"],
        prompt=document["prompt"],
        judge=document["judge"] or "",
        margin=document["margin"] or "",
        evalkit=document["evalkit"],
        value=Interval(
            value=_number(value["value"]),
            low=_number(value["low"]),
            high=_number(value["high"]),
            n=value["n"],
        ),
        scores={key: _number(score) for key, score in document["scores"].items()},
    )


def changes(before: Baseline, after: Baseline) -> list[str]:
    """What must be the same and is not, one line each; empty = the two may be compared."""
    found = []
    for name in _SAME:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            found.append(f"{_WORDS[name]} changed: {_short(str(old))} -> {_short(str(new))}")
    gone = len(before.scores.keys() - after.scores.keys())
    come = len(after.scores.keys() - before.scores.keys())
    if gone or come:
        found.append(f"the rows changed: {gone} of {len(before.scores)} are gone, {come} are new")
    return found


def plain_signature(signature: str) -> str:
    """The metric's signature without the version and the interval: scores do not depend on them."""
    return "|".join(p for p in signature.split("|") if not p.startswith(("v:", "ci:")))


def paired_with(
    baseline: Baseline,
    scores: Mapping[str, float],
    clusters: Mapping[str, str],
    *,
    confidence: float = 0.95,
) -> Paired:
    """Now minus then, over the rows of `scores`: all of the baseline's, or those of a slice.

    Args:
        baseline: What was scored then.
        scores: Row id to score.
        clusters: Row id to its conversation, where rows belong together.
        confidence: Of the interval, in (0, 1).
    """
    ids = [name for name in baseline.scores if name in scores]
    then = [_rounded(baseline.scores[name]) for name in ids]
    now = [_rounded(scores[name]) for name in ids]
    groups: Sequence[str] = [clusters.get(name, name) for name in ids]
    alone = len(set(groups)) == len(groups)
    if baseline.binary and all(isnan(x) or x in (0.0, 1.0) for x in (*then, *now)):
        if alone:
            return paired_binary(then, now, confidence=confidence)
        return paired_clustered_share(then, now, groups, confidence=confidence)
    if alone:
        return paired_mean(then, now, confidence=confidence)
    return paired_clustered_mean(then, now, groups, confidence=confidence)


def fits(path: Path) -> Path:
    """The path, where a new baseline may stand: no other file is written over.

    Raises:
        UsageError: Something else is there.
    """
    if path.exists():
        try:
            load_baseline(path)
        except InputError as error:
            raise UsageError(
                f"{path} is no baseline of a run and would be lost", "name another file: -o FILE"
            ) from error
    return path


def _document(baseline: Baseline) -> dict[str, Any]:
    value = baseline.value
    return {
        "schema": _SCHEMA,
        "evalkit": baseline.evalkit,
        "suite": baseline.suite,
        "model": baseline.model,
        "identity": baseline.identity,
        "metric": baseline.metric,
        "unit": baseline.unit,
        "better": baseline.better,
        "binary": baseline.binary,
        "signature": baseline.signature,
        "data": baseline.data,
        "prompt": baseline.prompt,
        "judge": baseline.judge or None,
        "margin": baseline.margin or None,
        "value": {
            "value": _written(value.value),
            "low": _written(value.low),
            "high": _written(value.high),
            "n": value.n,
        },
        "scores": {key: _written(score) for key, score in baseline.scores.items()},
    }


def _written(score: float) -> float | int | None:
    if isnan(score):
        return None
    return int(score) if score == int(score) else _rounded(score)


def _rounded(score: float) -> float:
    return score if isnan(score) else round(score, _DIGITS)


def _number(written: float | None) -> float:
    return nan if written is None else float(written)


def _short(value: str) -> str:
    """A digest by its beginning; anything else as it is."""
    if not value:
        return "none"
    kind, _, digest = value.partition(":")
    return f"{kind}:{digest[:12]}" if len(digest) > 20 and digest.isalnum() else printable(value)
