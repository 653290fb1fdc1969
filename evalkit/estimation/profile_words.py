# SPDX-License-Identifier: Apache-2.0
"""What things of a profile are called, and what stands out in one; English and Chinese."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from evalkit.core.printable import printable
from evalkit.estimation.profile_facts import Profile
from evalkit.estimation.profile_some import Pairs
from evalkit.estimation.profile_spread import Counted
from evalkit.page.phrase import Phrase, joined, same, say

__all__ = [
    "Remark",
    "counted",
    "language_name",
    "listed",
    "many",
    "method_name",
    "number",
    "percent",
    "remarks",
    "short",
    "size",
    "tokens_note",
    "why",
]

_LANGUAGES = {
    "zh": ("Chinese", "中文"),
    "ja": ("Japanese", "日文"),
    "ko": ("Korean", "韩文"),
    "latin": ("Latin letters", "拉丁字母"),
    "cyrillic": ("Cyrillic", "西里尔字母"),
    "greek": ("Greek", "希腊字母"),
    "arabic": ("Arabic", "阿拉伯字母"),
    "hebrew": ("Hebrew", "希伯来字母"),
    "devanagari": ("Devanagari", "天城文"),
    "thai": ("Thai", "泰文"),
    "other": ("other scripts", "其他文字"),
    "mixed": ("mixed", "混合"),
    "none": ("no letters", "无文字"),
}
_METHODS = {
    "sft": ("supervised fine-tuning", "监督微调"),
    "preference": ("preference pairs or verdicts", "偏好数据"),
    "rft": ("reinforcement", "强化微调"),
    "completion": ("prompts and completions", "提示与补全"),
    "text": ("plain text", "纯文本"),
    "eval": ("for graders", "评测数据"),
}
_WHY = {
    "json": ("not JSON", "不是 JSON"),
    "surrogate": ("half a character", "不完整的字符"),
    "too-long": ("line too long", "行过长"),
    "encoding": ("not in the file's encoding", "编码不符"),
    "not-object": ("no JSON object", "不是 JSON 对象"),
    "ragged": ("cells unlike the header", "单元格与表头不符"),
    "no-conversation": ("no conversation", "没有对话"),
}
_UNEVEN = 10.0  # times as many rows of the most frequent label as of the rarest
_ONE_SIDED = 0.7  # share of pairs in which one kind of answer is the longer one
_COPIES = 0.01  # share of rows


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that stands out.

    Attributes:
        tone: "bad" = training will fail or learn rubbish; "warn" = look at it.
        text: One sentence.
    """

    tone: Literal["bad", "warn"]
    text: Phrase


def number(value: float) -> str:
    """A count, or a quantile: one decimal where it has one and is small."""
    return f"{round(value):,}" if value >= 1000 else f"{value:.1f}".removesuffix(".0")


def counted(number: int, noun: str) -> Phrase:
    """`1 row`, `1,200 rows`; the Chinese sentence around the number says the noun itself."""
    return say(f"{{n}} {noun}{'' if number == 1 else 's'}", "{n}", n=f"{number:,}")


def short(value: float) -> str:
    """At most six characters: 12,345 and 123k and 1.2M."""
    if value >= 999_500:
        for unit, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M")):
            if value >= 0.9995 * unit:
                return f"{value / unit:.3g}{letter}"
    return f"{value / 1000:.0f}k" if value >= 99_999.5 else number(value)


def percent(share: float) -> str:
    """A share with one decimal; never 0% for some nor 100% for not all."""
    if share in (0, 1):
        return f"{100 * share:.0f}%"
    if share < 0.0005:
        return "<0.1%"
    return ">99.9%" if share >= 0.9995 else f"{100 * share:.1f}%"


def many(different: int | None, most: int = 10_000) -> str:
    """A number of different things, which are not counted beyond a limit."""
    return f">{most:,}" if different is None else f"{different:,}"


def size(octets: int) -> str:
    """Bytes, in powers of 1,000."""
    for unit, name in ((10**9, "GB"), (10**6, "MB"), (1000, "KB")):
        if octets >= unit:
            return f"{octets / unit:.1f} {name}"
    return f"{octets} B"


def language_name(code: str) -> Phrase:
    """A language or script."""
    return say(*_LANGUAGES[code]) if code in _LANGUAGES else same(code)


def method_name(method: str | None) -> Phrase:
    """What rows are made for."""
    return say(*_METHODS[method]) if method in _METHODS else same(method or "–")


def why(kind: str) -> Phrase:
    """Why a record could not be used."""
    return say(*_WHY[kind]) if kind in _WHY else same(printable(kind))


def listed(items: Sequence[Counted]) -> Phrase:
    """Languages with their shares."""
    return joined(
        [same_share(language_name(one.name), one.share) for one in items], en=", ", zh="，"
    )


def same_share(name: Phrase, share: float) -> Phrase:
    """A name with its share behind it."""
    return say("{name} {share}", "{name} {share}", name=name, share=percent(share))


