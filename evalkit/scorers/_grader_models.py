# SPDX-License-Identifier: Apache-2.0
"""Graders that ask a model: a score within a range, or a label that passes or not."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.example import Example
from evalkit.core.exchange import Reply, Request
from evalkit.core.printable import excerpt
from evalkit.core.scale import Scale
from evalkit.core.score import Score
from evalkit.scorers._failed import failed
from evalkit.scorers._grader_words import check_places, sampling_of, threshold_of
from evalkit.scorers._json_text import parsed
from evalkit.scorers._template import AbsentError, filled, values_for

__all__ = ["Ask", "ModelGrader", "label_model", "score_model"]

Ask = Callable[[Request], Reply]
"""Asks the grader's model."""

_MAX_TOKENS = 1024
_ROLES = ("system", "developer", "user", "assistant")


@dataclass(frozen=True, slots=True)
class ModelGrader:
    """A grader that asks.

    Attributes:
        score: Takes reply, expected, example and ask.
        scale: What its numbers mean.
        model: As the grader writes it.
    """

    score: Callable[..., Score]
    scale: Scale
    model: str


def score_model(document: Mapping[str, Any], where: str) -> ModelGrader:
    """A grader of type score_model: the number that the model gives, within `range`.

    What is no number, or lies outside of the range, is not scored (NaN) and counted.
    """
    low, high = _range(document.get("range", (0, 1)), where)
    threshold = threshold_of(document, low, high, where)
    order = f'Answer with nothing but a JSON object {{"result": NUMBER}}, from {low:g} to {high:g}.'

    def read(text: str) -> Score:
        value = _result(text)
        try:
            number = float(value) if not isinstance(value, bool | None) else nan
        except (TypeError, ValueError):
            number = nan
        if not isfinite(number) or not low <= number <= high:
            why = f"the grader gave no score from {low:g} to {high:g}: {_said(text)}"
            return Score(nan, why=why, fault="reading")
        if threshold is not None:
            return Score(float(number >= threshold), answer=f"{number:g}")
        return Score(number, answer=f"{number:g}")

    binary = threshold is not None
    unit = "share" if binary or (low, high) == (0, 1) else "score"
    scale = Scale(unit, binary=binary)
    score = _asked(document, order, read, where, worst=0.0 if binary else low)
    return ModelGrader(score, scale, _model(document, where))


def label_model(document: Mapping[str, Any], where: str) -> ModelGrader:
    """A grader of type label_model: 1 where the model's label is one of `passing_labels`.

    A label outside of `labels` is not scored (NaN) and counted.
    """
    labels, passing = _texts(document, "labels", where), _texts(document, "passing_labels", where)
    for label in passing:
        if label not in labels:
            raise UsageError(
                f"{where}: the passing label `{excerpt(label)}` is not in `labels`",
                f"labels: {', '.join(map(excerpt, labels))}",
            )
    shown = json.dumps(labels, ensure_ascii=False)
    order = f'Answer with nothing but a JSON object {{"result": LABEL}}, LABEL one of {shown}.'

    def read(text: str) -> Score:
        value = _result(text)
        label = value.strip() if isinstance(value, str) else None
        if label not in labels:
            why = f"the grader gave none of its labels: {_said(text)}"
            return Score(nan, why=why, fault="reading")
        return Score(float(label in passing), answer=label)

    scale = Scale("share", binary=True)
    return ModelGrader(_asked(document, order, read, where), scale, _model(document, where))


def _asked(
    document: Mapping[str, Any],
    order: str,
    read: Callable[[str], Score],
    where: str,
    *,
    worst: float = 0.0,
) -> Callable[[Reply, str, Example, Ask], Score]:
    turns = _turns(document, where)
    extra = sampling_of(document, where)
    temperature, seed = extra.pop("temperature", 0.0), extra.pop("seed", 0)
    longest = extra.pop("max_completions_tokens", _MAX_TOKENS)

    def score(reply: Reply, expected: str, example: Example, ask: Ask) -> Score:
        if error := failed(reply):
            return error
        values = values_for(reply, expected, example)
        try:
            messages = [{"role": r, "content": filled(text, values)} for r, text in turns]
        except AbsentError as absent:
            place = excerpt(str(absent))
            # What the answer lacks is its fault, what the row lacks is not.
            if place.startswith("sample."):
                return Score(worst, why=f"the answer has no {place}")
            return Score(nan, why=f"the row has no {place}", fault="row")
        told = ask(
            Request(
                messages=[*messages, {"role": "system", "content": order}],
                max_tokens=longest,
                temperature=temperature,
                seed=seed,
                extra=extra,
            )
        )
        return failed(told) or read(told.text)

    return score


def _turns(document: Mapping[str, Any], where: str) -> list[tuple[str, str]]:
    given = document.get("input")
    if not isinstance(given, list) or not given:
        raise UsageError(f"{where}: the grader has no `input`", "a list of role and content")
    turns = []
    for turn in given:
        role = turn.get("role") if isinstance(turn, Mapping) else None
        text = _content(turn.get("content")) if isinstance(turn, Mapping) else None
        if role not in _ROLES or text is None:
            raise UsageError(
                f"{where}: a turn of `input` has no role or no text", f"roles: {', '.join(_ROLES)}"
            )
        check_places(text, "input", where)
        turns.append((str(role), text))
    return turns


def _content(content: Any) -> str | None:
    if isinstance(content, str):
        return content
    if isinstance(content, Mapping):
        return content["text"] if isinstance(content.get("text"), str) else None
    if isinstance(content, list):
        parts = [_content(part) for part in content]
        return None if None in parts else "\n".join(part for part in parts if part)
    return None


def _range(given: Any, where: str) -> tuple[float, float]:
    try:
        low, high = map(float, given)
    except (TypeError, ValueError, OverflowError):
        low = high = nan
    if not (isfinite(low) and isfinite(high) and low < high):
        raise UsageError(f"{where}: `range` is no range", "two numbers, such as [0, 10]")
    return low, high


def _texts(document: Mapping[str, Any], key: str, where: str) -> Sequence[str]:
    given = document.get(key)
    if not isinstance(given, list) or not given or not all(isinstance(x, str) for x in given):
        raise UsageError(f"{where}: the grader has no `{key}`", "a list of texts")
    return given


def _model(document: Mapping[str, Any], where: str) -> str:
    model = document.get("model")
    if not isinstance(model, str) or not model.strip():
        raise UsageError(f"{where}: the grader names no `model`", "such as gpt-4.1-mini")
    return model.strip()


def _result(text: str) -> Any:
    """`result` of the JSON object that the text is; the value itself where it is a bare one."""
    value = parsed(text, fenced=True).value
    return value.get("result") if isinstance(value, Mapping) else value


def _said(text: str) -> str:
    return excerpt(" ".join(text.split()), 60) or "nothing"
