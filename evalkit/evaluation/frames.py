# SPDX-License-Identifier: Apache-2.0
"""A run as frames of pandas: its rows, measures, differences and gates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from evalkit.core.errors import MissingExtraError, UsageError
from evalkit.core.measure import Interval
from evalkit.core.printable import excerpt
from evalkit.core.registry import suggestion
from evalkit.evaluation.result import FrameKind, Row, Run

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["KINDS", "frame_of"]

KINDS: tuple[FrameKind, ...] = ("rows", "measures", "differences", "gates")


def frame_of(run: Run, kind: FrameKind = "measures") -> pd.DataFrame:
    """The numbers or the rows of a run, in the order of its report.

    Args:
        run: A finished run.
        kind: "rows": a row per example, indexed by its id, with what was asked and expected, the
            slice fields, and of every model `answer[NAME]`, `score[NAME]` and `read[NAME]`;
            `flip` says of the first pair who was right. "measures": a row per model, metric and
            slice. "differences": per pair, metric and slice. "gates": per gate, indexed by it.

    Returns:
        Shares are in [0, 1]; what is undefined is NaN, and `why` says why. Without rows the
        columns are there all the same. Lone surrogates become U+FFFD.

    Raises:
        UsageError: No such kind.
        MissingExtraError: pandas is not installed.
    """
    make = _FRAMES.get(kind)
    if make is None:
        raise UsageError(
            f"no frame of `{excerpt(str(kind), 40)}`{suggestion(str(kind), list(KINDS))}",
            f"known: {', '.join(KINDS)}",
        )
    try:
        import pandas as pd
    except ImportError as error:
        raise MissingExtraError("pandas", extra="eval", purpose="make frames") from error
    columns, rows = make(run)
    rows = [tuple(map(_encodable, row)) for row in rows]
    frame = pd.DataFrame.from_records(rows, columns=columns)
    counts = [name for name in ("needed", "fixed", "broken") if name in columns]
    frame = frame.astype(dict.fromkeys(counts, "Int64"))  # None is not a number, nor is it 0.0
    index = {"rows": "id", "gates": "gate"}.get(kind)
    return frame if index is None else frame.set_index(index)


def _encodable(cell: Any) -> Any:
    """Half of a character, which JSON may hold, has no place in the text columns of pandas."""
    if isinstance(cell, str) and not cell.isascii():
        return cell.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return cell


Table = tuple[list[str], list[tuple[Any, ...]]]


def _measures(run: Run) -> Table:
    columns = ["model", "metric", "slice", *_NUMBERS, "unit", "better", "signature"]
    return columns, [
        (m.model, m.metric, m.slice, *_numbers(m.interval), m.unit, m.better, m.signature)
        for m in run.measures
    ]


def _differences(run: Run) -> Table:
    columns = [
        "metric", "candidate", "base", "slice", *_NUMBERS, "p", "verdict", "needed", "fixed",
        "broken", "low_one_sided", "unit", "better", "visible", "q", "p_holm",
    ]  # fmt: skip
    return columns, [
        (
            d.metric, d.candidate, d.base, d.slice, *_numbers(d.interval), d.interval.p,
            d.verdict, d.needed, d.fixed, d.broken, d.low_one_sided, d.unit, d.better,
            d.visible, d.q, d.p_holm,
        )
        for d in run.differences
    ]  # fmt: skip


def _gates(run: Run) -> Table:
    columns = ["gate", "verdict", *_NUMBERS, "unit", "needs", "needed", "within_noise"]
    return columns, [
        (
            g.gate,
            g.verdict,
            *_numbers(g.interval),
            g.unit,
            g.needs.get("en", ""),
            g.needed,
            g.within_noise,
        )
        for g in run.gates
    ]


_NUMBERS = ("value", "low", "high", "n", "left_out", "confidence", "method", "why")


def _numbers(interval: Interval) -> tuple[Any, ...]:
    return tuple(getattr(interval, name) for name in _NUMBERS)


def _rows(run: Run) -> Table:
    models = [model.name for model in run.models]
    fields = list(dict.fromkeys(name for row in run.rows for name in row.slices))
    of_models = [f"{what}[{name}]" for name in models for what in ("answer", "score", "read")]
    known = {"id", "source", "line", "prompt", "expected", "flip"}
    shown = [f"{name} (slice)" if name in known else name for name in fields]
    columns = ["id", "source", "line", "prompt", "expected", *shown, *of_models]
    compared = run.base is not None
    found = []
    for row in run.rows:
        cells: list[Any] = [row.id, row.source, row.line, _prompt(row), row.expected]
        cells += [row.slices.get(name) for name in fields]
        for name in models:
            answer = row.answers.get(name)
            gone = answer is None or answer.error is not None
            cells += [
                None if answer is None or gone else answer.text,
                float("nan") if answer is None else answer.score,
                None if answer is None else answer.read,
            ]
        found.append((*cells, _flip(row, run)) if compared else tuple(cells))
    return [*columns, "flip"] if compared else columns, found


def _prompt(row: Row) -> str:
    role, text = row.messages[-1] if row.messages else ("", "")
    return "" if role == "id" else text  # of a comparison that does not know what was asked


def _flip(row: Row, run: Run) -> str | None:
    """fixed, broken, both right or both wrong; None where scores are not right or wrong."""
    pair = [row.answers.get(name) for name in (run.base or "", run.candidate or "")]
    scores = tuple(answer.score if answer is not None else None for answer in pair)
    words = {(0, 1): "fixed", (1, 0): "broken", (1, 1): "both right", (0, 0): "both wrong"}
    return words.get(scores)  # type: ignore[arg-type]


_FRAMES: Mapping[str, Callable[[Run], Table]] = {
    "rows": _rows,
    "measures": _measures,
    "differences": _differences,
    "gates": _gates,
}
