# SPDX-License-Identifier: Apache-2.0
"""What should have been answered, from a file of its own: a held-out set, a table, a recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from evalkit.core.errors import InputError
from evalkit.core.exchange import Reply
from evalkit.data.columns import simplified
from evalkit.data.read import TableOptions
from evalkit.evaluation.comparing.alignment import AnswerRow
from evalkit.evaluation.comparing.answer_sets import rows_from
from evalkit.evaluation.questions import Question, questions
from evalkit.models.recordings._parts import EXPECTED
from evalkit.models.recordings._read import Columns
from evalkit.models.recordings._values import values

__all__ = ["Expected", "expected_from", "held_out"]


@dataclass(frozen=True, slots=True)
class Expected:
    """The questions that count.

    Attributes:
        rows: With what is expected of them.
        questions: The same as they stand in a held-out set; empty where it is none.
    """

    rows: Sequence[AnswerRow]
    questions: Sequence[Question] = field(default=())


def held_out(
    path: Path, *, table: TableOptions, slices: Sequence[str], limit: int | None = None
) -> Expected:
    """The rows of a held-out set: the last assistant message is expected.

    Raises:
        InputError: The file cannot be read.
        UsageError: Rows that are no questions with an answer.
    """
    found = questions(path, table=table, slices=slices, limit=limit)
    return Expected([_asked(question) for question in found], found)


def expected_from(source: Any, columns: Columns, *, slices: Sequence[str]) -> Expected:
    """Expected answers by id, from any file that holds them.

    A held-out set is read as such; in a table the column of expected answers counts; of a
    recording the answers themselves (then agreement with that model is measured).

    Raises:
        InputError: The file cannot be read, or holds none.
        UsageError: As `held_out`.
    """
    first: Any = {}
    if isinstance(source, str | Path) and Path(str(source).partition("#")[0]).is_file():
        path = Path(str(source).partition("#")[0])
        found = next(iter(values(path)), None)
        if found is None:
            raise InputError(f"{path} is empty", "it needs an id and an expected answer a row")
        first = found[1]
        if (
            isinstance(first.get("messages"), list)
            and "reply" not in first
            and "answers" not in first
        ):
            return held_out(path, table=TableOptions(), slices=slices)
    known = {simplified(str(key)): str(key) for key in reversed(list(first))}
    column = next((known[name] for name in EXPECTED if name in known), None)
    wanted = columns
    if column is not None and "answers" not in first:
        wanted = {"answer": columns.get("expected", column)}
        if columns.get("id") in known.values():
            wanted["id"] = columns["id"]
    rows, _ = rows_from(source, wanted)
    by_text = column is not None or not any(row.expected is not None for row in rows)
    return Expected([_meant(row, by_text=by_text) for row in rows if not row.repeat])


def _meant(row: AnswerRow, *, by_text: bool) -> AnswerRow:
    said = row.reply.text if by_text and row.reply.finish != "error" else row.expected
    calls = row.reply.tool_calls if by_text else ()
    return replace(row, expected=said, expected_calls=calls)


def _asked(question: Question) -> AnswerRow:
    own = question.example.fields.get("id", "")
    line = question.example.location.line
    return AnswerRow(
        reply=Reply(text=question.expected),
        ids=[name for name in (question.id, own, f"line {line}" if line else "") if name],
        messages=question.messages or None,
        expected=question.expected,
        expected_calls=question.expected_calls,
        fields=question.example.fields,
        line=line or 0,
    )
