# SPDX-License-Identifier: Apache-2.0
"""The cards of the first screen: the difference, the rows that changed, cost and soundness."""

from __future__ import annotations

from math import isfinite, isnan

from markupsafe import Markup

from evalkit.core.measure import Difference, Measure
from evalkit.evaluation.result import AskedModel, Run
from evalkit.page import charts
from evalkit.page.markup import data
from evalkit.page.numbers import amount, between, chance, change, count, money
from evalkit.page.phrase import Phrase, Text, capital, same
from evalkit.report.judge_said import is_pairwise
from evalkit.report.names import metric_name, model_name
from evalkit.report.outcomes import Outcome, counts, is_binary, outcome_name
from evalkit.report.reading import card_of, cut_off, difference_of, measure_of
from evalkit.statistics.paired_binary import mcnemar_exact

__all__ = ["cost_card", "result_card", "rounded_up", "rows_card", "soundness"]


def result_card(run: Run, text: Text) -> dict[str, object]:
    """The first card: the difference with its interval, or one model's value with its own."""
    found, ours, theirs = (
        difference_of(run),
        measure_of(run, run.candidate),
        measure_of(run, run.base),
    )
    if found is not None:
        return _difference_card(run, text, found, ours, theirs)
    if ours is None:
        return {
            "title": capital(metric_name(run.primary)),
            "big": same("–"),
            "tone": "quiet",
            "chart": "",
            "axis": "",
            "lines": [],
            "method": [],
        }
    interval = ours.interval
    scale = charts.scale_for(
        [0.0, 1.0] if ours.unit == "share" else [interval.low, interval.high], ours.unit
    )
    return {
        "title": capital(metric_name(run.primary)),
        "big": amount(interval.value, ours.unit),
        "tone": "flat",
        "chart": charts.interval_strip(
            interval.value, interval.low, interval.high, scale, kind="candidate"
        ),
        "axis": charts.axis(scale),
        "lines": [
            _why(interval.why if isnan(interval.value) else "", text),
            between(interval, ours.unit),
        ],
        "method": _method_of(ours, text),
    }


def _difference_card(
    run: Run, text: Text, found: Difference, ours: Measure | None, theirs: Measure | None
) -> dict[str, object]:
    interval = found.interval
    tone = {"better": "good", "worse": "bad"}.get(found.verdict, "flat")
    if is_pairwise(run) and ours is not None:
        return _preferred_card(run, text, found, ours, tone)
    scale = charts.scale_for(
        [interval.value, interval.low, interval.high], found.unit, zero=True, ticks=3
    )
    lines = [_why(interval.why if isnan(interval.value) else "", text)]
    if ours is not None and theirs is not None:
        lines.append(
            text(
                "{x} against {y}",
                "{x}，对照 {y}",
                x=amount(ours.interval.value, ours.unit),
                y=amount(theirs.interval.value, theirs.unit),
            )
        )
    lines.append(between(interval, found.unit, signed=True))
    if isfinite(interval.p):
        lines.append(_luck(found, text))
    return {
        "title": text("Difference in {m}", "{m}之差", m=metric_name(run.primary)),
        "big": change(interval.value, found.unit),
        "tone": tone,
        "chart": charts.interval_strip(
            interval.value, interval.low, interval.high, scale, kind=tone
        ),
        "axis": charts.axis(scale),
        "lines": [line for line in lines if line],
        "method": _method_of(found, text, signature=ours.signature if ours else ""),
    }


def _luck(found: Difference, text: Text) -> Phrase:
    """The p-value that the verdict goes by, as what it is: of equal models, how often so much."""
    p = found.p_holm if isfinite(found.p_holm) else found.interval.p
    return text(
        "lucky draw if both were equal: {p}", "若两者一样好，纯属运气的机会：{p}", p=chance(p)
    )


