# SPDX-License-Identifier: Apache-2.0
"""What answers cost: exact decimals from token counts and a dated price."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.exchange import Reply, Request
from evalkit.models.spec import ModelSpec, provider
from evalkit.targets.load import model_named

__all__ = ["Rate", "cost_of", "most", "rate_of", "tokens_reserved"]

_MILLION = Decimal(1_000_000)
# Role, separators and the priming of the answer, per message: 4 in OpenAI's chat format, and every
# other template that we know stays below this.
_PER_MESSAGE = 16
# Of a picture or another part that is no text: the dearest that a target has on record (patches:
# 1,536 x 2.46, OpenAI's images guide, 2026-11).
_PER_PART = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Money per million tokens, with where and when it was read.

    Attributes:
        input: Per million prompt tokens.
        output: Per million completion tokens.
        currency: Such as "USD".
        as_of: ISO date, or "" where the suite gives none.
        source: Where it stands.
        batch_input: As `input` by the batch route; None = not known.
        batch_output: As `output` by the batch route.
        cached_input: Of prompt tokens that the provider read from its cache; None = no such price.
    """

    input: Decimal
    output: Decimal
    currency: str
    as_of: str
    source: str
    batch_input: Decimal | None = None
    batch_output: Decimal | None = None
    cached_input: Decimal | None = None


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
            batch_input=_decimal(spec.price.get("batch_input")),
            batch_output=_decimal(spec.price.get("batch_output")),
            cached_input=_decimal(spec.price.get("cached_input")),
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
        batch_input=_decimal(price.batch_input),
        batch_output=_decimal(price.batch_output),
        cached_input=_decimal(price.cached),
    )


def cost_of(replies: Sequence[Reply], rate: Rate | None, *, batch: bool = False) -> Decimal | None:
    """The cost of the replies; None where the price or any token count is not known.

    Args:
        replies: Shape (n,).
        rate: Of the model.
        batch: By the batch route. Cached tokens have no price of their own there: the batch price
            is taken for all.
    """
    if rate is None or any(reply.usage is None for reply in replies if reply.finish != "error"):
        return None
    counted = [reply.usage for reply in replies if reply.usage is not None]
    prompt = sum(usage.prompt_tokens for usage in counted)
    completion = sum(usage.completion_tokens for usage in counted)
    if batch:
        if rate.batch_input is None or rate.batch_output is None:
            return None
        return (prompt * rate.batch_input + completion * rate.batch_output) / _MILLION
    cached = 0
    if rate.cached_input is not None:
        cached = sum(min(usage.cached_tokens, usage.prompt_tokens) for usage in counted)
    whole = (prompt - cached) * rate.input + completion * rate.output
    return (whole + cached * (rate.cached_input or 0)) / _MILLION


def most(request: Request, rate: Rate) -> Decimal:
    """What one request can cost at most: its prompt, and an answer as long as it may be.

    No tokenizer makes more tokens of a text than it has bytes, so this holds for every model; it is
    about four times too much for the prompt and is corrected once the answer is there.
    """
    prompt = sum(map(_bytes_of, request.messages))
    if request.tools:
        prompt += len(json.dumps(list(request.tools), ensure_ascii=False).encode(*_SAFELY))
    answers = max(1, int(request.extra.get("n") or 1))
    return (prompt * rate.input + answers * _longest(request) * rate.output) / _MILLION


def tokens_reserved(request: Request, size: int | None = None) -> int:
    """Tokens that a request may count for against a rate: of its prompt, about, and its answer.

    Args:
        request: What is asked.
        size: Bytes of its JSON, where that is known already.
    """
    return (sum(map(_bytes_of, request.messages)) if size is None else size) // 4 + _longest(
        request
    )


_SAFELY = ("utf-8", "surrogatepass")


def _longest(request: Request) -> int:
    named = (request.extra.get(name) for name in ("max_tokens", "max_completion_tokens"))
    return max(request.max_tokens, *(n if isinstance(n, int) else 0 for n in named))


def _bytes_of(message: Mapping[str, Any]) -> int:
    size = _PER_MESSAGE
    for key, value in message.items():
        if isinstance(value, str):
            size += len(value.encode(*_SAFELY)) if key != "role" else 0
        elif isinstance(value, list) and key == "content":
            size += sum(map(_bytes_of_part, value))
        elif value is not None:
            size += len(json.dumps(value, ensure_ascii=False).encode(*_SAFELY))
    return size


def _bytes_of_part(part: Any) -> int:
    text = part.get("text") if isinstance(part, Mapping) else None
    return len(text.encode(*_SAFELY)) if isinstance(text, str) else _PER_PART


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))
