# SPDX-License-Identifier: Apache-2.0
"""Rows of a run (`samples.jsonl`): a question as pairs of role and text, and every model's answer.

A row says what one model answered where it holds one, or where `answers_of` names it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

from evalkit.core.example import Message
from evalkit.core.pointer import to_pointer
from evalkit.core.printable import excerpt
from evalkit.data.formats._layout import Layout, Row, said
from evalkit.data.formats.recorded_answers import why_not_learned

__all__ = ["answers_of", "matches", "run_samples"]


def matches(value: Row) -> bool:
    """It has the keys that a run writes."""
    return isinstance(value.get("answers"), Mapping) and {"id", "line", "messages"} <= value.keys()


def answers_of(model: str) -> Layout:
    """The layout for one model of the run."""
    return replace(
        run_samples, view=partial(_view, model=model), why_not=partial(_why, model=model)
    )


def _answer(value: Row, model: str | None) -> tuple[str, Row] | None:
    answers = value.get("answers")
    if not isinstance(answers, Mapping):
        return None
    if model is None and len(answers) == 1:
        model = next(iter(answers))
    answer = answers.get(model) if model is not None else None
    return (str(model), answer) if isinstance(answer, Mapping) else None


def _view(value: Row, model: str | None = None) -> Iterator[Message]:
    messages = value.get("messages")
    for index, pair in enumerate(messages if isinstance(messages, list) else ()):
        if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str):
            yield said(pair[0], pair[1], f"/messages/{index}/1")
    if (found := _answer(value, model)) is not None:
        name, answer = found
        yield said("assistant", answer.get("text"), to_pointer(("answers", name, "text")))


def _why(value: Row, model: str | None = None) -> str:
    if (found := _answer(value, model)) is not None:
        return why_not_learned(found[1])
    answers = value.get("answers")
    named = answers if isinstance(answers, Mapping) else ()
    known = ", ".join(excerpt(str(name), 30) for name in named) or "none"
    return f"whose answer? say --answers-of NAME; it has: {known}"


run_samples = Layout(
    name="run-samples",
    method="eval",
    keys=frozenset(
        {"id", "source", "line", "messages", "expected", "slices", "answers", "cluster"}
    ),
    matches=matches,
    view=_view,
    why_not=_why,
)
