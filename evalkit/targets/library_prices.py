# SPDX-License-Identifier: Apache-2.0
"""Prices of base models' answers from genai-prices (Pydantic, MIT), where the registry has none.

Chosen against litellm's model map on 2026-11-21: it agreed with every price of a base model that
the registry has and it knows, keeps prices by the day from which they hold, names the model that it
matched, and is 0.2 MB of data with the dependencies that openai's client has anyway; litellm's map
knows more models and more ends, but comes in a wheel of 41 MB. The data travels with the package;
its download is never started here.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from evalkit.targets.card import Answers, ModelCard

__all__ = ["library_answers", "priced"]

_RELEASED = date(2026, 11, 10)  # version 0.2.3, the oldest that is read: its data is not older
_OLDEST = (0, 2, 3)
_PROVIDERS = {  # ours to theirs, where the names differ
    "bedrock-nova": "aws",
    "vertex": "google",
}


def priced(card: ModelCard, *, today: date | None = None) -> ModelCard:
    """The card, with a price of the base model's answers if there is one to be had."""
    if card.inference is not None:
        return card
    found = library_answers(card.target, card.name, today=today)
    return card if found is None else replace(card, inference=found)


@lru_cache(maxsize=256)
def library_answers(provider: str, model: str, *, today: date | None = None) -> Answers | None:
    """What the answers of a base model cost.

    Args:
        provider: A target's name, or one of genai-prices such as "anthropic".
        model: As the provider knows it; tuned models (`ft:...`) are not looked up.
        today: Prices change by the day; None = the day of the data.

    Returns:
        None where the package is not installed or too old, or knows no such model. Prices are those
        of short prompts where long ones cost more. `as_of` is the day since which the data can be
        trusted to be no older.
    """
    if model.startswith("ft:"):
        return None
    try:
        from genai_prices import Usage, __version__, calc_price
    except ImportError:
        return None
    if tuple(int(part) for part in __version__.split(".")[:3] if part.isdigit()) < _OLDEST:
        return None
    day = datetime.combine(today or _RELEASED, datetime.min.time(), UTC).replace(hour=12)
    sums = []
    for context in (None, {"processing": "batch"}):
        try:
            found = calc_price(
                Usage(input_tokens=0, output_tokens=0),
                model,
                provider_id=_PROVIDERS.get(provider, provider),
                genai_request_timestamp=day,
                price_context=context,
            )
        except (LookupError, ValueError):
            return None
        price = found.model_price
        sums.append((_sum(price.input_mtok), _sum(price.output_mtok), _sum(price.cache_read_mtok)))
    (given, written, cached), batch = sums
    if given is None or written is None:
        return None
    told = batch[:2] != (given, written)  # without a price for batches it gives the usual one
    return Answers(
        input=given,
        output=written,
        cached=cached,
        batch_input=batch[0] if told else None,
        batch_output=batch[1] if told else None,
        currency="USD",
        as_of=_RELEASED,
        source=f"genai-prices {__version__} (PyPI): {found.provider.id}, {found.model.id}",
    )


def _sum(price: Any) -> str | None:
    """Decimal string; of prices by the length of the prompt the first."""
    if price is None:
        return None
    amount = Decimal(getattr(price, "base", price))
    whole, _, places = format(amount.normalize(), "f").partition(".")
    return f"{whole}.{places:0<2}"
