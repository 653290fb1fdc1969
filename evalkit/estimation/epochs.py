# SPDX-License-Identifier: Apache-2.0
"""How many epochs a job runs when nobody says: OpenAI's rule, with the sum that led to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from evalkit.core.strings import Language

__all__ = ["Epochs", "automatic", "given"]

# The cookbook's constants (Chat_finetuning_data_prep). Every job found agrees: 10 rows -> 10
# epochs, 20 -> 5; 61, 72, 79 and 101 -> 3 (six observations, November 2026).
TARGET_EPOCHS = 3
MIN_TARGET_EXAMPLES = 100
MAX_TARGET_EXAMPLES = 25_000
MIN_EPOCHS = 1
MAX_EPOCHS = 25


@dataclass(frozen=True, slots=True)
class Epochs:
    """Epochs and why.

    Attributes:
        number: 0 only where there are no examples.
        rule: "given", or "openai-auto".
        reason: One line in each language.
    """

    number: int
    rule: Literal["given", "openai-auto"]
    reason: dict[Language, str] = field(compare=False)


def given(number: int) -> Epochs:
    """The epochs that the caller asked for."""
    return Epochs(number, "given", {"en": "as asked for", "zh": "按指定"})


def automatic(examples: int) -> Epochs:
    """OpenAI's `n_epochs: auto`.

    Three epochs; more for small sets, until 100 examples are seen, at most 25 epochs; fewer for
    large ones, until no more than 25,000 are seen, at least one.

    Args:
        examples: Rows of the training file, 0 or more.
    """
    seen = TARGET_EPOCHS * examples
    if examples == 0:
        return Epochs(0, "openai-auto", {"en": "no examples", "zh": "没有样本"})
    if seen < MIN_TARGET_EXAMPLES:
        quotient = MIN_TARGET_EXAMPLES // examples
        number = min(MAX_EPOCHS, quotient)
        sum_ = f"{MIN_TARGET_EXAMPLES} // {examples} = {quotient}"
        capped = number < quotient
        return Epochs(
            number,
            "openai-auto",
            {
                "en": f"auto: 3 x {examples} is under 100 examples, so {sum_}"
                + (f", at most {MAX_EPOCHS}" if capped else ""),
                "zh": f"自动：3 x {examples} 不足 100 条，取 {sum_}"
                + (f"，最多 {MAX_EPOCHS}" if capped else ""),
            },
        )
    if seen > MAX_TARGET_EXAMPLES:
        quotient = MAX_TARGET_EXAMPLES // examples
        number = max(MIN_EPOCHS, quotient)
        sum_ = f"{MAX_TARGET_EXAMPLES:,} // {examples:,} = {quotient}"
        raised = number > quotient
        return Epochs(
            number,
            "openai-auto",
            {
                "en": f"auto: 3 x {examples:,} is over 25,000 examples, so {sum_}"
                + (f", at least {MIN_EPOCHS}" if raised else ""),
                "zh": f"自动：3 x {examples:,} 超过 25,000 条，取 {sum_}"
                + (f"，至少 {MIN_EPOCHS}" if raised else ""),
            },
        )
    return Epochs(
        TARGET_EPOCHS,
        "openai-auto",
        {
            "en": "auto: 3, for 100 to 25,000 examples seen",
            "zh": "自动：见到 100 至 25,000 条样本时为 3",
        },
    )
