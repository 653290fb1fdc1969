# SPDX-License-Identifier: Apache-2.0
"""All that one question about a data set gets for an answer, as values; no screen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from evalkit.core.strings import Language
from evalkit.estimation.closing import Closing
from evalkit.estimation.cost import Cost
from evalkit.estimation.facts import Estimate
from evalkit.targets.card import ModelCard

if TYPE_CHECKING:
    from evalkit.estimation.break_even import BreakEven
    from evalkit.estimation.doubts import Doubt
    from evalkit.estimation.evaluation_run import EvaluationCost, EvaluationPlan
    from evalkit.estimation.hosting import Hosting
    from evalkit.estimation.side_by_side import Offer

__all__ = ["Estimation", "EvaluationRun", "FewShot", "Fit", "Outlook", "Unlisted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """What `evalkit lint` says of the rows for one target, over all files.

    Attributes:
        errors: Findings that are errors there; 0 = the rows fit.
        warnings: Findings that are warnings there.
        blockers: Name of a rule to the number of its errors, most frequent first.
    """

    errors: int
    warnings: int
    blockers: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FewShot:
    """What the tuned model spares: examples in every prompt of the base model.

    Attributes:
        tokens: Of all of them together.
        examples: How many; None where the tokens were given.
        assumed: Whether nobody said so.
    """

    tokens: int
    examples: int | None
    assumed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationRun:
    """A run of the base and of the tuned model over held-out rows.

    Attributes:
        plan: What is asked.
        cost: What that costs.
        rows_of: Whose rows: "asked" = a number was given, at the mean length of the training rows;
            "file" = a file that was read; "validation" = the validation files; "example" = nobody
            said, so many rows as an example.
    """

    plan: EvaluationPlan
    cost: EvaluationCost
    rows_of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What training one model on the rows means.

    Attributes:
        offer: The estimate, with what is known of its provider.
        others: Targets that still train on rows of this layout.
        few_shot: What `break_even` is reckoned against.
        break_even: When the tuned model has paid for itself; None without examples.
        evaluation: What comparing it with its base costs; None without examples.
        fit: What lint says for its target; None = lint was not run.
        doubts: Why its sum may not be what the job costs, or the job not be taken.
    """

    offer: Offer
    others: tuple[str, ...]
    few_shot: FewShot
    break_even: BreakEven | None
    evaluation: EvaluationRun | None
    fit: Fit | None = None
    doubts: tuple[Doubt, ...] = ()

    @property
    def estimate(self) -> Estimate:
        """Tokens, epochs, steps and money."""
        return self.offer.estimate

    @property
    def model(self) -> ModelCard:
        """What is trained."""
        return self.offer.estimate.model

    @property
    def closing(self) -> Closing | None:
        """How the model stands; None where no end is known."""
        return self.offer.closing

    @property
    def hosting(self) -> Hosting:
        """What keeping it up costs."""
        return self.offer.hosting

    @property
    def cost(self) -> Cost | None:
        """Of the training job; None where no price is known."""
        return self.offer.estimate.cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlisted:
    """A target that reads the rows and has no model on record.

    Attributes:
        target: Its name.
        fit: What lint says for it; None = lint was not run.
    """

    target: str
    fit: Fit | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimation:
    """The answer to a question: what `evalkit.estimate` gives, and what every output shows.

    Iterate it for the outlook of each model; where several were asked for, the cheapest that can
    be trained comes first.

    Attributes:
        outlooks: At least one.
        compared: Whether several models or targets were asked for.
        unread: Targets that do not read the layout of the rows.
        unlisted: Targets that read it and have no model on record.
        today: For the age of figures.
        language: Of what it shows itself in.
    """

    outlooks: tuple[Outlook, ...]
    compared: bool = False
    unread: tuple[str, ...] = ()
    unlisted: tuple[Unlisted, ...] = ()
    today: date
    language: Language = "en"

    def __iter__(self) -> Iterator[Outlook]:
        return iter(self.outlooks)

    def __len__(self) -> int:
        return len(self.outlooks)

    @property
    def estimate(self) -> Estimate:
        """Of the first model: tokens, epochs, steps and money."""
        return self.outlooks[0].estimate

    @property
    def cost(self) -> Cost | None:
        """What training the first model costs; None where no price is known."""
        return self.estimate.cost

    def to_dict(self) -> dict[str, Any]:
        """The document of `--output-format json` (schemas/estimate-output.schema.json)."""
        from evalkit.estimation.document import as_whole_document

        return as_whole_document(self)

    def to_markdown(self) -> str:
        """As `--output-format markdown`, for the comment of a pull request."""
        from evalkit.estimation.markdown import as_markdown

        return as_markdown(self)

    def __str__(self) -> str:
        from evalkit.estimation.text import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        """Tables for notebooks; everything in them is escaped."""
        from evalkit.estimation.notebook import as_html

        return as_html(self)
