# SPDX-License-Identifier: Apache-2.0
"""What an estimate says, as values; `project` makes them, other modules show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from evalkit.core.location import Location
from evalkit.core.strings import Language
from evalkit.estimation.cost import Cost
from evalkit.estimation.epochs import Epochs
from evalkit.estimation.profile_spread import Spread
from evalkit.targets.card import ModelCard, Source
from evalkit.targets.job_rules import Training

__all__ = [
    "Batch",
    "Counting",
    "Duration",
    "Estimate",
    "Job",
    "LongRow",
    "Outlier",
    "Shares",
    "Validation",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is to be trained, and how.

    Attributes:
        model: What is trained.
        training: How its provider runs jobs.
        method: "sft", "preference", "rft" or "completion"; None = told from the rows.
        epochs: None = the provider's rule.
        batch_size: None = the provider's rule.
        sequence_length: Tokens of a training sequence where rows are padded to it; None = the
            model's training limit.
        evaluations: How often validation runs; None = the provider's rule.
        tier: Of the price; None = the usual one.
        tokenizer: A `tokenizer.json` file, an encoding or a family to count by; None = the model's.
    """

    model: ModelCard
    training: Training
    method: str | None = None
    epochs: int | None = None
    batch_size: int | None = None
    sequence_length: int | None = None
    evaluations: int | None = None
    tier: str | None = None
    tokenizer: str | None = None

    @property
    def limit(self) -> int | None:
        """Tokens beyond which an example is over-long: the shorter of sequence and training limit.

        None = not known.
        """
        known = [n for n in (self.sequence_length, self.model.training_limit) if n is not None]
        return min(known, default=None)

    @property
    def padded_to(self) -> int | None:
        """Tokens that each row is billed as; None = as many as it has.

        None too where rows are padded, but nobody says to what length: then
        `training.packing` is "padded" all the same.
        """
        return self.limit if self.training.packing == "padded" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """What counted the tokens, and how sure the counts are.

    Attributes:
        tokenizer: Such as "o200k_base", "llama-3", or the path of a tokenizer.json as given.
        texts: "exact" = equal to the tokenizer's on every string; "approximate" = by another one.
        error: Of approximate texts: the relative error to expect, such as 0.08; None = exact, or
            approximate and nobody knows how far off: the model's tokenizer is not known.
        frame: "billed" = the form found in real bills of that provider; "template" = the model's
            chat template; "assumed" = OpenAI's form, since this one's is not published.
    """

    tokenizer: str
    texts: Literal["exact", "approximate"]
    error: float | None
    frame: Literal["billed", "template", "assumed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Examples a step, and why.

    Attributes:
        size: None = not known.
        reason: One line in each language.
    """

    size: int | None
    reason: Mapping[Language, str] = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LongRow:
    """An example over the job's limit.

    Attributes:
        location: Where it stands.
        tokens: Billed tokens if nothing were cut; of a pair those of its longer side.
        lost: Tokens of its answers that are cut off, or left out with it; 0 where the provider
            refuses such rows, or where nobody knows what it does with them.
        learned: Tokens of its answers that are left; 0 = nothing is learned from it.
    """

    location: Location
    tokens: int
    lost: int
    learned: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlier:
    """An example far longer than the others.

    Attributes:
        location: Where it stands.
        tokens: Billed, nothing cut off.
        times: Of the median.
    """

    location: Location
    tokens: int
    times: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Where the billed tokens of one epoch go, nothing cut off; they add up to the whole.

    Attributes:
        system: What system and developer messages say.
        tools: Definitions of tools and functions.
        user: What users say, images apart.
        assistant: What assistants say and call.
        results: What tools answer.
        images: Of all images whose size is known.
        frame: Roles, names and marks around messages.
        others: What every other role says.
    """

    system: int
    tools: int
    user: int
    assistant: int
    results: int
    images: int
    frame: int
    others: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """What the validation files add.

    Attributes:
        files: Path and counted examples of each.
        examples: Their sum.
        tokens: Of one evaluation.
        evaluations: How often; None = not known.
        billed: Tokens billed for all evaluations; 0 where they are free; None = not known.
        why: One line in each language.
    """

    files: tuple[tuple[str, int], ...]
    examples: int
    tokens: int
    evaluations: int | None
    billed: int | None
    why: Mapping[Language, str] = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """How long a job may take, from real jobs; a range, never a promise.

    Attributes:
        least: Seconds.
        most: Seconds, with the longest queue that is known.
        jobs: Number of real jobs behind it.
        basis: Where their logs stand.
    """

    least: int
    most: int
    jobs: int
    basis: tuple[Source, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a training job on some files means for one model.

    Attributes:
        job: What was asked for.
        method: What the rows are for: as asked, or told from their layouts.
        files: Path and number of counted examples of each, in the order given.
        examples: Their sum.
        billed_per_epoch: Tokens billed, over-long examples cut or left out (whole where the
            provider refuses them or its habit is not known), padding included; of a pair both
            sides, each with the prompt; of reinforcement the prompts, which are billed by time.
        cookbook_per_epoch: Tokens as the cookbook's script estimates them.
        loss_per_epoch: Tokens that the loss is computed on.
        epochs: With the reason.
        batch: Examples a step, with the reason.
        steps: Optimiser steps, epochs x ceil(examples / batch size); None = not known.
        padding_per_epoch: Of the billed tokens, those that are padding.
        validation: What validation files add; None = none were given.
        cost: Training and billed validation of all epochs; None where no price is known.
        duration: None where no real job is on record.
        counting: What counted.
        formats: Names of the layouts met, most frequent first.
        example: Tokens per example, nothing cut off; None without examples.
        roles: Role to tokens per example that has it: what its messages say; of a pair its prompt
            once and both answers.
        turns: Assistant messages per example; of a pair those of its preferred side.
        shares: Where the billed tokens go.
        outliers: The longest examples, if far from the rest; at most 10.
        longest: Billed tokens of the longest example, nothing cut off; a side of a pair is one.
        over_long: Examples over the limit.
        cut_rows: The first of them.
        lost: Answer tokens that are cut off (or left out with their example), per epoch.
        unlearned: Examples from which nothing at all is learned for that reason.
        with_tools: Examples with tool definitions, whose tokens are right within 2 % only.
        with_images: Examples with images.
        images: Images met.
        images_unknown: Of them, those whose tokens are not known and not counted: their size
            cannot be read here (URLs), or the model's rule is not on record.
        with_media: Examples with audio or files, whose tokens are not counted.
        left_out: Records without a conversation: not counted.
        left_out_rows: The first of them.
        prompt_tokens: Mean tokens of the last prompt of an example (all before its last answer) as
            a request would bill them; None = no example.
        answer_tokens: Mean tokens of the last answer; None = no example has one.
        system_tokens: Mean tokens of what the system messages say, of all examples.
        methods: What the rows are for, to examples: more than one where nobody says which.
    """

    job: Job
    method: str
    files: tuple[tuple[str, int], ...]
    examples: int
    billed_per_epoch: int
    cookbook_per_epoch: int
    loss_per_epoch: int
    epochs: Epochs
    batch: Batch
    steps: int | None
    padding_per_epoch: int
    validation: Validation | None
    cost: Cost | None
    duration: Duration | None
    counting: Counting
    formats: tuple[str, ...]
    example: Spread | None
    roles: Mapping[str, Spread]
    turns: Spread | None
    shares: Shares
    outliers: tuple[Outlier, ...]
    longest: int
    over_long: int
    cut_rows: tuple[LongRow, ...]
    lost: int
    unlearned: int
    with_tools: int
    with_images: int
    images: int
    images_unknown: int
    with_media: int
    left_out: int
    left_out_rows: tuple[Location, ...]
    prompt_tokens: float | None
    answer_tokens: float | None
    system_tokens: float | None
    methods: Mapping[str, int] = field(default_factory=dict)

    @property
    def model(self) -> ModelCard:
        """What is trained."""
        return self.job.model

    @property
    def billed_tokens(self) -> int:
        """Of training, over all epochs, without validation."""
        return self.billed_per_epoch * self.epochs.number

    @property
    def cookbook_tokens(self) -> int:
        """Over all epochs."""
        return self.cookbook_per_epoch * self.epochs.number
