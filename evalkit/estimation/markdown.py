# SPDX-License-Identifier: Apache-2.0
"""An estimate for the comment of a pull request: a headline, one table, the rest folded away.

Data is text there: it makes no markup, no link, no mention (`core.markdown.quoted`). The only HTML
is ours: `<details>`, `<summary>` and `<br>`.
"""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.markdown import quoted
from evalkit.core.printable import printable
from evalkit.estimation.cost import spoken
from evalkit.estimation.outlook import Estimation, Outlook
from evalkit.estimation.own_model import name_of
from evalkit.estimation.profile_text import HEADS
from evalkit.estimation.profile_words import percent, short
from evalkit.estimation.text import also_at, closing_line, others_line
from evalkit.estimation.text_bars import parts, times_of
from evalkit.estimation.text_facts import about, facts, files_of
from evalkit.estimation.text_notes import notes
from evalkit.estimation.text_table import cells, heads
from evalkit.page.phrase import Phrase, say

__all__ = ["as_markdown"]

_SIGNS = {"warn": "🟡 ", "bad": "🔴 ", "": ""}


def as_markdown(result: Estimation) -> str:
    """GitHub-flavoured Markdown without a line feed at the end, in the language of the result."""
    lines = [*_compared(result)] if result.compared else [*_single(result)]
    return "\n".join(lines).rstrip()


def _single(result: Estimation) -> Iterator[str]:
    outlook, language = result.outlooks[0], result.language

    def told(phrase: Phrase) -> str:
        return quoted(phrase.plain(language))

    yield f"### {told(_headline(outlook))}"
    yield ""
    if outlook.closing is not None:
        ending = closing_line(outlook.model.name, outlook.closing, (), language=language)
        yield f"{_SIGNS['warn']}{quoted(ending)}"
        yield ""
        if outlook.others:
            yield quoted(others_line(outlook.others, files_of(outlook.estimate), language))
            yield ""
    yield told(about(outlook.estimate))
    yield ""
    if elsewhere := also_at(outlook, result):
        yield told(elsewhere)
        yield ""
    what, how = say("what", "项目"), say("estimate", "估算")
    yield f"| {told(what)} | {told(how)} |"
    yield "|---|---|"
    for fact in facts(outlook, result):
        basis = f"<br>{told(fact.basis)}" if fact.basis else ""
        yield f"| {told(fact.label)} | {_SIGNS[fact.tone]}{told(fact.value)}{basis} |"
    yield ""
    yield from _details(outlook, result)


def _headline(outlook: Outlook) -> Phrase:
    """`train.jsonl: $0.1305 on gpt-4.1-mini-2025-04-14`."""
    paths = ", ".join(printable(path) for path, _ in outlook.estimate.files)
    cost = outlook.cost
    price: object = say("cost not known", "费用未知")
    if cost is not None:
        price = spoken(cost.amount, cost.currency)
        if any(doubt.more for doubt in outlook.doubts):
            price = say("at least {p}", "至少 {p}", p=price)
    return say(
        "{f}: {c} on {m} ({t})",
        "{f}：{c}，{m}（{t}）",
        f=paths,
        c=price,
        m=name_of(outlook.model),
        t=outlook.model.target,
    )


def _details(outlook: Outlook, result: Estimation) -> Iterator[str]:
    """What few look at: how long the rows are, and where their tokens go."""
    estimate, language = outlook.estimate, result.language

    def told(phrase: Phrase) -> str:
        return quoted(phrase.plain(language))

    if estimate.example is None:
        return
    title = say("How long the rows are, and where their tokens go", "样本长度与 token 的去向")
    yield f"<details><summary>{told(title)}</summary>"
    yield ""
    head = [told(say("tokens", "token 数")), *map(told, HEADS)]
    yield f"| {' | '.join(head)} |"
    yield f"|---|{'---:|' * len(HEADS)}"
    rows = [(told(say("example", "整行")), estimate.example)]
    rows += [(quoted(role), spread) for role, spread in estimate.roles.items()]
    if estimate.turns is not None:
        rows.append((told(say("turns", "轮次")), estimate.turns))
    for name, one in rows:
        values = (one.min, one.p5, one.p25, one.median, one.p75, one.p95, one.max, one.mean)
        yield f"| {name} | {' | '.join(map(short, values))} |"
    yield ""
    columns = (say("part", "构成"), say("tokens", "token"), say("share", "占比"))
    yield f"| {' | '.join(map(told, columns))} |"
    yield "|---|---:|---:|"
    for part, tokens, share in sorted(parts(estimate.shares), key=lambda one: -one[1]):
        yield f"| {told(part)} | {tokens:,} | {quoted(percent(share))} |"
    if estimate.outliers:
        yield ""
        columns = (
            say("far longer than the rest", "远长于其余的样本"),
            say("tokens", "token"),
            say("times", "倍数"),
        )
        yield f"| {' | '.join(map(told, columns))} |"
        yield "|---|---:|---|"
        for row in estimate.outliers:
            yield f"| {quoted(str(row.location))} | {row.tokens:,} | {told(times_of(row.times))} |"
    yield ""
    yield "</details>"


def _compared(result: Estimation) -> Iterator[str]:
    language = result.language
    estimate = result.outlooks[0].estimate
    paths = ", ".join(printable(path) for path, _ in estimate.files)
    title = say(
        "{f}: {n} models side by side", "{f}：{n} 个模型对比", f=paths, n=len(result.outlooks)
    )
    yield f"### {quoted(title.plain(language))}"
    yield ""
    yield quoted(about(estimate).plain(language))
    yield ""
    rows = [cells(outlook, result) for outlook in result]
    kept = heads(result)
    yield f"| {' | '.join(quoted(one.head.plain(language)) for one in kept)} |"
    yield f"|{'|'.join('---:' if one.right else '---' for one in kept)}|"
    for row in rows:
        yield f"| {' | '.join(quoted(row[one.key]) for one in kept)} |"
    for note in notes(result):
        yield ""
        yield quoted(note.plain(language))
