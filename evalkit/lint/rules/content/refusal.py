# SPDX-License-Identifier: Apache-2.0
"""CNT005."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from evalkit.core.accumulators import Firsts
from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.result import FileReport
from evalkit.lint.rule import rule

__all__ = ["refusal"]

_FEWEST = 5  # refusals; below that a share says nothing
_SHOWN = 3  # places in the message
_LOOKED_AT = 400  # characters of the answer

# How a refusal begins: one of these stands in each that the pattern below finds.
_NOT_ABLE = (
    " can't", " can’t", " cannot", " can not", " won't", " won’t", " will not", " must",
    " am unable", "'m unable", "’m unable", " am currently", "'m currently", "’m currently",
    " am not", "'m not", "’m not",
)  # fmt: skip
_WE_ZH = [f"{who}{now}" for who in ("我", "我们") for now in ("", "暂时", "目前", "现在")]
_NOT_ABLE_ZH = ("无法", "不能", "没有", "没办法", "不便", "不会", "不具备")
_NEEDLES = tuple(
    word.encode()
    for word in (
        "sorry", "Sorry", "apologi", "Unfortunately", *(f"I{words}" for words in _NOT_ABLE),
        "s an AI", "s a AI", "s a language model", "s a large language model",
        "s an large language model", "s an language model",
        "抱歉", "对不起", "不好意思", "遗憾", *(we + no for we in _WE_ZH for no in _NOT_ABLE_ZH),
        *(f"作为{one}{blank}{model}" for one in ("", "一个", "一名", "一款") for blank in ("", " ")
          for model in ("AI", "人工智能", "语言模型", "大语言模型")),
        '"refusal"',
    )
)  # fmt: skip


@rule(
    "CNT005",
    scope="file",
    methods=("sft", "preference", "completion"),
    severity="info",
    needles=_NEEDLES,
    en="{number} of {total} answers refuse ({share:.1%}), such as {places}; keep those that are wanted",
    zh="{total} 个回答中有 {number} 个是拒答（{share:.1%}），如{places}；请只留下确实需要的",
)
def refusal(example: Example, refusals: Firsts) -> None:
    """## What it does
    Counts the answers that refuse ("I'm sorry, but I can't help with that", 抱歉，我无法提供, a filled
    `refusal`), and reports them once for the file, with the first three, where they are more than
    `max_refusal_share` of it and 5 at least. Looked at is how the last answer of a conversation
    begins. "I can't find your order" is an answer; so is "sorry" with help behind it.
    ## Why is this bad?
    A model refuses about as often as its examples do: with 60 % "I cannot answer this" in training
    where 5 % are wanted, it refuses far too often. Some refusals are meant, so that this is advice:
    give the rule a severity, or the option another value, to hold a file to it.
    ## References
    OpenAI, fine-tuning guide, "Iterating on data quality": the balance and diversity of the examples.
    """
    last = example.messages[-1] if example.messages else None
    if last is None or last.role != "assistant":
        return
    if last.value.get("refusal") or _refusal().match(last.text[:_LOOKED_AT]):
        refusals.add(example.location)


@refusal.finish
def too_many(
    refusals: Firsts, file: FileReport, *, max_refusal_share: float = 0.05
) -> Iterator[Fault]:
    """One finding for the file."""
    number, total = refusals.total, max(file.examples, refusals.total)
    if number >= _FEWEST and number > max_refusal_share * total:
        places = tuple(refusals.items()[:_SHOWN])
        args = {"number": number, "total": total, "share": number / total, "places": places}
        yield Fault(args=args)


@cache
def _refusal() -> re.Pattern[str]:
    # Narrow on purpose: what is not done must be helping itself, not finding or opening something.
    not_able = (
        r"I(?: (?:can['’]t|can ?not|won['’]t|will not)| must(?: respectfully)? (?:decline|refuse) to"
        r"|(?: am|['’]m) (?:currently )?(?:unable|not able|not allowed) to)"
    )
    help_ = (
        r"(?:actually |directly |ethically |in good conscience )?(?:help|assist|comply|fulfill?|answer|"
        r"provide|generate|create|write|produce|give|offer|engage|participate|support|promote|condone|"
        r"encourage|discuss|continue with|complete|respond|do that|share|recommend|advise|make|perform|"
        r"execute|predict|access|browse|order|book)\b"
    )
    lacks = (
        r"I (?:currently )?(?:do not|don['’]t) (?:currently )?have (?:the (?:ability|capability|"
        r"capacity)|(?:real-time |direct )?access)"
    )
    sorry = r"(?:(?:I['’]?m|I am) (?:very |so |really |truly )?sorry|Sorry|(?:I|My) apologi(?:[sz]e|es))"
    ai = r"[Aa]s an? (?:AI|(?:large )?language model)[^.,\n]{0,60},"
    cannot = rf"(?:{not_able} {help_}|{lacks})"
    english = (
        rf"{sorry}(?: for [^.,\n]{{0,40}})?[,.!]? *(?:but +)?(?:{ai} *)?{cannot}"
        rf"|Unfortunately, *(?:{ai} *)?{cannot}|{not_able} {help_}|{ai} *{cannot}"
    )
    verbs = (
        "提供|回答|协助|帮助|帮您|帮你|满足|完成|继续|给出|给您|给你|生成|创作|创建|撰写|编写|写|回应|参与|支持|"
        "为您|为你|执行|处理|讨论|预测|推荐|预订|进行"
    )
    cannot_zh = (
        rf"(?:(?:无法|不能|没有办法|没办法|不便|不会)(?:直接|继续)?(?:{verbs})"
        r"|(?:没有|不具备)[^，。,\n]{0,20}(?:能力|功能|权限))"
    )
    now_zh = r"(?:暂时|目前|现在)?"
    sorry_zh = (
        r"(?:非常|十分|很|真)?(?:抱歉|对不起|不好意思|遗憾)[,，。!！ ]*(?:但是?|不过|可是)?[,，]? *"
    )
    ai_zh = r"作为(?:一[个名款])? ?(?:AI|人工智能|大?语言模型)[^,，。\n]{0,12}[,，] *"
    chinese = (
        rf"(?:{sorry_zh}(?:{ai_zh})?|{ai_zh})(?:我们?)?{now_zh}{cannot_zh}|我们?{now_zh}{cannot_zh}"
    )
    return re.compile(rf"\s*(?:{english}|{chinese})")
