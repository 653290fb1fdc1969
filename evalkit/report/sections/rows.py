# SPDX-License-Identifier: Apache-2.0
"""All rows side by side; report.js fills the table from the page's data."""

from __future__ import annotations

from markupsafe import Markup

from evalkit.core.printable import excerpt
from evalkit.evaluation.result import Run
from evalkit.page.markup import fill
from evalkit.page.numbers import count
from evalkit.page.phrase import Phrase, Text, say
from evalkit.report.names import model_name
from evalkit.report.outcomes import OUTCOMES, counts, outcome_name
from evalkit.report.rows_data import kept_rows, slice_fields
from evalkit.report.section import section

__all__ = ["rows"]

_Option = tuple[str, str, str]  # value, English, Chinese


@section(order=70, en="All rows", zh="所有行", applies=lambda run: bool(run.rows))
def rows(run: Run, text: Text) -> Markup:
    """Search, filters and an empty table with its heading."""
    kept, n = len(kept_rows(run)), len(run.rows)
    return fill(
        "evalkit.report.sections",
        "rows.html",
        text=text,
        lang=text.language,
        run=run,
        models=[model_name(run, card.name) for card in run.models],
        outcomes=_outcome_options(run),
        sorts=_sort_options(run),
        labels=[(str(i), excerpt(x, 40), excerpt(x, 40)) for i, x in enumerate(run.labels)],
        fields=[
            (
                excerpt(field, 30),
                [(str(i), excerpt(v, 40), excerpt(v, 40)) for i, v in enumerate(values)],
            )
            for field, values in slice_fields(run).items()
        ],
        marks=_mark_options(run),
        thinned=_thinned(kept, n),
    )


def _thinned(kept: int, n: int) -> Phrase | None:
    if kept == n:
        return None
    return say(
        "This page holds {k} of {n} rows: every row on which the models differ, and a sample of "
        "the others. All are in samples.jsonl.",
        "本页包含 {n} 行中的 {k} 行：模型结果不同的行全部保留，其余为抽样。"
        "完整数据见 samples.jsonl。",
        k=count(kept),
        n=count(n),
    )


def _outcome_options(run: Run) -> list[_Option]:
    found, single = counts(run), run.base is None
    options = [("", "all", "全部")]
    for what in OUTCOMES:
        if found[what]:
            name = outcome_name(what, single=single)
            n = count(found[what])
            options.append((what, f"{name.plain('en')} ({n})", f"{name.plain('zh')}（{n}）"))
    if len(run.models) > 1:
        options.append(("differ", "answers differ", "回答不同"))
    options.append(("error", "with an error", "有错误"))
    return options


def _sort_options(run: Run) -> list[_Option]:
    options = [("", "data order", "数据顺序")]
    if run.base is not None:
        options += [
            ("worse", "most worsened first", "变差最多的在前"),
            ("better", "most improved first", "改进最多的在前"),
        ]
    return [
        *options,
        ("low", "lowest score first", "得分最低的在前"),
        ("long", "longest question first", "问题最长的在前"),
        ("expected", "by expected answer", "按期望答案"),
    ]


def _mark_options(run: Run) -> list[_Option]:
    options = [("expected", "differs from expected", "与期望不同之处")]
    if run.base is not None:
        base = excerpt(run.base, 30)
        options.append(("base", f"differs from {base}", f"与 {base} 不同之处"))
    return [*options, ("off", "nothing", "不标记")]
