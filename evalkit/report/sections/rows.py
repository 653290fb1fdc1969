# SPDX-License-Identifier: Apache-2.0
"""All rows side by side; rows.js fills the table from the page's data."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan, nan

from markupsafe import Markup

from evalkit.core.printable import excerpt
from evalkit.evaluation.result import Run
from evalkit.page.markup import fill
from evalkit.page.numbers import count
from evalkit.page.phrase import Phrase, Text, say
from evalkit.report.judge_said import is_pairwise
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
        candidate=_answered(run, text),
        fared=[(excerpt(c.name, 40), _fared_options(run, m)) for m, c in enumerate(run.models)],
        model_sorts=[(excerpt(c.name, 40), _model_sorts(m)) for m, c in enumerate(run.models)],
        keys=_keys(text),
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
            name = outcome_name(what, single=single, pairwise=is_pairwise(run))
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
    if len(run.models) > 1:
        options.append(("apart", "scores furthest apart first", "得分差距最大的在前"))
    return [
        *options,
        ("long", "longest question first", "问题最长的在前"),
        ("expected", "by expected answer", "按期望答案"),
    ]


def _model_sorts(place: int) -> list[_Option]:
    return [
        (f"low.{place}", "lowest score first", "得分最低的在前"),
        (f"high.{place}", "highest score first", "得分最高的在前"),
        (f"answer.{place}", "longest answer first", "回答最长的在前"),
    ]


def _fared_options(run: Run, place: int) -> list[_Option]:
    """Ways in which some rows of a model fared; rows.js finds them by the same rules."""
    name = run.models[place].name
    answers = [row.answers.get(name) for row in run.rows]
    scores = [a.score if a is not None else nan for a in answers]
    binary = all(x in (0.0, 1.0) for x in scores if not isnan(x))
    found = {
        ("right", "right", "答对"): binary and 1.0 in scores,
        ("wrong", "wrong", "答错"): binary and 0.0 in scores,
        ("best", "better than all others", "优于其他所有模型"): len(run.models) > 1,
        ("least", "worse than all others", "差于其他所有模型"): len(run.models) > 1,
        ("unscored", "not scored", "未评分"): any(map(isnan, scores)),
        ("error", "error", "错误"): any(a is not None and a.error for a in answers),
        ("cut", "cut off", "被截断"): any(a is not None and a.finish == "length" for a in answers),
    }
    return [(f"{place}.{how}", en, zh) for (how, en, zh), some in found.items() if some]


def _answered(run: Run, text: Text) -> Phrase:
    who = model_name(run, run.candidate) if run.candidate is not None else Markup()
    return text("{m} says", "{m} 的回答", m=who)


def _keys(text: Text) -> Sequence[tuple[str, Phrase]]:
    return (
        ("n", text("next row", "下一行")),
        ("p", text("previous row", "上一行")),
        ("Enter", text("open or close it", "展开或收起")),
        ("c", text("copy it as JSON", "复制为 JSON")),
        ("/", text("search", "搜索")),
        ("?", text("these keys", "按键说明")),
        ("Esc", text("close", "关闭")),
    )


def _mark_options(run: Run) -> list[_Option]:
    options = [("expected", "differs from expected", "与期望不同之处")]
    if run.base is not None:
        base = excerpt(run.base, 30)
        options.append(("base", f"differs from {base}", f"与 {base} 不同之处"))
    return [*options, ("off", "nothing", "不标记")]
