# SPDX-License-Identifier: Apache-2.0
"""Which rows people are asked to rate: more of those that tell, some of every slice.

Rows that the run scored alike tell little about the judge, so up to half of the sheet are rows on
which it did not. Agreement on such a sheet is that of the sheet, and mostly lower than over all
rows: the draw says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from evalkit.core.errors import UsageError
from evalkit.evaluation.judging.health import word_of
from evalkit.evaluation.raters.pair_verdicts import pair_verdicts
from evalkit.evaluation.raters.words import Kind
from evalkit.evaluation.result import Row, Run

__all__ = ["Drawn", "draw"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """The rows of a sheet, in its order, and how they came to be these.

    Attributes:
        rows: To be rated.
        differ: Of these, rows that the run scored differently for the two models, or whose verdict
            depends on the order.
        could: Rows that could have been drawn.
        could_differ: Of those, rows scored differently.
        alike: Rows left out because both models answered the same (pairs only).
        unanswered: Rows left out because an answer is missing or empty.
    """

    rows: Sequence[Row]
    differ: int
    could: int
    could_differ: int
    alike: int = 0
    unanswered: int = 0

    @property
    def said(self) -> tuple[str, str]:
        """How the rows were drawn, in English and Chinese."""
        en = f"{len(self.rows)} of {self.could} rows"
        zh = f"{self.could} 行中的 {len(self.rows)} 行"
        if self.could_differ:
            en += f", {self.differ} of them scored differently ({self.could_differ} in all)"
            zh += f"，其中得分不同的 {self.differ} 行（共 {self.could_differ} 行）"
        left = []
        if self.alike:
            left.append((f"{self.alike} with equal answers", f"{self.alike} 行回答相同"))
        if self.unanswered:
            left.append((f"{self.unanswered} without an answer", f"{self.unanswered} 行没有回答"))
        if left:
            en += f"; left out: {', '.join(one for one, _ in left)}"
            zh += f"；未选：{'，'.join(one for _, one in left)}"
        return en, zh


def draw(run: Run, pair: tuple[str, str | None], n: int, *, kind: Kind, seed: int) -> Drawn:
    """Choose rows; the same run, pair and seed give the same rows.

    Args:
        run: With its rows.
        pair: (candidate, base); base None = one model.
        n: Lines that a rater is to fill, at least 1. A line is a pair, or an answer; one that both
            models gave is one line.
        kind: As in `Humans`.
        seed: Of the draw.

    Raises:
        UsageError: There is nothing to rate.
    """
    models = [name for name in pair if name is not None]
    answered = [row for row in run.rows if all(_there(row, name) for name in models)]
    alike = [row for row in answered if kind == "pair" and _same(row, models)]
    left_out = {row.id for row in alike}
    could = sorted(
        (row for row in answered if row.id not in left_out), key=lambda row: _luck(seed, row)
    )
    if not could:
        raise UsageError(
            "there is nothing to rate: "
            + ("both models answered every question the same" if alike else "no row has answers"),
            "give a finished run whose models were all asked",
        )
    known = _apart(run, pair)
    differ = [row for row in could if row.id in known]
    level = [row for row in could if row.id not in known]
    chosen: list[Row] = []
    lines = 0
    share = max(n - n // 2, n - sum(_lines(row, models, kind) for row in level))
    for group, most in ((differ, share), (level, n)):
        for row in _by_slice(group):
            if lines >= most:
                break
            chosen.append(row)
            lines += _lines(row, models, kind)
    chosen.sort(key=lambda row: _luck(seed + 1, row))
    return Drawn(
        rows=chosen,
        differ=sum(row.id in known for row in chosen),
        could=len(could),
        could_differ=len(differ),
        alike=len(alike),
        unanswered=len(run.rows) - len(answered),
    )


def _there(row: Row, model: str) -> bool:
    answer = row.answers.get(model)
    return answer is not None and answer.error is None and bool(answer.text.strip())


def _same(row: Row, models: Sequence[str]) -> bool:
    return len({row.answers[name].text.strip() for name in models}) == 1


def _lines(row: Row, models: Sequence[str], kind: Kind) -> int:
    return 1 if kind == "pair" or _same(row, models) else len(models)


def _apart(run: Run, pair: tuple[str, str | None]) -> set[str]:
    """Rows with a winner, and rows on which the judge's two orders disagree."""
    if pair[1] is None:
        return set()
    verdicts = pair_verdicts(run, pair[0], pair[1])
    return {v.id for v in verdicts if v.flipped or word_of(v.outcome) in ("win", "loss")}


def _by_slice(rows: Sequence[Row]) -> Iterable[Row]:
    """The rows, one of each combination of slices in turn: rare ones are not missed."""
    waiting: dict[tuple[tuple[str, str], ...], list[Row]] = defaultdict(list)
    for row in rows:
        waiting[tuple(sorted(row.slices.items()))].append(row)
    while waiting:
        for slices in list(waiting):
            yield waiting[slices].pop(0)
            if not waiting[slices]:
                del waiting[slices]


def _luck(seed: int, row: Row) -> bytes:
    return blake2b(f"draw\0{seed}\0{row.id}".encode("utf-8", "surrogatepass")).digest()
