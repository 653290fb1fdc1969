# SPDX-License-Identifier: Apache-2.0
"""What several models ask for one job, the cheapest that can be had first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext

from evalkit.core.errors import UsageError
from evalkit.estimation.closing import Closing, closing, trains
from evalkit.estimation.cost import EXACT, money
from evalkit.estimation.facts import Estimate
from evalkit.estimation.hosting import Hosting, hosting
from evalkit.targets.card import ModelCard, Source
from evalkit.targets.load import target_named

__all__ = ["Offer", "least_unknown", "old_figures", "reads_layouts", "side_by_side"]

# Figures of a card that have a day, in the order in which they are named.
_DATED = (
    "new_customers_until", "dormant_until", "last_training", "retires", "replacement",
    "training_limit", "context",
)  # fmt: skip
_PRICES = ("training_per_hour", "inference", "tuned_inference")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One model that could be trained.

    Attributes:
        estimate: Tokens, epochs and money of the job there.
        reads: Whether its target reads every layout of the rows, and trains the model with such
            rows.
        open: Whether anyone may start a job on the day.
        closing: How the model stands; None where no end is known.
        hosting: What keeping the tuned model up costs.
        old: Names of figures that are older than 180 days: "training", "hosting" or a field of the
            model's card.
    """

    estimate: Estimate
    reads: bool
    open: bool
    closing: Closing | None
    hosting: Hosting
    old: tuple[str, ...]

    @property
    def total(self) -> str | None:
        """Training, and hosting where days were asked for; None = one of them is not known."""
        cost, kept = self.estimate.cost, self.hosting
        if cost is None or (kept.days is not None and kept.total is None):
            return None
        if kept.price is not None and kept.total and kept.price.currency != cost.currency:
            return None
        with localcontext(EXACT):
            return money(Decimal(cost.amount) + Decimal(kept.total or 0))


def side_by_side(
    estimates: Sequence[Estimate], *, today: date, hosting_days: float | None = None
) -> tuple[Offer, ...]:
    """The offers of several models, in the order in which to look at them.

    First those that read the rows and take jobs of anyone: by their sum in US dollars (with hosting
    where `hosting_days` are given; where only that is not known, after the others, by training
    alone), then those of which the provider may take a least sum that is not on record, then those
    with prices in other currencies, which are not converted, then those without a price. Then those
    that read the rows and take jobs of old customers only, then those that take none, then those
    that do not read them, each of these groups in the same order. What is equal is ordered by
    target and model.

    Args:
        estimates: One of each model.
        today: For dates and the age of figures.
        hosting_days: How long the tuned model is kept up; None = not asked for.
    """
    offers = [_offer(estimate, today, hosting_days) for estimate in estimates]
    return tuple(sorted(offers, key=_place))


def _offer(estimate: Estimate, today: date, days: float | None) -> Offer:
    card, tier = estimate.model, estimate.job.tier
    end = closing(card, today)
    return Offer(
        estimate=estimate,
        reads=_reads(card, estimate),
        open=end is None or end.state == "announced",
        closing=end,
        hosting=hosting(card, days=days, tier=_deployment(card, tier)),
        old=old_figures(card, today, method=estimate.method, tier=tier),
    )


def _deployment(card: ModelCard, tier: str | None) -> str | None:
    """The kind of deployment that a tier of training means; None = the usual one."""
    # They may be named alike; they need not be.
    return tier if any(price.tier == tier for price in card.hosting) else None


def _reads(card: ModelCard, estimate: Estimate) -> bool:
    return reads_layouts(card, estimate.formats) and trains(card, estimate.method)


def reads_layouts(card: ModelCard, formats: Iterable[str]) -> bool:
    """Whether the target of a model reads all of these layouts."""
    try:
        target = target_named(card.target)
    except UsageError:  # a card of the caller's own, of a target that nobody knows
        return False
    return set(formats) <= set(target.formats)


def old_figures(
    card: ModelCard, today: date, *, method: str = "sft", tier: str | None = None
) -> tuple[str, ...]:
    """Names of a card's figures whose source is older than 180 days.

    Args:
        card: Whose figures.
        today: The day that counts.
        method: Whose training price counts.
        tier: Likewise.
    """
    return tuple(dict.fromkeys(n for n, said in _said(card, method, tier) if said.old(today)))


def _said(card: ModelCard, method: str, tier: str | None) -> Iterator[tuple[str, Source]]:
    """Each figure that is known, with who said it."""
    if price := card.training_by(method, tier=tier):
        yield "training", Source(price.as_of, price.source)
    if kept := hosting(card, tier=_deployment(card, tier)).price:
        yield "hosting", Source(kept.as_of, kept.source)
    elif card.hosting_free is not None:
        yield "hosting", card.source_of("hosting_free")
    for name in _PRICES:
        if (known := getattr(card, name)) is not None:
            yield name, Source(known.as_of, known.source)
    for name in _DATED:
        if getattr(card, name) is not None:
            yield name, card.source_of(name)


def least_unknown(estimate: Estimate) -> bool:
    """Whether others of the provider's prices have a least sum, and this one has none on record."""
    card = estimate.model
    price = card.training_by(estimate.method, tier=estimate.job.tier)
    if estimate.cost is None or price is None or price.minimum is not None:
        return False
    try:
        others = target_named(card.target).models.values()
    except UsageError:  # as above
        return False
    return any(one.minimum is not None for other in others for one in other.trainings)


def _of_old_customers(offer: Offer) -> bool:
    return offer.closing is not None and offer.closing.state == "new-customers-closed"


def _place(offer: Offer) -> tuple[int, int, str, Decimal, str, str]:
    """What orders offers."""
    rank = (0 if offer.reads else 3) + (0 if offer.open else 1 if _of_old_customers(offer) else 2)
    cost, card = offer.estimate.cost, offer.estimate.model
    if cost is None:
        return rank, 4, "", Decimal(0), card.target, card.name
    whole = offer.total
    kind = 0 if whole is not None else 1
    if cost.currency != "USD":
        kind = 3
    elif least_unknown(offer.estimate):  # what looks cheapest would not be
        kind = 2
    amount = Decimal(cost.amount if whole is None else whole)
    return rank, kind, cost.currency, amount, card.target, card.name
