# SPDX-License-Identifier: Apache-2.0
"""What validation files add to a bill."""

from __future__ import annotations

from collections.abc import Mapping

from evalkit.core.strings import Language
from evalkit.estimation.counting import Counted
from evalkit.estimation.facts import Job, Validation

__all__ = ["validation"]


def validation(counted: Counted, job: Job, epochs: int) -> Validation:
    """What the validation files of a job add.

    Args:
        counted: Their rows, counted for that job as those of training are: cut and padded alike.
        job: Whose.
        epochs: Of the training: validation runs once in each where nobody says how often.
    """
    tokens = counted.bills.billed
    rule = job.training
    often = job.evaluations if job.evaluations is not None else rule.evaluations
    asked = often is not None
    evaluations = epochs if often is None else often
    billed: int | None = None
    why: Mapping[Language, str] = {
        "en": "not known: whether this provider bills validation is not on record",
        "zh": "未知：没有该服务商是否对验证计费的记录",
    }
    if rule.validation == "free":
        billed, why = 0, {"en": "free with this provider", "zh": "该服务商不对验证计费"}
    elif rule.validation == "each":
        billed = tokens * evaluations
        en = f"each evaluation is billed: {evaluations:,} x {tokens:,} token"
        en += "" if tokens == 1 else "s"
        zh = f"每次验证都计费：{evaluations:,} x {tokens:,} 个 token"
        why = (
            {"en": en, "zh": zh}
            if asked
            else {"en": f"{en}, one per epoch", "zh": f"{zh}，每轮一次"}
        )
    return Validation(
        files=tuple(counted.rows.files.items()),
        examples=counted.rows.examples,
        tokens=tokens,
        evaluations=evaluations,
        billed=billed,
        why=why,
    )
