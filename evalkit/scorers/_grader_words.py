# SPDX-License-Identifier: Apache-2.0
"""What grader objects hold, read strictly: keys, words, numbers and templates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt
from evalkit.core.registry import suggestion
from evalkit.core.secrets import quoted
from evalkit.scorers._template import names_in

__all__ = ["check_places", "known_keys", "sampling_of", "template_of", "threshold_of", "word_of"]

_ROOTS = ("item", "sample")
_COMMON = ("type", "name", "input", "id")
_KEYS: Mapping[str, tuple[str, ...]] = {
    "string_check": ("reference", "operation"),
    "text_similarity": ("reference", "evaluation_metric", "pass_threshold"),
    "score_model": ("model", "range", "sampling_params", "pass_threshold"),
    "label_model": ("model", "labels", "passing_labels", "sampling_params"),
}
_SAMPLING = ("seed", "top_p", "temperature", "reasoning_effort", "max_completions_tokens")
_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh")


def known_keys(document: Mapping[str, Any], where: str) -> None:
    """Refuse keys that graders of its type have not: a misspelt one would silently do nothing.

    Raises:
        UsageError: One that is not known.
    """
    _known(document, (*_COMMON, *_KEYS[document["type"]]), f"{where}: the grader")


def word_of(document: Mapping[str, Any], key: str, words: Sequence[str], where: str) -> str:
    """One of a few words.

    Raises:
        UsageError: Another, or none.
    """
    value = document.get(key)
    if value is None:
        raise UsageError(f"{where}: the grader has no `{key}`", f"one of {', '.join(words)}")
    if not isinstance(value, str) or value not in words:
        raise UsageError(
            f"{where}: `{key}` is `{quoted(str(value))}`{suggestion(str(value), list(words))}",
            f"one of {', '.join(words)}",
        )
    return value


def template_of(document: Mapping[str, Any], key: str, where: str) -> str:
    """A text with places.

    Raises:
        UsageError: No text, or a place that nothing stands at.
    """
    text = document.get(key)
    if not isinstance(text, str):
        raise UsageError(f"{where}: the grader has no `{key}`", "such as {{sample.output_text}}")
    check_places(text, key, where)
    return text


def check_places(text: str, key: str, where: str) -> None:
    """Refuse a template that names something else than the row and the answer.

    Raises:
        UsageError: It does.
    """
    for name in names_in(text):
        if name.partition(".")[0].partition("[")[0] not in _ROOTS:
            raise UsageError(
                f"{where}: `{key}` names {excerpt(name)}", "known: item.FIELD, sample.output_text"
            )


def threshold_of(document: Mapping[str, Any], low: float, high: float, where: str) -> float | None:
    """`pass_threshold`, within the range of the scores.

    Raises:
        UsageError: No number, or one that no score or every score reaches by definition.
    """
    value = document.get("pass_threshold")
    if value is None:
        return None
    if not _is_number(value) or not low <= value <= high:
        raise UsageError(
            f"{where}: `pass_threshold` is `{quoted(str(value))}`",
            f"it must be a number from {low:g} to {high:g}",
        )
    return float(value)


def sampling_of(document: Mapping[str, Any], where: str) -> dict[str, Any]:
    """`sampling_params`, without those that are null.

    Raises:
        UsageError: No mapping, an unknown one, or one of the wrong kind.
    """
    given = document.get("sampling_params")
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise UsageError(
            f"{where}: `sampling_params` is no mapping", f"it may hold: {', '.join(_SAMPLING)}"
        )
    _known(given, _SAMPLING, f"{where}: `sampling_params`")
    found = {key: value for key, value in given.items() if value is not None}
    must: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
        "seed": ("a whole number", lambda v: isinstance(v, int) and not isinstance(v, bool)),
        "top_p": ("a number from 0 to 1", lambda v: _is_number(v) and 0 <= v <= 1),
        "temperature": ("a number from 0 to 2", lambda v: _is_number(v) and 0 <= v <= 2),
        "reasoning_effort": (f"one of {', '.join(_EFFORTS)}", lambda v: v in _EFFORTS),
        "max_completions_tokens": (
            "a whole number from 1 on",
            lambda v: isinstance(v, int) and not isinstance(v, bool) and v >= 1,
        ),
    }
    for key, value in found.items():
        told, right = must[key]
        if not right(value):
            raise UsageError(
                f"{where}: `{key}` of `sampling_params` is `{quoted(str(value))}`",
                f"it must be {told}",
            )
    return found


def _known(given: Mapping[str, Any], keys: Sequence[str], where: str) -> None:
    for key in given:
        if key not in keys:
            raise UsageError(
                f"{where} has no key `{quoted(str(key))}`{suggestion(str(key), list(keys))}",
                f"keys: {', '.join(keys)}",
            )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
