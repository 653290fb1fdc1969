# SPDX-License-Identifier: Apache-2.0
"""The verdict in words that need no statistics; pure functions of the run's decision."""

from __future__ import annotations

from math import ceil

from evalkit.core.measure import Difference
from evalkit.evaluation.result import Decision, Run
from evalkit.evaluation.wording import run_verdict
from evalkit.page.numbers import amount, count
from evalkit.page.phrase import Phrase, joined, same, say
from evalkit.report.names import metric_name, model_name
from evalkit.report.reading import difference_of, measure_of

__all__ = ["comparison", "decision_word", "more_rows", "settled_by", "verdict_sentence"]


def decision_word(decision: Decision) -> Phrase:
    """The word of the headline."""
    return say(
        *{
            "ship": ("SHIP", "可以上线"),
            "dont_ship": ("DON'T SHIP", "不要上线"),
            "not_proven": ("NOT PROVEN", "尚未证明"),
            "measured": ("MEASURED", "测量结果"),
        }[decision]
    )


def comparison(run: Run) -> Phrase:
    """How the candidate stands to the base on the primary metric; empty where nothing compares."""
    found = difference_of(run)
    if found is None:
        return same("")
    names = {"a": model_name(run, run.candidate), "b": model_name(run, run.base)}
    verdict = run_verdict(run)
    if verdict == "better":
        return say("{a} is better than {b}", "{a} 优于 {b}", **names)
    if verdict == "not_worse":
        return say("{a} is not worse than {b}", "{a} 不比 {b} 差", **names)
    if verdict == "worse":
        return say("{a} is worse than {b}", "{a} 比 {b} 差", **names)
    gain = found.interval.value if found.better == "higher" else -found.interval.value
    n = count(found.interval.n)
    if gain > 0:
        en, zh = "{a} looks better than {b}", "{a} 看似优于 {b}"
    elif gain < 0:
        en, zh = "{a} looks worse than {b}", "{a} 看似比 {b} 差"
    elif gain == 0:
        return say("{a} and {b} do equally well here", "{a} 与 {b} 在此不分高下", **names)
    else:
        return say("{a} and {b} could not be compared", "{a} 与 {b} 无法比较", **names)
    return say(
        f"{en}, but {{n}} rows cannot tell", f"{zh}，但 {{n}} 行数据还不能断定", n=n, **names
    )


def verdict_sentence(run: Run) -> Phrase:
    """What follows the headline's word: the comparison, and the gates where they decide."""
    verdict = run_verdict(run)
    if run.decision == "ship":
        if verdict in ("better", "not_worse"):
            return comparison(run)
        passed = say("{a} passes every gate", "{a} 通过全部门槛", a=model_name(run, run.candidate))
        return joined([passed, _open(run)], "; ", "；")
    if run.decision == "dont_ship":
        if verdict == "worse":
            return comparison(run)
        if verdict in ("better", "not_worse"):
            return joined([comparison(run), _fails(say("it ", ""), run)], ", but ", "，但")
        return _fails(say("{a} ", "{a} ", a=model_name(run, run.candidate)), run)
    if run.decision == "not_proven":
        if verdict in ("better", "not_worse"):
            return joined([comparison(run), _undecided(run)], ", but ", "，但")
        return comparison(run) or _undecided(run)
    return comparison(run) or _measured(run)


def more_rows(needed: int | None, n: int) -> int | None:
    """How many more rows than `n` a decision would take, rounded up to tens; None = unknown.

    Args:
        needed: About how many rows in all.
        n: Rows there are.
    """
    if needed is None or needed <= n:
        return None
    more = needed - n
    return ceil(more / 10) * 10 if more > 20 else more  # as the gates say it


def settled_by(run: Run) -> Phrase:
    """What would settle a verdict that is not proven; empty where that is not known."""
    if run.decision != "not_proven":
        return same("")
    found = difference_of(run)
    wants = [more_rows(g.needed, g.interval.n) for g in run.gates if g.verdict == "undecided"]
    if found is not None and run_verdict(run) == "undecided":
        wants.append(more_rows(found.needed, found.interval.n))
    known = [want for want in wants if want is not None]
    if known:
        return say(
            "About {n} more rows would settle it.",
            "大约再有 {n} 行数据即可定论。",
            n=count(max(known)),
        )
    if found is not None and _no_row_differs(found):
        return say(
            "Not one row was scored differently: more rows like these will hardly tell.",
            "没有一行得分不同：再多类似的数据也难以判断。",
        )
    return same("")


def _no_row_differs(found: Difference) -> bool:
    return found.fixed == 0 and found.broken == 0 and found.interval.n > 0


def _open(run: Run) -> Phrase:
    """That the comparison itself is not decided; the gates ask for something else."""
    found = difference_of(run)
    if found is None or run.base is None:
        return same("")
    return say(
        "whether it is better than {b}, {n} rows cannot tell",
        "它是否优于 {b}，{n} 行数据还不能断定",
        b=model_name(run, run.base),
        n=count(found.interval.n),
    )


def _fails(who: Phrase, run: Run) -> Phrase:
    n = sum(g.verdict == "fail" for g in run.gates)
    if len(run.gates) == 1:
        return say("{who}fails its gate", "{who}未通过门槛", who=who)
    return say(
        "{who}fails {n} of {m} gates",
        "{who}有 {n}/{m} 项门槛未通过",
        who=who,
        n=n,
        m=len(run.gates),
    )


def _undecided(run: Run) -> Phrase:
    n = sum(g.verdict == "undecided" for g in run.gates)
    if n == 0:
        return same("")
    if len(run.gates) == 1:
        return say("its gate is undecided", "门槛未定")
    return say(
        "{n} of {m} gates are undecided" if n > 1 else "1 of {m} gates is undecided",
        "{n}/{m} 项门槛未定",
        n=n,
        m=len(run.gates),
    )


def _measured(run: Run) -> Phrase:
    found = measure_of(run, run.candidate)
    if found is None:
        return same("")
    return say(
        "{metric} of {a} is {value}",
        "{a} 的{metric}为 {value}",
        metric=metric_name(run.primary),
        a=model_name(run, run.candidate),
        value=amount(found.interval.value, found.unit),
    )
