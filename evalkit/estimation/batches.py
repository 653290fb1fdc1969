# SPDX-License-Identifier: Apache-2.0
"""How many examples a step takes: as asked, or by the provider's rule."""

from __future__ import annotations

from decimal import Decimal

from evalkit.core.errors import UsageError
from evalkit.estimation.facts import Batch
from evalkit.targets.job_rules import BatchRule

__all__ = ["batch", "steps"]


def batch(
    examples: int, rule: BatchRule | None, asked: int | None, *, most: int | None = None
) -> Batch:
    """The batch size of a job.

    Args:
        examples: Rows of the training files, 0 or more.
        rule: The provider's; None = not known.
        asked: What the user asks for, 1 or more; None = the rule decides.
        most: Most that can be asked for; None = any number.

    Raises:
        UsageError: More is asked for than the provider takes.
    """
    if asked is not None:
        if most is not None and asked > most:
            raise UsageError(
                f"a batch of {asked:,} is more than this provider takes: at most {most:,}",
                f"ask for {most:,} or fewer, or leave it to the provider's rule",
            )
        return Batch(size=asked, reason={"en": "as asked for", "zh": "按指定"})
    if rule is None:
        return _unknown()
    if rule.default is not None:
        return Batch(
            size=rule.default,
            reason={
                "en": f"the provider's default, as of {rule.as_of}",
                "zh": f"服务商默认值（截至 {rule.as_of}）",
            },
        )
    return _unknown() if rule.share is None else _by_share(examples, rule, Decimal(rule.share))


def _unknown() -> Batch:
    return Batch(
        size=None,
        reason={
            "en": "not known: no rule of this provider is on record",
            "zh": "未知：没有该服务商的规则记录",
        },
    )


def _by_share(examples: int, rule: BatchRule, share: Decimal) -> Batch:
    exact = int(share * examples)
    size = max(1, exact)
    percent = f"{(share * 100).normalize():f} %"
    en = f"auto: {percent} of {examples:,} example{'' if examples == 1 else 's'}"
    zh = f"自动：{examples:,} 条样本的 {percent}"
    if size > exact:
        en, zh = f"{en}, at least 1", f"{zh}，至少 1"
    if rule.most is not None and size > rule.most:
        size = rule.most
        en, zh = f"{en}, at most {size:,}", f"{zh}，最多 {size:,}"
    return Batch(size=size, reason={"en": en, "zh": zh})


def steps(examples: int, size: int | None, epochs: int) -> int | None:
    """Optimiser steps of a job, epochs x ceil(examples / size); None = the size is not known.

    Args:
        examples: That are trained on, 0 or more.
        size: Of a batch.
        epochs: Of the job.
    """
    return None if size is None else epochs * -(-examples // size)
