# SPDX-License-Identifier: Apache-2.0
"""What is ahead of a run, in the words of both languages: a line per host, a line per gate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_CEILING, Decimal
from math import isnan

from evalkit.core.printable import printable
from evalkit.core.strings import Language
from evalkit.evaluation.forgetting.spec import FORGETTING
from evalkit.evaluation.outlook.gates import DISAGREEMENT, SPREAD, GateOutlook
from evalkit.evaluation.outlook.outlook import Counted, HostOutlook, Outlook, Sum
from evalkit.page.numbers import money

__all__ = ["gate_lines", "host_lines", "roughly", "span"]

_WORDS = {
    "here": ("on this machine", "本机"),
    "recordings": ("from recordings", "来自录制"),
    "answers": ("{a} answers ({m})", "{a} 个回答（{m}）"),
    "nothing": ("{a} answers ({m}), all of them stored", "{a} 个回答（{m}），全部已有"),
    "requests": ("{n} requests ({m})", "{n} 个请求（{m}）"),
    "request": ("1 request ({m})", "1 个请求（{m}）"),
    "stored": ("{k} of them stored", "其中 {k} 个已有回答"),
    "paid": (
        "{k} sent before and not answered: perhaps paid for already",
        "{k} 个此前已发出但没有回答，可能已付费",
    ),
    "in_batch": (
        "{k} in a batch that is on its way: fetched, not paid again",
        "{k} 个在进行中的批量任务里：只取回，不再付费",
    ),
    "tokens": ("about {t} tokens", "约 {t} 个 token"),
    "nearly": ("about {t} tokens (approximate tokenizer)", "约 {t} 个 token（近似分词器）"),
    "roughly": (
        "very roughly {t} tokens (tokenizer not known)",
        "粗略约 {t} 个 token（分词器未知）",
    ),
    "money": ("about {a}, at most {b}", "约 {a}，最多 {b}"),
    "same": ("at most {b}", "最多 {b}"),
    "unpriced": ("price of {m} not known", "{m} 的价格未知"),
    "time": ("about {t}", "约 {t}"),
    "batch": ("by the batch route, within 24 h ({m})", "走批量接口，24 小时内（{m}）"),
    "direct": ("asked one by one, no batch route ({m})", "逐个提问，没有批量接口（{m}）"),
    "repeats": (
        "{k} answers to each question; at temperature 0 they hardly differ: --temperature 0.7",
        "每题 {k} 个回答；温度为 0 时几乎相同：--temperature 0.7",
    ),
    "turns": (
        "several questions stand in one conversation: they prove less than their number",
        "多个问题来自同一段对话：能证明的比行数少",
    ),
    "forgetting": ("forgetting, {n} rows more:", "遗忘检查，另有 {n} 行："),
    "head": (
        "What {n} rows can prove, four times in five:",
        "{n} 行数据能证明什么（五次中有四次）：",
    ),
    "assumed": (
        "assumed: two models' results differ on {a} to {b} % of the rows",
        "假设：两个模型的结果在 {a} 到 {b} % 的行上不同",
    ),
    "spread": (
        "assumed: the differences of two models' scores spread by {a} to {b}",
        "假设：两个模型得分之差的标准差为 {a} 到 {b}",
    ),
    "margin_yes": (
        "{n} rows can show it: it takes about {a} to {b}",
        "{n} 行足够：大约需要 {a} 到 {b} 行",
    ),
    "margin_maybe": (
        "{n} rows may show it: it takes about {a} to {b}",
        "{n} 行也许足够：大约需要 {a} 到 {b} 行",
    ),
    "margin_no": (
        "{n} rows can show 'not worse by {s} points', not by {m}: that takes about {a} to {b}",
        "{n} 行能证明“差距不超过 {s} 个百分点”，不能证明 {m} 个：那大约需要 {a} 到 {b} 行",
    ),
    "margin_none": (
        "{n} rows cannot show it: it takes about {a} to {b}",
        "{n} 行不够：大约需要 {a} 到 {b} 行",
    ),
    "margin_zero": (
        "no number of rows shows 'by 0 points' of an equal model; {n} can show 'by {s} points'",
        "再多的行也不能证明同等的模型差距不超过 0；{n} 行能证明“不超过 {s} 个百分点”",
    ),
    "better": (
        "{n} rows can show a difference of {a} points or more ({b} where the models differ more)",
        "{n} 行能看出 {a} 个百分点以上的差别（两个模型差异较大时为 {b}）",
    ),
    "better_one": (
        "{n} rows can show a difference of {a} points or more",
        "{n} 行能看出 {a} 个百分点以上的差别",
    ),
    "at_least": (
        "{n} rows: it passes where the true {m} is {a} or more",
        "{n} 行：真实的 {m} 达到 {a} 时能通过",
    ),
    "at_most": (
        "{n} rows: it passes where the true {m} is {a} or less",
        "{n} 行：真实的 {m} 不超过 {a} 时能通过",
    ),
    "never": ("{n} rows cannot pass it", "{n} 行无法通过"),
    "few": ("{n} rows are too few to show anything", "{n} 行太少，什么也看不出"),
    "none": ("no row is looked at", "没有相关的行"),
    "unknown": (
        "what {n} rows can show is known only from the answers",
        "{n} 行能看出什么，要有回答才知道",
    ),
}
_COUNTED: Mapping[Counted, str] = {
    "exact": "tokens",
    "approximate": "nearly",
    "guessed": "roughly",
}


def host_lines(outlook: Outlook, language: Language) -> list[str]:
    """One line per host, and what is to be minded."""
    say = _Words(language)
    lines = []
    for host in outlook.hosts:
        here = "recordings" if host.recorded else "here"
        where = say(here) if host.host is None else printable(host.host)
        lines.append(f"{where}{say.colon}{say.comma.join(_facts(host, say))}")
    if outlook.same:
        lines.append(say("repeats", k=outlook.repeats))
    if outlook.forgetting is not None:
        lines.append(say("forgetting", n=f"{outlook.forgetting.rows:,}"))
        lines += [f"  {line}" for line in host_lines(outlook.forgetting, language)]
    lines += [printable(en if language == "en" else zh) for en, zh in outlook.notes]
    return lines


def gate_lines(outlook: Outlook, language: Language, *, of: str = "") -> list[str]:
    """What the gates can prove: a line each, above what is assumed; nothing without gates.

    Args:
        outlook: What is ahead.
        language: Of the words.
        of: The set that the gates are of, where it is not the suite's own: stands before each, as
            in the run's result.
    """
    also = []
    if outlook.forgetting is not None:
        also = gate_lines(outlook.forgetting, language, of=f"{FORGETTING}: ")
    if not outlook.gates:
        return also
    say = _Words(language)
    compared = {g.pair for g in outlook.gates if g.relation in ("better", "not_worse") and g.shows}
    lines = [say("head", n=f"{outlook.rows:,}")]
    lines += [f"  {of}{printable(g.gate)}{say.colon}{_gate(g, say)}" for g in outlook.gates]
    if "binary" in compared:
        a, b = (f"{share * 100:g}" for share in DISAGREEMENT)
        lines.append("  " + say("assumed", a=a, b=b))
    if "mean" in compared:
        a, b = (f"{share:g}" for share in SPREAD)
        lines.append("  " + say("spread", a=a, b=b))
    if outlook.turns:
        lines.append("  " + say("turns"))
    return [*lines, *also]


def roughly(rows: int) -> str:
    """Rows as a plan has them: 1,546 is "1,550", raised to half a unit of its second digit."""
    step = max(1, 10 ** (len(str(rows)) - 2) // 2)
    return f"{-(-rows // step) * step:,}"


def span(seconds: float, language: Language) -> str:
    """A length of time in one unit: "40 s", "3 min", "1 h 20 min"."""
    whole = max(1, round(seconds))
    hour, minute, second = (" h", " min", " s") if language == "en" else (" 小时", " 分钟", " 秒")
    if whole < 90:
        return f"{whole}{second}"
    minutes = round(whole / 60)
    if minutes < 90:
        return f"{minutes}{minute}"
    hours, rest = divmod(minutes, 60)
    return f"{hours}{hour} {rest}{minute}" if rest and hours < 10 else f"{hours}{hour}"


class _Words:
    """The phrases of one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._at = 0 if language == "en" else 1
        self.colon, self.comma = (": ", ", ") if language == "en" else ("：", "，")

    def __call__(self, key: str, **values: object) -> str:
        return _WORDS[key][self._at].format(**values)


