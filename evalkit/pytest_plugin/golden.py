# SPDX-License-Identifier: Apache-2.0
"""Small golden sets: an item per row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from evalkit.core.errors import EvalkitError, UsageError
from evalkit.core.printable import excerpt

if TYPE_CHECKING:
    from evalkit.core.exchange import Request

__all__ = ["TOKENS", "GoldenRow", "GoldenSet", "parametrise"]

TOKENS = 256  # of an answer, where nobody says
_MOST = 500
_ID = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenSet:
    """One golden set as a test declares it.

    Attributes:
        path: Of the data.
        models: Name to specification, as written; None = those of the suite.
        suite: A suite file, from the folder of the test.
        max_tokens: Of an answer.
        digest: Of the file's bytes.
    """

    path: Path
    models: Mapping[str, Any] | None
    suite: str | None
    max_tokens: int | None
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenRow:
    """One row of a golden set.

    Attributes:
        id: Its own where the row has one, else a hash of the prompt.
        line: In the file.
        messages: Everything before the expected answer, in chat form.
        prompt: Text of the last message of those.
        expected: The expected answer; "" where it is nothing but tool calls.
        fields: What else the row holds.
        request: As a model is asked.
        of: The set.
    """

    id: str
    line: int
    messages: Sequence[Mapping[str, Any]] = field(repr=False)
    prompt: str
    expected: str
    fields: Mapping[str, str] = field(repr=False)
    request: Request = field(repr=False)
    of: GoldenSet = field(repr=False)


def parametrise(metafunc: pytest.Metafunc, mark: pytest.Mark) -> None:
    """An item for every row; what is wrong with the set is a collection error."""
    try:
        (written,) = mark.args
        found = GoldenSet(
            path=metafunc.definition.path.parent / written,
            models=mark.kwargs["models"],
            suite=mark.kwargs["suite"] and str(mark.kwargs["suite"]),
            max_tokens=mark.kwargs["max_tokens"],
        )
        if "row" not in metafunc.fixturenames:
            raise UsageError(
                f"{metafunc.definition.nodeid}: under evalkit.rows and does not take `row`",
                f"write: def {metafunc.function.__name__}(row, ask)",
            )
        rows = _rows(found)
    except EvalkitError as error:
        raise pytest.Collector.CollectError(str(error)) from None
    metafunc.parametrize("row", rows, ids=[excerpt(row.id, _ID) for row in rows])


def _rows(declared: GoldenSet) -> list[GoldenRow]:
    from evalkit.data.read import TableOptions
    from evalkit.evaluation.prompts import Settings as Asking
    from evalkit.evaluation.prompts import prompts
    from evalkit.evaluation.questions import fingerprint, questions

    found = questions(declared.path, table=TableOptions(), slices=(), limit=_MOST + 1)
    if len(found) > _MOST:
        raise UsageError(
            f"{declared.path} has more than {_MOST} rows: too many for an item each",
            "write a suite: its rows are data and its gates are the tests (docs/pytest.md)",
        )
    known = replace(declared, digest=fingerprint(declared.path))
    asking = Asking(max_tokens=declared.max_tokens or TOKENS, top_logprobs=0)
    requests, _ = prompts([question.example for question in found], settings=asking)
    return [
        GoldenRow(
            id=question.example.fields.get("id") or question.id,
            line=question.example.location.line or 0,
            messages=question.messages,
            prompt=question.history[-1].text if question.history else "",
            expected=question.expected,
            fields=dict(question.example.fields),
            request=request,
            of=known,
        )
        for question, request in zip(found, requests, strict=True)
    ]