def _preferred_card(
    run: Run, text: Text, found: Difference, ours: Measure, tone: str
) -> dict[str, object]:
    """How often the judge prefers the candidate; half would be even."""
    interval = ours.interval
    scale = charts.scale_for([0.5, interval.value, interval.low, interval.high], ours.unit, ticks=3)
    lines = [
        _why(interval.why if isnan(interval.value) else "", text),
        text("50% would be even; a tie counts half", "50% 为势均力敌；平局算半"),
        between(interval, ours.unit),
    ]
    if isfinite(found.interval.p):
        lines.append(_luck(found, text))
    return {
        "title": text(
            "Preferred to {b} by the judge", "裁判认为胜过 {b}", b=model_name(run, run.base)
        ),
        "big": amount(interval.value, ours.unit),
        "tone": tone,
        "chart": charts.interval_strip(
            interval.value, interval.low, interval.high, scale, kind=tone
        ),
        "axis": charts.axis(scale),
        "lines": [line for line in lines if line],
        "method": _method_of(found, text, signature=ours.signature),
    }


def _method_of(found: Difference | Measure, text: Text, signature: str = "") -> list[Phrase]:
    """The statistics, one click away."""
    interval = found.interval
    share = f"{interval.confidence:.0%}"
    parts = [
        text(
            "The range is a {c} interval: of 100 such ranges from rows like these, "
            "about {k} hold the true value.",
            "这一范围是 {c} 置信区间：用类似的数据重复 100 次，约有 {k} 次包含真实值。",
            c=share,
            k=f"{interval.confidence * 100:.0f}",
        ),
        text("Method: {m}", "方法：{m}", m=data(interval.method or "–")),
        text(
            "{n} rows counted, {k} left out",
            "计入 {n} 行，略去 {k} 行",
            n=count(interval.n),
            k=count(interval.left_out),
        ),
    ]
    if isfinite(interval.p):
        parts.append(same(_chance("p", interval.p)))
        if interval.method == "tango+mcnemar-midp" and isinstance(found, Difference):
            parts.append(
                same(_chance("exact p", mcnemar_exact(found.fixed or 0, found.broken or 0)))
            )
    sign = signature or (found.signature if isinstance(found, Measure) else "")
    if sign:
        parts.append(
            text("Signature: {s}", "签名：{s}", s=Markup("<code>{}</code>").format(data(sign)))
        )
    if interval.why:
        parts.append(same(data(interval.why)))
    return parts


def _chance(name: str, p: float) -> str:
    return f"{name} < 0.0001" if p < 0.0001 else f"{name} = {p:.4f}"


def _why(why: str, text: Text) -> Phrase:
    return text("not measured: {w}", "没有测得：{w}", w=data(why, 160)) if why else same("")


def rows_card(run: Run, text: Text) -> dict[str, object]:
    """The second card: how many rows changed for the better and for the worse."""
    found, n = counts(run), len(run.rows)
    parts: list[tuple[Outcome, str]]
    of = text(
        "of 1 held-out row" if n == 1 else "of {n} held-out rows", "共 {n} 行留出数据", n=count(n)
    )
    if run.base is None:
        binary = is_binary(run)
        scored = n - found["unscored"]
        big = (
            text(
                "{r} right, {w} wrong",
                "答对 {r}，答错 {w}",
                r=_n(found["right"], "good"),
                w=_n(found["wrong"], "bad"),
            )
            if binary
            else text("{k} scored", "已评分 {k} 行", k=count(scored))
        )
        parts = [("right", "good"), ("wrong", "bad"), ("same", "flat"), ("unscored", "none")]
    elif is_binary(run):
        big = text(
            "{f} fixed, {b} broken",
            "改对 {f}，变错 {b}",
            f=_n(found["fixed"], "good"),
            b=_n(found["broken"], "bad"),
        )
        parts = [
            ("fixed", "good"),
            ("right", "flat"),
            ("wrong", "dim"),
            ("unscored", "none"),
            ("broken", "bad"),
        ]
    else:
        en, zh = ("{f} improved, {b} worse", "变好 {f}，变差 {b}")
        if is_pairwise(run):
            en, zh = ("{f} won, {b} lost", "胜 {f}，负 {b}")
        big = text(
            en,
            zh,
            f=_n(found["higher"], "good"),
            b=_n(found["lower"], "bad"),
        )
        parts = [("higher", "good"), ("same", "flat"), ("unscored", "none"), ("lower", "bad")]
    single, pairwise = run.base is None, is_pairwise(run)
    names = {what: outcome_name(what, single=single, pairwise=pairwise) for what, _ in parts}
    bar = charts.share_bar(
        [charts.Part(found[what], kind, text.plain(names[what])) for what, kind in parts]
    )
    legend = [(kind, names[what], count(found[what])) for what, kind in parts if found[what]]
    return {"big": big, "of": of, "bar": bar, "legend": legend}


