# SPDX-License-Identifier: Apache-2.0
"""What an estimate counts with an error, or not at all, and what does not go together."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.estimation.facts import Estimate
from evalkit.estimation.outlook import Outlook
from evalkit.estimation.profile_words import counted, method_name
from evalkit.estimation.text_fact import NOTHING, Fact, places, row_of
from evalkit.page.phrase import Phrase, say

__all__ = ["beyond_context", "kinds_of_rows", "left_out", "nothing_learned", "unsure"]


def unsure(estimate: Estimate) -> Iterator[Fact]:
    """What is counted with an error, or not at all."""
    if estimate.with_tools:
        yield Fact(
            say("tools", "工具定义"),
            say(
                "defined in {n}: counted within about 2 %",
                "{n} 条样本带工具定义，其 token 数误差约 2 %",
                n=counted(estimate.with_tools, "example"),
            ),
        )
    if estimate.images:
        unknown = NOTHING
        if estimate.images_unknown:
            unknown = say(
                "{u} of unknown size {is_} not counted",
                "其中 {u} 张尺寸未知，未计入",
                u=f"{estimate.images_unknown:,}",
                is_="is" if estimate.images_unknown == 1 else "are",
            )
        yield Fact(
            say("images", "图片"),
            row_of(
                say(
                    "{n} in {r}",
                    "{r} 条样本中有 {n} 张",
                    n=f"{estimate.images:,}",
                    r=counted(estimate.with_images, "example"),
                ),
                unknown,
            ),
            tone="warn" if estimate.images_unknown else "",
        )
    if estimate.with_media:
        yield Fact(
            say("media", "音频文件"),
            say(
                "audio or files in {n} are not counted",
                "{n} 条样本带音频或文件，其 token 未计入",
                n=counted(estimate.with_media, "example"),
            ),
            tone="warn",
        )
    if fact := left_out(estimate):
        yield fact


def left_out(estimate: Estimate) -> Fact | None:
    """The records that were not counted; None where there are none."""
    if not estimate.left_out:
        return None
    one = estimate.left_out == 1
    return Fact(
        say("not counted", "未计入"),
        say(
            "{n} record without a readable conversation: {p}"
            if one
            else "{n} records without a readable conversation: {p}",
            "{n} 条读不出对话的记录：{p}",
            n=f"{estimate.left_out:,}",
            p=places(estimate.left_out_rows, estimate.left_out),
        ),
        say("`evalkit lint` says why", "`evalkit lint` 说明原因"),
        "warn",
    )


def beyond_context(outlook: Outlook) -> Phrase:
    """That the few-shot examples are more than the model can read; empty where they are not."""
    estimate, shots = outlook.estimate, outlook.few_shot.tokens
    context, prompt = estimate.model.context, round(estimate.prompt_tokens or 0)
    if context is None or not shots or shots + prompt <= context:
        return NOTHING
    return say(
        "{n} of examples and a prompt of {p} are more than the context of {c}: break-even is "
        "against a base model that cannot be asked so",
        "{n} 个示例 token 加 {p} 个提示 token 超过上下文 {c}：无法这样调用基础模型，回本不成立",
        n=counted(shots, "token"),
        p=f"{prompt:,}",
        c=f"{context:,}",
    )


def kinds_of_rows(estimate: Estimate) -> Phrase:
    """That rows are for several methods, each counted as it is; empty where they are not."""
    if len(estimate.methods) < 2:
        return NOTHING
    named = [
        say("{n} for {m}", "{m} {n} 条", n=counted(number, "example"), m=method_name(name))
        for name, number in sorted(estimate.methods.items(), key=lambda one: (-one[1], one[0]))
    ]
    return say(
        "{k}: a job trains in one way; --method says in which",
        "{k}：一个任务只用一种训练方法，可用 --method 指定",
        k=row_of(*named),
    )


def nothing_learned(estimate: Estimate) -> Phrase:
    """That no row has an answer, where answers are what is learned; empty where one has."""
    # Answers that are cut off are there: the line `too long` tells of them.
    if estimate.method == "rft" or estimate.loss_per_epoch or estimate.lost:
        return NOTHING
    if not estimate.examples:
        return NOTHING
    return say(
        "no row has an answer to learn from: a provider refuses such a file, or bills it in vain",
        "没有一条样本带有可学的回答：服务商会拒收，或者白白计费",
    )
