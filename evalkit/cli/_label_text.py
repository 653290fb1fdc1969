# SPDX-License-Identifier: Apache-2.0
"""What filled sheets say, on the terminal and as JSON."""

from __future__ import annotations

from math import isnan
from typing import Any

import click

from evalkit.cli._judge_text import kappa_text, share_text
from evalkit.core.printable import excerpt, printable
from evalkit.core.strings import Language
from evalkit.evaluation.comparing.alignment import named
from evalkit.evaluation.judging.bounds import LEAST_KAPPA, LEAST_LOWER_END
from evalkit.evaluation.judging.judge_health import Agreement
from evalkit.evaluation.raters.labelled import ByPeople, Labelled
from evalkit.evaluation.stored import encoded

__all__ = ["as_document", "as_text", "matrix_lines"]

_WORDS = {
    "rated": ("{k} of {n} lines rated", "{n} 条中已评 {k} 条"),
    "raters": ("by {names}", "评审：{names}"),
    "split": ("{k} rows have no majority and are left out", "{k} 行没有多数意见，未计入"),
    "stale": (
        "{k} rows have other answers now than were rated, and are left out: {names}",
        "{k} 行现在的回答与评审时不同，未计入：{names}",
    ),
    "foreign": ("{k} rows are not of this run", "{k} 行不属于这次运行"),
    "alpha": ("raters among themselves: alpha {a}", "评审之间：alpha {a}"),
    "judge": ("judge and people agree", "裁判与人工一致"),
    "score": ("{m} and people agree", "{m} 与人工一致"),
    "win": ("people prefer {c}: {v}", "人工更喜欢 {c}：{v}"),
    "matrix": ("people (rows) against the scores (columns)", "人工（行）与得分（列）"),
    "right": ("{m}: people call {v} right", "{m}：人工判定正确 {v}"),
    "kind": (
        "right for the metric and wrong for people: {a}; the other way round: {b}",
        "指标判对而人工判错：{a}；相反：{b}",
    ),
    "difference": ("{c} minus {b} by people: {v}", "按人工，{c} 减 {b}：{v}"),
    "points": ("points", "个百分点"),
    "tie": ("tie", "平"),
    "kept": (
        "In the suite, below `judge:`, `humans: {f}` holds the judge to it at every run.",
        "在评测文件的 `judge:` 下写 `humans: {f}`，以后每次运行都会核对裁判。",
    ),
    "against": ("people disagree with the judge", "人工不同意裁判的结论"),
    "silent": (
        "{m} does not say whether an answer is right: there is nothing to hold against people",
        "{m} 不说明回答是否正确，无法与人工核对",
    ),
    "enough": ("the judge may gate by this", "据此裁判可以用于门槛"),
    "short": (
        "too little to gate by: kappa of at least .40 with a lower end above .20 is wanted",
        "不足以用于门槛：kappa 须至少 .40，且下限高于 .20",
    ),
}


def as_text(found: Labelled, language: Language, *, primary: str, judged: bool, sheet: str) -> str:
    """A few lines: how much was rated, how far people and scores agree, who is better.

    Args:
        found: What the sheets say.
        language: Of the words.
        primary: The run's primary metric.
        judged: Whether its scores are a judge's.
        sheet: The first file, for the line of the suite.
    """
    at = language == "zh"

    def say(key: str, **values: object) -> str:
        return _WORDS[key][at].format(**values)

    names = ", ".join(f"{excerpt(name, 30)} {n}" for name, n in found.by_rater.items())
    lines = [say("rated", k=found.rated, n=found.rows) + (f" ({names})" if names else "")]
    lines += _left_out(found, language, say)
    if len(found.by_rater) > 1:
        lines.append(say("alpha", a=kappa_text(found.alpha)))
    if not found.counted:
        return "\n".join(lines)
    if found.pair is not None:
        what = say("judge") if judged else say("score", m=primary)
        lines += _pair_lines(found, found.pair, what, say, judged=judged)
        if judged:
            lines.append(say("kept", f=printable(sheet)))
    for model in found.models:
        lines += _model_lines(model, primary, say)
    if not isnan(found.difference.value) and found.base is not None:
        i = found.difference
        value = f"{i.value * 100:+.1f} {say('points')} ({i.low * 100:+.1f} … {i.high * 100:+.1f})"
        lines.append(say("difference", c=found.candidate, b=found.base, v=f"{value}, n = {i.n}"))
    return "\n".join(lines)


def _left_out(found: Labelled, language: Language, say: Any) -> list[str]:
    """Rated rows that do not count, and why."""
    lines = []
    if found.stale:
        told = say("stale", k=len(found.stale), names=named(found.stale, language))
        lines.append(click.style(told, fg="yellow"))
    if found.foreign:
        lines.append(click.style(say("foreign", k=found.foreign), fg="yellow"))
    if found.split:
        lines.append(say("split", k=found.split))
    return lines


def _model_lines(model: ByPeople, primary: str, say: Any) -> list[str]:
    lines = [say("right", m=excerpt(model.model, 30), v=share_text(model.right))]
    if not model.held:
        return [*lines, "  " + say("silent", m=primary)]
    what = say("score", m=primary)
    lines.append(f"  {what}: {share_text(model.agreed)}, kappa {kappa_text(model.kappa)}")
    return [*lines, "  " + say("kind", a=model.too_kind, b=model.too_strict)]


def _pair_lines(
    found: Labelled, pair: Agreement, what: str, say: Any, *, judged: bool
) -> list[str]:
    lines = [
        f"{what}: {share_text(pair.observed)}, kappa {kappa_text(pair.kappa)}",
        say("matrix"),
        *matrix_lines(pair, (found.candidate, say("tie"), found.base or "")),
        say("win", c=excerpt(found.candidate, 30), v=share_text(pair.win_rate)),
    ]
    if judged:
        kappa = pair.kappa
        enough = kappa.value >= LEAST_KAPPA and kappa.low > LEAST_LOWER_END
        word = "enough" if enough else "against" if kappa.high < LEAST_KAPPA else "short"
        colour = {"enough": "green", "against": "red", "short": "yellow"}[word]
        lines.append(click.style(say(word), fg=colour))
    return lines


def matrix_lines(pair: Agreement, names: tuple[str, str, str]) -> list[str]:
    """Counts as a small table, people in rows."""
    from evalkit.core.printable import clipped, columns

    shown = [clipped(excerpt(name, 14), 14) for name in names]
    wide = max(map(columns, shown)) + 2

    def padded(text: str) -> str:
        return " " * (wide - columns(text)) + text

    lines = [" " * (wide + 2) + "".join(map(padded, shown))]
    for name, counts in zip(shown, pair.counts, strict=True):
        lines.append("  " + padded(name) + "".join(padded(str(n)) for n in counts))
    return lines


def as_document(found: Labelled) -> dict[str, Any]:
    """The machine contract: the fields of `Labelled`, NaN as null."""
    return {"schema": 1, **encoded(found)}
