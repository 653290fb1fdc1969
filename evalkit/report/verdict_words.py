# SPDX-License-Identifier: Apache-2.0
"""The verdict in words that need no statistics; pure functions of the run's decision."""

from __future__ import annotations

from math import ceil, isnan

from evalkit.core.measure import Difference
from evalkit.evaluation.result import Decision, GateResult, Run
from evalkit.evaluation.wording import run_verdict
from evalkit.page.numbers import amount, count
from evalkit.page.phrase import Phrase, joined, same, say
from evalkit.report.names import metric_name, model_name
from evalkit.report.reading import TOO_FEW, difference_of, measure_of

__all__ = ["comparison", "decision_word", "more_rows", "settled_by", "verdict_sentence"]

_BEGIN = 50  # rows: docs/statistics.md; below that hardly any difference shows


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
    rows = "1 row" if found.interval.n == 1 else "{n} rows"
    return say(f"{en}, but {rows} cannot tell", f"{zh}，但 {{n}} 行数据还不能断定", n=n, **names)


def verdict_sentence(run: Run) -> Phrase:
    """What follows the headline's word: the comparison, and the gates where they decide."""
    verdict = run_verdict(run)
    if run.decision == "ship":
        if verdict in ("better", "not_worse"):
            return comparison(run)
        ours = all(_is_about(run, gate) for gate in run.gates)
        a = model_name(run, run.candidate)
        passed = (
            say("{a} passes every gate", "{a} 通过全部门槛", a=a)
            if ours
            else say("all gates pass", "门槛全部通过")
        )
        return joined(
            [passed, _open(run, say("it", "它") if ours else say("{a}", "{a} ", a=a))], "; ", "；"
        )
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
    if known and found is not None and found.interval.n < TOO_FEW:
        return say(
            "So few rows do not even tell how many more it takes: begin with about {n}.",
            "行数太少，连还差多少行都说不准：请先准备约 {n} 行。",
            n=_BEGIN,
        )
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


def _is_about(run: Run, gate: GateResult) -> bool:
    """Whether it asks something of the candidate, not of another model or of the judge."""
    return gate.gate.removeprefix("forgetting: ").startswith(f"{run.candidate} ")


def _open(run: Run, who: Phrase) -> Phrase:
    """How the candidate stands where the gates ship it without proof that it is better."""
    found = difference_of(run)
    if found is None or run.base is None:
        return same("")
    names = {"a": who, "b": model_name(run, run.base)}
    if run_verdict(run) == "worse":
        return say(
            "{a} is worse than {b}, by no more than a gate allows",
            "{a}比 {b} 差，但未超出门槛允许的幅度",
            **names,
        )
    if isnan(found.interval.value):
        return comparison(run)
    return say(
        "whether {a} is better than {b}, {n} rows cannot tell",
        "{a}是否优于 {b}，{n} 行数据还不能断定",
        n=count(found.interval.n),
        **names,
    )


def _fails(who: Phrase, run: Run) -> Phrase:
    failed = [gate for gate in run.gates if gate.verdict == "fail"]
    n = len(failed)
    if not all(_is_about(run, gate) for gate in failed):
        return say(
            "{n} of {m} gates fail" if n > 1 else "{n} of {m} gates fails",
            "{n}/{m} 项门槛未通过",
            n=n,
            m=len(run.gates),
        )
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
