# SPDX-License-Identifier: Apache-2.0
"""How many epochs a job runs: as asked, or by the provider's rule with the sum that led to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from evalkit.core.errors import EvalkitError, UsageError
from evalkit.core.strings import Language
from evalkit.targets.job_rules import EpochRule

__all__ = ["Epochs", "epochs"]

# Every job found agrees with OpenAI's rule: 10 rows -> 10 epochs, 20 -> 5; 61, 72, 79 and 101 -> 3
# (six observations, November 2026). Its numbers stand in targets/openai.toml.
_WHOSE = "openai"


@dataclass(frozen=True, slots=True)
class Epochs:
    """Epochs and why.

    Attributes:
        number: 0 only where there are no examples.
        rule: "given" = as asked for; "provider" = by the provider's rule; "assumed" = by OpenAI's,
            since the provider's is not known.
        reason: One line in each language.
    """

    number: int
    rule: Literal["given", "provider", "assumed"]
    reason: Mapping[Language, str] = field(compare=False)


def epochs(
    examples: int, rule: EpochRule | None, asked: int | None, *, most: int | None = None
) -> Epochs:
    """The epochs of a job.

    Args:
        examples: Rows of the training files, 0 or more.
        rule: The provider's; None = not known: OpenAI's is taken, and the reason says so.
        asked: What the user asks for, 1 or more; None = the rule decides.
        most: Most that can be asked for; None = any number.

    Raises:
        UsageError: More are asked for than the provider takes.
    """
    if asked is not None:
        if most is not None and asked > most:
            raise UsageError(
                f"{asked:,} epochs are more than this provider takes: at most {most:,}",
                f"ask for {most:,} or fewer, or leave it to the provider's rule",
            )
        return Epochs(asked, "given", {"en": "as asked for", "zh": "按指定"})
    source: Literal["provider", "assumed"] = "provider"
    if rule is None:
        rule, source = _openais(), "assumed"
    if not examples:
        return Epochs(0, source, {"en": "no examples", "zh": "没有样本"})
    number, why = _by_rule(examples, rule)
    if source == "assumed":
        heads = {
            "en": "OpenAI's rule, since this provider's is not known: ",
            "zh": "该服务商的规则未知，按 OpenAI 的规则：",
        }
    elif rule.min_seen is None and rule.max_seen is None:
        heads = {"en": "", "zh": ""}
    else:
        heads = {"en": "auto: ", "zh": "自动："}
    return Epochs(number, source, {"en": heads["en"] + why["en"], "zh": heads["zh"] + why["zh"]})


def _openais() -> EpochRule:
    from evalkit.targets.load import target_named

    rule = target_named(_WHOSE).training.epochs
    if rule is None:
        raise EvalkitError("the target file of OpenAI has no rule for epochs", "reinstall evalkit")
    return rule


def _by_rule(examples: int, rule: EpochRule) -> tuple[int, Mapping[Language, str]]:
    """Epochs of a set that is not empty, and how they follow from the rule."""
    seen = rule.default * examples
    product = f"{rule.default} x {examples:,}"
    if rule.min_seen is not None and seen < rule.min_seen:
        quotient = rule.min_seen // examples
        number = quotient if rule.most is None else min(rule.most, quotient)
        division = f"{rule.min_seen:,} // {examples:,} = {quotient:,}"
        capped = number < quotient
        return number, {
            "en": f"{product} is under {_examples(rule.min_seen)}, so {division}"
            + (f", at most {number}" if capped else ""),
            "zh": f"{product} 不足 {rule.min_seen:,} 条，取 {division}"
            + (f"，最多 {number}" if capped else ""),
        }
    if rule.max_seen is not None and seen > rule.max_seen:
        quotient = rule.max_seen // examples
        number = max(rule.least, quotient)
        division = f"{rule.max_seen:,} // {examples:,} = {quotient:,}"
        raised = number > quotient
        return number, {
            "en": f"{product} is over {_examples(rule.max_seen)}, so {division}"
            + (f", at least {number}" if raised else ""),
            "zh": f"{product} 超过 {rule.max_seen:,} 条，取 {division}"
            + (f"，至少 {number}" if raised else ""),
        }
    return rule.default, _ordinary(rule)


def _examples(number: int | None) -> str:
    return f"{number:,} example{'' if number == 1 else 's'}"


def _ordinary(rule: EpochRule) -> Mapping[Language, str]:
    least, most = rule.min_seen, rule.max_seen
    if least is None and most is None:
        return {
            "en": f"the provider's default, as of {rule.as_of}",
            "zh": f"服务商默认值（截至 {rule.as_of}）",
        }
    if most is None:
        return {
            "en": f"{rule.default}, for {_examples(least)} seen or more",
            "zh": f"见到 {least:,} 条样本及以上时为 {rule.default}",
        }
    if least is None:
        return {
            "en": f"{rule.default}, for up to {_examples(most)} seen",
            "zh": f"见到至多 {most:,} 条样本时为 {rule.default}",
        }
    return {
        "en": f"{rule.default}, for {least:,} to {most:,} examples seen",
        "zh": f"见到 {least:,} 至 {most:,} 条样本时为 {rule.default}",
    }
