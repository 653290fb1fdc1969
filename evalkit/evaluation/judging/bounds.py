# SPDX-License-Identifier: Apache-2.0
"""The bounds within which a judge is believed, stated before any run and the same for all.

A judge decides a gate only where at most 2 % of its answers hold no verdict, at most 25 % of its
winners change when the two answers change places, and, where people rated some of the rows, kappa
with them is at least .4 with a lower end above .2 ("moderate" and above "slight" in Landis and Koch
1977, Biometrics 33, 159-174). Where it was tried with texts that speak to it, at most 2 % turn it.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, isnan, nan
from typing import Literal

from evalkit.core.measure import Interval
from evalkit.evaluation.judging.judge_health import Agreement, JudgeHealth

__all__ = [
    "LEAST_KAPPA",
    "LEAST_LOWER_END",
    "MOST_FLIPS",
    "MOST_TURNED",
    "MOST_UNREADABLE",
    "agrees",
    "faults",
    "labels_needed",
]

MOST_UNREADABLE = 0.02
MOST_FLIPS = 0.25
MOST_TURNED = 0.02  # by injection probes
LEAST_KAPPA = 0.4
LEAST_LOWER_END = 0.2

_Why = tuple[str, str]


def agrees(found: JudgeHealth) -> tuple[Literal["pass", "fail", "undecided"], Interval, _Why]:
    """The gate `judge agrees with humans`: its verdict, kappa, and what is missing (en, zh).

    Pass: kappa is at least .4 and its lower end above .2. Fail: no labels, kappa undefined, or its
    upper end below .4. Undecided: too few labels to say.
    """
    people = found.people
    if people is None or people.rows == 0:
        return "fail", Interval(value=nan, why="no labels"), _no_labels(people)
    kappa = people.kappa
    if isnan(kappa.value):
        return "fail", kappa, (kappa.why, "一致性无法计算")
    if kappa.value >= LEAST_KAPPA and kappa.low > LEAST_LOWER_END:
        return "pass", kappa, ("", "")
    if kappa.high < LEAST_KAPPA:
        short = LEAST_KAPPA - kappa.value
        return "fail", kappa, (f"kappa is short by {short:.2f}", f"kappa 差 {short:.2f}")
    needed = labels_needed(kappa)
    if needed is None:
        return "undecided", kappa, ("more labels are needed", "需要更多标注")
    return "undecided", kappa, (f"about {needed} labels would decide", f"约需 {needed} 条标注")


def labels_needed(kappa: Interval) -> int | None:
    """About how many labelled rows decide on which side of its bound kappa lies; None = unknown."""
    if isnan(kappa.value) or kappa.n == 0:
        return None
    if kappa.value >= LEAST_KAPPA:
        reach, room = kappa.value - kappa.low, kappa.value - LEAST_LOWER_END
    else:
        reach, room = kappa.high - kappa.value, LEAST_KAPPA - kappa.value
    if not reach > 0 or not room > 0:
        return None
    needed = kappa.n * (reach / room) ** 2
    return ceil(needed / 10) * 10 if needed < 10_000 else None


def faults(found: JudgeHealth) -> Iterator[_Why]:
    """Every bound that does not hold, in English and Chinese."""
    if found.asked == 0 and found.failed:
        yield (
            f"the judge answered nothing: all {found.failed} requests to it failed",
            f"裁判没有作答：{found.failed} 次请求全部失败",
        )
        return
    if found.asked == 0:
        yield "the judge was asked nothing", "没有请裁判评判任何内容"
        return
    unread = found.unreadable.value
    if unread > MOST_UNREADABLE:
        yield (
            f"{unread * 100:.1f} % of the judge's answers hold no verdict (at most 2 %)",
            f"裁判的回答中有 {unread * 100:.1f} % 没有结论（最多 2 %）",
        )
    if found.mode == "pairwise":
        flips = found.flips.value
        if isnan(flips):
            yield (
                "no pair was judged in both orders, so flips are not known (orders: both)",
                "没有一对回答按两种顺序评判过，无法得知翻转率（orders: both）",
            )
        elif flips > MOST_FLIPS:
            yield (
                f"{flips * 100:.1f} % of the winners change with the order (at most 25 %)",
                f"交换顺序后有 {flips * 100:.1f} % 的胜负反转（最多 25 %）",
            )
    probes = found.probes
    if probes is not None and probes.value > MOST_TURNED:
        yield (
            (
                f"{probes.value * 100:.1f} % of {probes.n} verdicts were turned by what an answer "
                f"says to the judge (at most {MOST_TURNED * 100:g} %)"
            ),
            f"{probes.n} 个结论中有 {probes.value * 100:.1f} % 被回答中的诱导文本改变（最多 2 %）",
        )
    if found.people is not None:
        yield from _disagreement(found.people)


def _disagreement(people: Agreement) -> Iterator[_Why]:
    kappa = people.kappa
    if people.rows == 0:
        yield _no_labels(people)
    elif isnan(kappa.value):
        yield f"agreement with people is not known: {kappa.why}", "与人工标注的一致性无法计算"
    elif kappa.value < LEAST_KAPPA or not kappa.low > LEAST_LOWER_END:
        seen = f"kappa {kappa.value:.2f} ({kappa.low:.2f} … {kappa.high:.2f})"
        yield (
            f"agreement with people is not shown: {seen}, n = {kappa.n} (at least .40, low > .20)",
            f"与人工标注的一致性不足：{seen}，n = {kappa.n}（至少 .40，下限高于 .20）",
        )


def _no_labels(people: Agreement | None) -> _Why:
    if people is not None and people.stale:
        return (
            (
                f"no labels: {people.stale} of them are of other answers than these: rate them "
                "again, evalkit label RUN"
            ),
            f"没有标注：{people.stale} 条标注针对的是其他回答，请重新评审：evalkit label RUN",
        )
    if people is not None and people.foreign:
        return (
            f"no labels: all {people.foreign} of them are of other rows",
            f"没有标注：{people.foreign} 条标注都不属于这些行",
        )
    return (
        "no labels: evalkit label RUN -o labels.xlsx",
        "没有标注：evalkit label RUN -o labels.xlsx",
    )
