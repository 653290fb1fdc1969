# SPDX-License-Identifier: Apache-2.0
"""Which model judges an evaluation, and what its answers cost."""

from __future__ import annotations

from dataclasses import dataclass

from evalkit.core.errors import UsageError
from evalkit.targets.card import Answers
from evalkit.targets.library_prices import library_answers, priced
from evalkit.targets.load import model_named

__all__ = ["Judge", "judge_named"]

_USUAL = "openai"  # whose models are named without their provider


@dataclass(frozen=True, slots=True)
class Judge:
    """A model that compares answers.

    Attributes:
        name: As its provider knows it.
        target: Its provider.
        answers: What they cost; None = not known.
    """

    name: str
    target: str
    answers: Answers | None


def judge_named(name: str) -> Judge:
    """The judge of that name: of the registry, else one that genai-prices knows.

    A judge is not tuned, so it need not be a model that can be.

    Raises:
        UsageError: Neither knows it, and it names no provider either.
    """
    try:
        card = priced(model_named(name))
    except UsageError:
        provider, slash, model = name.partition("/")
        if not slash:
            provider, model = _USUAL, name
        answers = library_answers(provider, model)
        if answers is None and not slash:
            raise
        return Judge(model, provider, answers)
    return Judge(card.name, card.target, card.inference)