def _sent(host: HostOutlook, say: _Words) -> Iterator[str]:
    """What went out before this run."""
    if host.in_batch:
        yield say("in_batch", k=f"{host.in_batch:,}")
    if host.maybe_paid:
        yield say("paid", k=f"{host.maybe_paid:,}")


def _facts(host: HostOutlook, say: _Words) -> Iterator[str]:
    models = ", ".join(map(printable, host.models))
    if not host.requests:
        whole = host.recorded or host.in_batch
        yield say("answers" if whole else "nothing", a=f"{host.answers:,}", m=models)
        yield from _sent(host, say)
        return
    wanted = host.answers
    yield say("request" if wanted == 1 else "requests", n=f"{wanted:,}", m=models)
    if host.stored:
        yield say("stored", k=f"{host.stored:,}")
    yield from _sent(host, say)
    if host.prompt_tokens is not None and host.answer_tokens is not None:
        tokens = host.prompt_tokens + host.answer_tokens[0]
        yield say(_COUNTED[host.counted], t=_two_digits(tokens))
    yield from (_sum(cost, say) for cost in host.costs)
    if host.unpriced:
        yield say("unpriced", m=", ".join(map(printable, host.unpriced)))
    if host.seconds is not None:
        yield say("time", t=span(host.seconds, say.language))
    if host.batch:
        yield say("batch", m=", ".join(map(printable, host.batch)))
    if host.direct:
        yield say("direct", m=", ".join(map(printable, host.direct)))


