# SPDX-License-Identifier: Apache-2.0
"""What is asked of an estimate, checked."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from numbers import Integral, Real
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt
from evalkit.core.registry import suggestion

__all__ = ["ALL", "METHODS", "Question"]

ALL = "all"
_LEAST = {
    "epochs": 1, "batch_size": 1, "sequence_length": 1, "evaluations": 0, "few_shot": 0,
    "few_shot_tokens": 0, "calls_per_month": 1, "hosting_days": 0, "evaluate": 1, "repeats": 1,
}  # fmt: skip
_PARTS = frozenset({"hosting_days"})  # that need not be whole
METHODS = frozenset({"sft", "preference", "rft", "completion"})  # rows of others suit any model


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of an estimate; None = the provider's rule, or not asked.

    Attributes:
        models: Names; none = the first of each target.
        targets: Names, or "all".
        method: "sft", "preference", "rft" or "completion"; None = told from the rows.
        epochs: To train for.
        batch_size: Examples a step.
        sequence_length: Tokens of a training sequence where rows are padded to it.
        packing: Whether short rows may share a sequence; False = turned off, where a provider
            lets one.
        evaluations: How often validation runs.
        tier: Of the price.
        tokenizer: A `tokenizer.json` file, an encoding or a family to count by.
        few_shot: Examples that the base model would need in every prompt.
        few_shot_tokens: Their tokens, instead.
        calls_per_month: Calls of the tuned model.
        hosting_days: How long the tuned model is kept up.
        evaluate: Held-out rows that the base and the tuned model are compared on.
        judge: A model that compares their answers.
        repeats: Answers to each question.
        batch: Whether they are asked by the batch route.
    """

    models: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    method: str | None = None
    epochs: int | None = None
    batch_size: int | None = None
    sequence_length: int | None = None
    packing: bool = True
    evaluations: int | None = None
    tier: str | None = None
    tokenizer: str | None = None
    few_shot: int | None = None
    few_shot_tokens: int | None = None
    calls_per_month: int | None = None
    hosting_days: float | None = None
    evaluate: int | None = None
    judge: str | None = None
    repeats: int = 1
    batch: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            UsageError: A number that is none or too small, a method that is not there, or two that
                say the same.
        """
        for name, least in _LEAST.items():
            number, whole = getattr(self, name), name not in _PARTS
            _refuse(name.replace("_", " "), number, least, whole=whole)
            if number is not None and type(number) not in (int, float):  # numpy's, or a fraction
                object.__setattr__(self, name, int(number) if whole else float(number))
        if self.method is not None and self.method not in METHODS:
            known = sorted(METHODS)
            raise UsageError(
                f"no method of training named `{excerpt(str(self.method))}`"
                f"{suggestion(str(self.method), known)}",
                f"known: {', '.join(known)}",
            )
        if self.few_shot is not None and self.few_shot_tokens is not None:
            raise UsageError("few_shot and few_shot_tokens say the same", "leave one of them out")

    def held_to(self, examples: int) -> None:
        """Refuse what the rows cannot give.

        Args:
            examples: That there are.

        Raises:
            UsageError: More few-shot examples are asked for than there are.
        """
        if self.few_shot is not None and self.few_shot > examples:
            rows = "1 row" if examples == 1 else f"{examples:,} rows"
            raise UsageError(
                f"few-shot: there are only {rows}, not {self.few_shot:,} to show in every prompt",
                f"ask for {examples:,} or fewer, or give their tokens: --few-shot-tokens "
                "(few_shot_tokens=)",
            )

    @property
    def compares(self) -> bool:
        """Whether several models or targets are asked for."""
        return ALL in self.targets or len(self.targets) > 1 or len(self.models) > 1


def _refuse(name: str, number: Any, least: int, *, whole: bool) -> None:
    """Say that a number cannot be.

    Raises:
        UsageError: So it is.
    """
    if number is None:
        return
    kind: Any = Integral if whole else Real
    if isinstance(number, bool) or not isinstance(number, kind):
        raise UsageError(
            f"{name}: {excerpt(repr(number))} is no {'whole ' if whole else ''}number",
            f"give {least} or more, without quotes",
        )
    if not least <= number < inf:
        raise UsageError(f"{name}: {number} cannot be", f"give {least} or more")
