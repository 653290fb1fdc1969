# SPDX-License-Identifier: Apache-2.0
"""Which models there are: chosen by words and by what they can do, with how they stand on a day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from evalkit.targets.card import Answers, ModelCard, Target

__all__ = ["Entry", "Ratio", "State", "entries", "ratio", "state"]

State = Literal["open", "closing", "closed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """How many times a tuned model's answers cost what its base's do.

    Attributes:
        input: Of prompt tokens, a decimal string of at most two places.
        output: Of completion tokens.
    """

    input: str
    output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A model in a list.

    Attributes:
        card: What is known of it.
        target: Whose it is.
        state: How it stands.
    """

    card: ModelCard
    target: Target
    state: State

    @property
    def name(self) -> str:
        """What `--model` takes: the target and the last part of the model's name."""
        return f"{self.card.target}/{self.card.name.rpartition('/')[2]}"


def state(card: ModelCard, today: date) -> State:
    """How a model stands on a day, as far as is known.

    "closed" = nobody can start a job, or tuned versions do not answer any more; "closing" = an end
    is announced, or some customers are shut out already; "open" = no end is known.
    """
    ends = [day for day in (card.last_training, card.retires) if day is not None]
    if any(day <= today for day in ends):
        return "closed"
    return "closing" if ends or card.new_customers_until or card.dormant_until else "open"


def entries(
    targets: Iterable[Target],
    *,
    today: date,
    words: Sequence[str] = (),
    open_only: bool = False,
    method: str | None = None,
    tokenizer: str | None = None,
) -> list[Entry]:
    """Models of some targets, in their order.

    Args:
        targets: Whose.
        today: The day that `state` is of.
        words: All of them stand somewhere in "target/model" or in the target's title.
        open_only: Leave out what is closed.
        method: That it can be trained with: sft, preference, rft, completion.
        tokenizer: An encoding or a family.
    """
    wanted = [word.casefold() for word in words]
    found = [
        Entry(card=card, target=target, state=state(card, today))
        for target in targets
        for card in target.models.values()
        if all(word in f"{target.name}/{card.name} {target.title}".casefold() for word in wanted)
        and method in (None, *card.methods)
        and tokenizer in (None, card.encoding, card.tokenizer)
    ]
    return [one for one in found if not (open_only and one.state == "closed")]


def ratio(tuned: Answers | None, base: Answers | None) -> Ratio | None:
    """How the prices stand to each other; None where one is not known or the currencies differ."""
    if tuned is None or base is None or tuned.currency != base.currency:
        return None
    if not (Decimal(base.input) and Decimal(base.output)):
        return None
    return Ratio(input=_times(tuned.input, base.input), output=_times(tuned.output, base.output))


def _times(tuned: str, base: str) -> str:
    times = (Decimal(tuned) / Decimal(base)).quantize(Decimal("0.01")).normalize()
    return format(times, "f")
