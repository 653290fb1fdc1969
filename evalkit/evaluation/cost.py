# SPDX-License-Identifier: Apache-2.0
"""What the answers of a model cost: exact decimals from token counts and a dated price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from evalkit.core.errors import UsageError
from evalkit.core.exchange import Reply
from evalkit.models.spec import ModelSpec, provider
from evalkit.targets.load import model_named

__all__ = ["Rate", "cost_of", "rate_of"]

_MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Money per million tokens, with where and when it was read.

    Attributes:
        input: Per million prompt tokens.
        output: Per million completion tokens.
        currency: Such as "USD".
        as_of: ISO date, or "" where the suite gives none.
        source: Where it stands.
    """

    input: Decimal
    output: Decimal
    currency: str
    as_of: str
    source: str


def rate_of(spec: ModelSpec) -> Rate | None:
    """The suite's own price, else the registry's for the model (or what it `is`), else None.

    Unknown stays unknown: models on this machine and unlisted ones have no rate.
    """
    if spec.price:
        return Rate(
            input=Decimal(str(spec.price["input"])),
            output=Decimal(str(spec.price["output"])),
            currency=str(spec.price.get("currency", "USD")),
            as_of=str(spec.price.get("as_of", "")),
            source=str(spec.price.get("source", "the suite")),
        )
    if ":" in spec.use.partition("/")[0]:  # local:, baseline:, replay: ... cost nothing to ask
        return None
    try:
        card = model_named(spec.is_ or provider(spec)[1])
    except UsageError:
        return None
    price = card.inference
    if price is None:
        return None
    return Rate(
        input=Decimal(price.input),
        output=Decimal(price.output),
        currency=price.currency,
        as_of=price.as_of.isoformat(),
        source=price.source,
    )


def cost_of(replies: Sequence[Reply], rate: Rate | None) -> Decimal | None:
    """The cost of the replies; None where the price or any token count is not known."""
    if rate is None or any(reply.usage is None for reply in replies if reply.finish != "error"):
        return None
    counted = [reply.usage for reply in replies if reply.usage is not None]
    prompt = sum(usage.prompt_tokens for usage in counted)
    completion = sum(usage.completion_tokens for usage in counted)
    return (prompt * rate.input + completion * rate.output) / _MILLION
