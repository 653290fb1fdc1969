# SPDX-License-Identifier: Apache-2.0
"""`evalkit.compare`: answers that were given already, in a notebook or a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt

if TYPE_CHECKING:
    import pandas as pd

    from evalkit.data.read import TableOptions
    from evalkit.evaluation.comparing.alignment import By
    from evalkit.evaluation.result import Run

    Answers = str | Path | Run | pd.DataFrame | Sequence[Mapping[str, Any]]

__all__ = ["compare"]


def compare(
    *answers: Answers,
    expected: Answers | None = None,
    data: str | Path | None = None,
    table: TableOptions | None = None,
    columns: Mapping[str, str] | None = None,
    by: By | None = None,
    against: str | None = None,
    pairs: str | Sequence[str] = (),
    task: str | None = None,
    labels: Sequence[str] = (),
    primary: str | None = None,
    metrics: str | Sequence[str] = (),
    scorers: Mapping[str, Any] | None = None,
    slices: str | Sequence[str] = (),
    gates: str | Sequence[str | Mapping[str, Any]] = (),
    margin: str | float | None = None,
    confidence: float = 0.95,
    seed: int = 0,
    **named: Answers,
) -> Run:
    """Compare recorded answers of two models or more; no model is asked, nothing is sent.

    Args:
        answers: A path (as the command `compare` takes: a table, a recording, the folder of a run,
            another tool's log, `FILE#MODEL`), what `evalkit.run` gave, a frame of pandas, or a list
            of dicts. The first is the base, unless one is called "base".
        expected: Expected answers by id, in any of these forms; else those in the files count.
        data: The held-out set, instead.
        table: How that is read where it is a spreadsheet.
        columns: Role (id, answer, expected, question, model, repeat) to column, where a table has
            other names than the usual ones.
        by: "id", "messages", "line", "order", or "none" to pair nothing; found out else.
        against: Name of the one that the others are held against.
        pairs: Such as "tuned vs old", instead.
        task: "classification" or "qa"; told from the expected answers else.
        labels: The set of labels; else those that are expected.
        primary: The metric of the verdict; accuracy or token_f1 else.
        metrics: Further ones.
        scorers: Options of scorers, and scorers of your own, as suites have them, such as
            {"label": {"find": "anywhere"}}.
        slices: Columns of the rows, or "length", "language".
        gates: Sentences such as "tuned accuracy >= 90%", or their mapping form.
        margin: Such as "2 points", or 0.02: no candidate may be worse by more.
        confidence: Of intervals, at least 0.8 and below 1.
        seed: Of resampling.
        named: Answers with a name of their own: `compare(base=…, tuned=…)` compares tuned with
            base. A name that is an argument here goes by a path's own name.

    Returns:
        The result, as `evalkit.run` gives it: it shows itself in notebooks, `frame()` makes frames
        of it, `notes` say which rows were missing, foreign or there twice.

    Raises:
        InputError: Answers that cannot be read.
        UsageError: Nothing in common, nothing expected, or an unknown metric, model, slice or gate.
    """
    from datetime import datetime

    from evalkit.data.read import TableOptions
    from evalkit.evaluation.comparing.alignment import BY
    from evalkit.evaluation.comparing.comparison import Wanted, compare_answers

    if by is not None and by not in BY:
        raise UsageError(
            f"rows cannot be paired by `{excerpt(str(by))}`", f"known: {', '.join(BY)}"
        )
    found = compare_answers(
        [*((None, one) for one in answers), *named.items()],
        Wanted(
            expected=expected,
            data=None if data is None else Path(data),
            table=table or TableOptions(),
            columns=columns or {},
            by=by,
            base=against,
            pairs=_several(pairs),
            task=task,
            labels=tuple(labels),
            primary=primary,
            metrics=_several(metrics),
            scorers=scorers or {},
            slices=_several(slices),
            gates=(gates,) if isinstance(gates, str) else tuple(gates),
            margin=margin,
            confidence=confidence,
            seed=seed,
            place="gate",
        ),
        started=datetime.now().astimezone().replace(microsecond=0).isoformat(),
    )
    return found.run


def _several(given: str | Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)