def _sum(cost: Sum, say: _Words) -> str:
    expected = money(f"{cost.expected:f}", cost.currency)
    most = money(f"{_upwards(cost.most):f}", cost.currency)
    return say("same", b=most) if expected == most else say("money", a=expected, b=most)


def _upwards(amount: Decimal) -> Decimal:
    """Rounded up to what `money` shows, so that "at most" holds."""
    step = Decimal("0.01")
    if amount and amount < Decimal("0.1"):
        step = Decimal(1).scaleb(amount.adjusted() - 1)
    return amount.quantize(step, ROUND_CEILING)


def _gate(gate: GateOutlook, say: _Words) -> str:
    n = f"{gate.rows:,}"
    if gate.rows == 0:
        return say("none")
    if gate.shows is None:
        return say("unknown", n=n)
    if gate.relation == "not_worse":
        return _margin(gate, n, say)
    low, high = gate.shows
    if gate.relation == "better":
        if isnan(low):
            return say("few", n=n)
        a, b = _points(low), _points(high)
        return say("better_one" if a == b else "better", n=n, a=a, b=b)
    if isnan(low):
        return say("never", n=n)
    kind = "at_least" if gate.relation in ("at_least", "above") else "at_most"
    return say(kind, n=n, m=printable(gate.metric), a=_percent(low, up=kind == "at_least"))


def _margin(gate: GateOutlook, n: str, say: _Words) -> str:
    least = gate.shows[0] if gate.shows else float("nan")
    if gate.needed is None:
        return say("few", n=n) if isnan(least) else say("margin_zero", n=n, s=f"{least * 100:g}")
    a, b = map(roughly, gate.needed)
    if gate.standing == "no" and not isnan(least):
        margin = f"{gate.bound * 100:g}"
        return say("margin_no", n=n, s=f"{least * 100:g}", m=margin, a=a, b=b)
    key = {"yes": "margin_yes", "maybe": "margin_maybe"}.get(gate.standing, "margin_none")
    return say(key, n=n, a=a, b=b)


def _points(share: float) -> str:
    return "–" if isnan(share) else f"{share * 100:.1f}"


def _percent(share: float, *, up: bool) -> str:
    """One digit, two where it is near an end; rounded so that the promise stands."""
    from math import ceil, floor

    digits = 1000 if 0.005 < share < 0.995 else 10_000
    rounded = (ceil if up else floor)(share * digits - (1e-9 if up else -1e-9)) / digits
    return f"{rounded * 100:g} %"


def _two_digits(n: int) -> str:
    """Rounded to two significant digits: 83,612 tokens are "about 84,000"."""
    digits: Sequence[str] = str(n)
    step = 10 ** max(0, len(digits) - 2)
    return f"{round(n / step) * step:,}"