def _n(n: int, tone: str) -> Markup:
    return Markup('<span class="{}">{}</span>').format(tone if n else "quiet", count(n))


def cost_card(run: Run, text: Text) -> dict[str, object]:
    """The third card: money per 1,000 answers."""
    ours, theirs = card_of(run, run.candidate), card_of(run, run.base)
    if ours is not None and ours.cost_per_1000 is not None:
        big = same(money(ours.cost_per_1000, ours.currency))
        line = text("per 1,000 answers", "每 1,000 次回答")
    else:
        big = text("No price", "无价格")
        line = _no_price(ours, text)
    other = same("")
    if theirs is not None:
        if theirs.cost_per_1000 is not None:
            value = same(money(theirs.cost_per_1000, theirs.currency))
            if ours is None or ours.cost_per_1000 is None:
                value = text("{x} per 1,000", "每千次 {x}", x=value)
        else:
            value = _no_price(theirs, text)
        other = text("{b}: {x}", "{b}：{x}", b=model_name(run, theirs.name), x=value)
    return {
        "repaid": _repaid(run, text),
        "big": big,
        "line": line,
        "other": other,
        "muted": ours is None or ours.cost_per_1000 is None,
    }


def _repaid(run: Run, text: Text) -> Phrase:
    """What training cost, and from how many answers on it pays; empty where not known."""
    training = run.training
    if training is None:
        return same("")
    cost = money(training.cost, training.currency)
    if training.calls is None:
        return text(
            "training ({c}) is not repaid: an answer is no cheaper",
            "训练费用 {c} 无法收回：每次回答并不更便宜",
            c=cost,
        )
    return text(
        "training ({c}) repaid after {n} answers",
        "训练费用 {c}，{n} 次回答后收回",
        c=cost,
        n=count(rounded_up(training.calls)),
    )


def rounded_up(n: int) -> int:
    """To two digits, upwards: 37,412 calls are told as 38,000."""
    step: int = 10 ** max(0, len(str(n)) - 2)
    return -(-n // step) * step


def _no_price(card: AskedModel | None, text: Text) -> Phrase:
    if card is not None and card.recorded is not None:
        return text("recorded answers", "使用已录制的回答")
    if card is not None and card.host is None:
        return text("runs on this machine", "在本机运行")
    return text("no price is known", "价格未知")


def soundness(run: Run, text: Text) -> list[tuple[str, Phrase]]:
    """Errors, cut-off answers and leaked rows, each with its tone."""
    card = card_of(run, run.candidate)
    errors, cut = card.errors if card else 0, cut_off(run, run.candidate)
    found = [
        (
            "bad" if errors else "",
            text("{n} error" if errors == 1 else "{n} errors", "{n} 个错误", n=count(errors)),
        ),
        ("warn" if cut else "", text("{n} cut off", "{n} 个被截断", n=count(cut))),
    ]
    if run.leaked is None:
        found.append(("open", text("overlap with training not checked", "未检查与训练数据的重复")))
    else:
        seen = text(
            "{n} row seen in training" if run.leaked == 1 else "{n} rows seen in training",
            "{n} 行在训练中出现过",
            n=count(run.leaked),
        )
        found.append(("bad" if run.leaked else "", seen))
    left_out = run.unscored.get(run.candidate or "", 0)
    if left_out:
        found.append(("warn", text("{n} not scored", "{n} 行未评分", n=count(left_out))))
    return found