def tokens_note(profile: Profile) -> Phrase:
    """Which tokenizer, and how exact."""
    tokens = profile.tokens
    if tokens is None:
        return same("")
    parts = [say("texts exact", "文本精确")]
    if tokens.form == "plain":
        parts.append(say("the texts alone, as for models without a chat form", "只计文本"))
    else:
        parts.append(say("an example by OpenAI's billing formula", "整行按 OpenAI 计费公式"))
        if profile.tools is not None and profile.tools.rows:
            parts.append(say("tool definitions within about 2 %", "工具定义误差约 2 %"))
    if profile.media is not None:
        parts.append(say("media not counted", "不含图片等媒体"))
    return say("{e}: {p}", "{e}：{p}", e=tokens.encoding, p=joined(parts, en=", ", zh="，"))


def remarks(profile: Profile) -> list[Remark]:
    """What stands out, the worst first."""
    found = [*_of_rows(profile), *_of_answers(profile), *_of_method(profile)]
    return sorted(found, key=lambda one: one.tone != "bad")


def _of_rows(profile: Profile) -> Iterator[Remark]:
    rows = profile.rows
    if lost := rows.broken + rows.unread:
        first = rows.places[0]
        yield Remark(
            "bad",
            say(
                "{n} of {all} records cannot be used: {why} on line {line}"
                if lost == 1
                else "{n} of {all} records cannot be used, the first on line {line}: {why}",
                "{all} 条记录中有 {n} 条不可用，第一条在第 {line} 行：{why}",
                n=f"{lost:,}",
                all=f"{rows.records:,}",
                line=first.line or "?",
                why=why(first.why),
            ),
        )
    copies = profile.repeated_rows.copies
    if copies and copies >= _COPIES * rows.usable:
        yield Remark(
            "warn",
            say(
                "copies of earlier rows: {n} ({share})",
                "{n} 行（{share}）与前面的行完全相同",
                n=counted(copies, "row"),
                share=percent(copies / rows.usable),
            ),
        )
    system = profile.system
    if system.rows and system.without:
        yield Remark(
            "warn",
            say(
                "no system prompt in {n} ({share}), the others have one",
                "{n} 行（{share}）没有系统提示，其余都有",
                n=counted(system.without, "row"),
                share=percent(system.without / rows.usable),
            ),
        )


def _of_answers(profile: Profile) -> Iterator[Remark]:
    answers, rows = profile.answers, profile.rows.usable
    if answers.empty:
        yield Remark(
            "bad",
            say(
                "an empty answer in {n} of {all}",
                "{n} 行（共 {all} 行）的回答为空",
                n=counted(answers.empty, "row"),
                all=f"{rows:,}",
            ),
        )
    if answers.imbalance is not None and answers.imbalance >= _UNEVEN:
        most, least = answers.labels[0], answers.labels[-1]
        yield Remark(
            "warn",
            say(
                "labels are uneven: {a} in {m}, {b} in {k}",
                "标签不均衡：{a} 有 {m} 行，{b} 只有 {k} 行",
                a=f"“{most.name}”",
                b=f"“{least.name}”",
                m=counted(most.count, "row"),
                k=f"{least.count:,}",
            ),
        )
    if profile.reasoning is not None and profile.reasoning.rows < rows:
        yield Remark(
            "warn",
            say(
                "{share} of the rows hold reasoning before the answer, the others none",
                "{share} 的行在回答前有思考过程，其余没有",
                share=percent(profile.reasoning.rows / rows),
            ),
        )


def _of_method(profile: Profile) -> Iterator[Remark]:
    if profile.weights is not None and profile.weights.masked_rows:
        yield Remark(
            "bad",
            say(
                "nothing is learned from {n}: all their answers have weight 0",
                "{n} 行的所有回答权重都是 0，什么也学不到",
                n=counted(profile.weights.masked_rows, "row"),
            ),
        )
    if profile.pairs is not None:
        yield from _of_pairs(profile.pairs)
    verdicts = profile.verdicts
    if verdicts is not None:
        good = verdicts.good / (verdicts.good + verdicts.bad)
        if not 1 - _ONE_SIDED <= good <= _ONE_SIDED:
            yield Remark(
                "warn",
                say(
                    "verdicts are uneven: {share} of the answers are good ones",
                    "评判不均衡：{share} 的回答被评为好",
                    share=percent(good),
                ),
            )


def _of_pairs(pairs: Pairs) -> Iterator[Remark]:
    if pairs.identical:
        yield Remark(
            "bad",
            say(
                "both answers are the same in {n}",
                "{n} 行的两个回答完全相同",
                n=counted(pairs.identical, "row"),
            ),
        )
    for count, en, zh in ((pairs.longer, "longer", "更长"), (pairs.shorter, "shorter", "更短")):
        if count >= _ONE_SIDED * pairs.rows:
            yield Remark(
                "warn",
                say(
                    "the preferred answer is the {word} one in {share} of the pairs: length may "
                    "be what is learned",
                    "{share} 的配对中偏好的回答{word}：学到的可能只是长度",
                    word=say(en, zh),
                    share=percent(count / pairs.rows),
                ),
            )
