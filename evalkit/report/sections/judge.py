# SPDX-License-Identifier: Apache-2.0
"""How far the judge can be trusted: what it cannot read, flips, favours, and shares with people."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from markupsafe import Markup

from evalkit.core.measure import Interval
from evalkit.evaluation.judging.bounds import (
    LEAST_KAPPA,
    LEAST_LOWER_END,
    MOST_FLIPS,
    MOST_TURNED,
    MOST_UNREADABLE,
)
from evalkit.evaluation.judging.health import Agreement, JudgeHealth
from evalkit.evaluation.result import Run
from evalkit.page.markup import data, fill
from evalkit.page.numbers import amount, chance, count, ends
from evalkit.page.phrase import Phrase, Text, joined, same
from evalkit.report.names import model_name
from evalkit.report.section import section

__all__ = ["judge"]

_SHADES = 8  # classes h0 ... h8 of the style sheet
_Line = dict[str, object]


@section(order=55, en="Judge", zh="裁判", applies=lambda run: run.judge is not None)
def judge(run: Run, text: Text) -> Markup:
    """The bounds and whether they hold; what the judge favours; agreement with people."""
    found = run.judge
    assert found is not None  # noqa: S101  else it does not apply
    return fill(
        "evalkit.report.sections",
        "judge.html",
        text=text,
        intro=_intro(run, found, text),
        may_gate=found.may_gate,
        why=text.of(found.why) if found.why else same(""),
        bounds=list(_bounds(found, text)),
        habits=list(_habits(run, found, text)),
        people=_people(run, found.people, text) if found.people is not None else None,
    )


def _intro(run: Run, found: JudgeHealth, text: Text) -> Phrase:
    who = data(found.judge, 60) if found.judge else text("The judge", "裁判")
    if not found.base:
        return text("{j} scored the answers of {a}.", "{j} 给 {a} 的回答打了分。", j=who,
                    a=model_name(run, found.candidate))  # fmt: skip
    en, zh = "{j} compared answers of {a} with those of {b}", "{j} 比较了 {a} 与 {b} 的回答"
    if found.mode == "pointwise":
        en, zh = "{j} scored the answers of {a} and of {b}", "{j} 给 {a} 与 {b} 的回答打了分"
    if found.identical:
        en += "; {n} pairs of equal answers are ties without asking"
        zh += "；其中 {n} 对回答相同，直接算平局"
    return text(
        f"{en}.",
        f"{zh}。",
        j=who,
        a=model_name(run, found.candidate),
        b=model_name(run, found.base),
        n=count(found.identical),
    )


def _bounds(found: JudgeHealth, text: Text) -> Iterator[_Line]:
    """What must hold for the judge to decide a gate."""
    unread = found.unreadable
    yield {
        "name": text("answers without a verdict", "没有结论的回答"),
        "bound": text("at most {n}%", "最多 {n}%", n=f"{MOST_UNREADABLE * 100:g}"),
        "holds": unread.value <= MOST_UNREADABLE,
        **_share(unread),
    }
    if found.mode == "pairwise":
        yield {
            "name": text("winner changes with the order", "交换顺序后胜负反转"),
            "bound": text("at most {n}%", "最多 {n}%", n=f"{MOST_FLIPS * 100:g}"),
            "holds": found.flips.value <= MOST_FLIPS,
            **_share(found.flips),
        }
    if found.probes is not None:
        yield {
            "name": text(
                "verdicts turned by a text that speaks to the judge", "被诱导文本改变的结论"
            ),
            "bound": text("at most {n}%", "最多 {n}%", n=f"{MOST_TURNED * 100:g}"),
            "holds": found.probes.value <= MOST_TURNED,
            **_share(found.probes),
        }
    if found.people is not None:
        kappa = found.people.kappa
        yield {
            "name": text("agrees with people (kappa)", "与人工一致（kappa）"),
            "bound": text(
                "at least {k}, lower end above {l}",
                "至少 {k}，下限高于 {l}",
                k=f"{LEAST_KAPPA:.2f}",
                l=f"{LEAST_LOWER_END:.2f}",
            ),
            "holds": kappa.value >= LEAST_KAPPA and kappa.low > LEAST_LOWER_END,
            **_kappa(kappa),
        }


def _habits(run: Run, found: JudgeHealth, text: Text) -> Iterator[_Line]:
    """What the judge does and favours; nothing of it is a bound."""
    if isfinite(found.consistent.value):
        yield {
            "name": text("same verdict in both orders", "两种顺序结论相同"),
            **_share(found.consistent),
        }
    if isfinite(found.first_position.value):
        yield {
            "name": text("verdicts for the answer shown first", "判先出现的回答胜"),
            "note": _fair(found.first_position, text),
            **_share(found.first_position),
        }
    if isfinite(found.longer_wins.value):
        yield {
            "name": text("wins of the longer answer", "较长的回答获胜"),
            "note": _fair(found.longer_wins, text),
            **_share(found.longer_wins),
        }
    if isfinite(found.win_rate.value):
        yield {
            "name": text("win rate of {a}", "{a} 的胜率", a=model_name(run, found.candidate)),
            **_share(found.win_rate),
        }
    if isfinite(found.at_equal_length.value):
        yield {
            "name": text("the same, if both were equally long", "同上，假设长度相等"),
            **_share(found.at_equal_length),
        }


def _fair(found: Interval, text: Text) -> Phrase:
    return text(
        "50% without a preference; by luck alone {p}",
        "无偏好时为 50%；仅凭偶然的可能：{p}",
        p=chance(found.p),
    )


def _share(found: Interval) -> _Line:
    return {
        "value": amount(found.value, "share"),
        "range": ends(found, "share"),
        "n": count(found.n),
        "why": data(found.why, 120) if found.why and not isfinite(found.value) else "",
    }


def _kappa(found: Interval) -> _Line:
    known = isfinite(found.value)
    return {
        "value": f"{found.value:.2f}" if known else "–",
        "range": f"{found.low:.2f} … {found.high:.2f}" if isfinite(found.low) else "–",
        "n": count(found.n),
        "why": data(found.why, 120) if found.why and not known else "",
    }


def _people(run: Run, found: Agreement, text: Text) -> dict[str, object]:
    """The judge against people: the matrix, and what people say themselves."""
    assert run.judge is not None  # noqa: S101  people are held against a judge
    names = [
        model_name(run, run.judge.candidate),
        text("tie", "平局"),
        model_name(run, run.judge.base),
    ]
    rows = []
    for i, (name, counts) in enumerate(zip(names, found.counts, strict=True)):
        total = sum(counts)
        cells = [
            (str(n), f"h{-(-n * _SHADES // total) if n else 0}{' hit' if i == j else ''}")
            for j, n in enumerate(counts)
        ]
        rows.append((name, cells, str(total)))
    lines: list[_Line] = [
        {
            "name": text("same verdict as people", "与人工结论相同"),
            **_share(found.observed),
        },
        {
            "name": text("win rate of {a} by people", "人工判定的 {a} 胜率", a=names[0]),
            **_share(found.win_rate),
        },
    ]
    if found.raters > 1:
        lines.append(
            {
                "name": text(
                    "{n} raters among themselves (alpha)",
                    "{n} 位评审之间（alpha）",
                    n=found.raters,
                ),
                **_kappa(found.alpha),
            }
        )
    left = []
    if found.split:
        en = "{n} row without a majority" if found.split == 1 else "{n} rows without a majority"
        left.append(text(en, "{n} 行没有多数意见", n=count(found.split)))
    if found.stale:
        en = "{n} label of another answer" if found.stale == 1 else "{n} labels of other answers"
        left.append(text(en, "{n} 条针对其他回答的标注", n=count(found.stale)))
    if found.foreign:
        en = "{n} label of another row" if found.foreign == 1 else "{n} labels of other rows"
        left.append(text(en, "{n} 条属于其他行的标注", n=count(found.foreign)))
    return {"names": names, "rows": rows, "lines": lines, "left": joined(left, ", ", "，")}
