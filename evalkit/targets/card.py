# SPDX-License-Identifier: Apache-2.0
"""What is known of a provider and of its models; every figure with its date and its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from evalkit.targets.job_rules import Training
from evalkit.targets.source import OLD_DAYS, Source

__all__ = [
    "OLD_DAYS",
    "Answers",
    "Command",
    "HourlyPrice",
    "ImageRule",
    "ModelCard",
    "Price",
    "Source",
    "Target",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What training costs by tokens.

    Attributes:
        usd_per_mtok: Decimal string, for 1,000,000 billed training tokens.
        currency: ISO 4217.
        as_of: When the source said so.
        source: Where it stands, as a URL or in words.
        method: What it is for ("sft", "preference", ...); None = every method of the model.
        tier: Of a provider with several ways to train one model ("global", "developer", "lora",
            ...); None = there is one.
        minimum: Least sum of a job, a decimal string; None = not known or none.
    """

    usd_per_mtok: str
    currency: str
    as_of: date
    source: str
    method: str | None = None
    tier: str | None = None
    minimum: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HourlyPrice:
    """What costs by time: training whose sum no token count can tell, or a tuned model kept up.

    Attributes:
        usd_per_hour: Decimal string.
        currency: ISO 4217.
        as_of: When the source said so.
        source: Where it stands.
        tier: As of a price; for hosting the kind of deployment.
    """

    usd_per_hour: str
    currency: str
    as_of: date
    source: str
    tier: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What answers cost, as decimal strings for 1,000,000 tokens.

    Attributes:
        input: Of prompt tokens.
        output: Of completion tokens.
        cached: Of prompt tokens read from the provider's cache; None where there is no such price.
        batch_input: Of prompt tokens by the batch route; None = not known.
        batch_output: Of completion tokens by the batch route.
        currency: ISO 4217.
        as_of: When the source said so.
        source: Where it stands.
    """

    input: str
    output: str
    cached: str | None = None
    batch_input: str | None = None
    batch_output: str | None = None
    currency: str
    as_of: date
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRule:
    """How a model bills images.

    Attributes:
        kind: "tiles": fit into 2,048 x 2,048, shortest side to 768, `base` + `tile` for each
            512 x 512; `base` alone at low detail. "patches": 32 x 32 patches, at most `patches`
            (larger images are scaled down), times `factor`.
        base: Tokens of every image; tiles only.
        tile: Tokens of each tile.
        patches: Most patches of an image.
        factor: Decimal string, tokens for each patch.
        as_of: When the source said so.
        source: Where it stands.
    """

    kind: Literal["tiles", "patches"]
    base: int = 0
    tile: int = 0
    patches: int = 0
    factor: str = "1.00"
    as_of: date
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """A model that can be, or could once be, fine-tuned; None = not known.

    Attributes:
        name: Dated, as the provider knows it.
        target: Whose it is.
        encoding: Its tokenizer where it is one of OpenAI's, a name in `tokens.encodings`.
        tokenizer: Its tokenizer where it is another: a name in `tokens.tokenizer.FAMILIES`, such as
            "llama-3", whose counts are approximate without its file.
        context: Tokens that a request may have.
        training_limit: Tokens of a training example beyond which its end is cut off.
        trainings: Prices of training by tokens, the usual one first.
        training_per_hour: Price of training where it is billed by time.
        hosting: Prices of keeping a tuned version up, the usual one first; empty = free or unknown:
            see `hosting_free`.
        hosting_free: Whether a tuned version costs nothing but its answers; None = not known.
        inference: Price of the answers of what was asked for: the base model, or the tuned one when
            the name was that of a tuned model (`ft:...`).
        tuned_inference: Price of the answers of its tuned versions.
        images: How it bills images.
        methods: What it can be trained with: sft, preference, rft, completion.
        new_customers_until: The day from which on it takes no jobs of those who never had one.
        dormant_until: The day from which on it takes none of those who do not use theirs.
        last_training: The day from which on it takes no new training job.
        retires: The day on which its tuned versions stop answering.
        replacement: The model that its provider names instead; perhaps one that cannot be tuned.
        source: Where the dates and limits stand that have no source of their own.
        as_of: When it said so.
        sources: Name of a field above to its own source, where it has one.
    """

    name: str
    target: str
    encoding: str | None
    tokenizer: str | None = None
    context: int | None
    training_limit: int | None
    trainings: tuple[Price, ...] = ()
    training_per_hour: HourlyPrice | None
    hosting: tuple[HourlyPrice, ...] = ()
    hosting_free: bool | None = None
    inference: Answers | None
    tuned_inference: Answers | None
    images: ImageRule | None = None
    methods: tuple[str, ...]
    new_customers_until: date | None = None
    dormant_until: date | None = None
    last_training: date | None
    retires: date | None
    replacement: str | None = None
    source: str
    as_of: date
    sources: Mapping[str, Source]

    @property
    def training(self) -> Price | None:
        """The usual price of supervised training."""
        return self.training_by("sft") or self.training_by("completion")

    def training_by(self, method: str, *, tier: str | None = None) -> Price | None:
        """The price of training with a method; the usual tier's unless another is named."""
        for price in self.trainings:
            if price.method in (None, method) and tier in (None, price.tier):
                return price
        return None

    def source_of(self, field: str) -> Source:
        """Where a figure stands and since when."""
        return self.sources.get(field) or Source(self.as_of, self.source)


@dataclass(frozen=True, slots=True)
class Command:
    """What to do with a prepared set: a line for a shell, a configuration or a file.

    Attributes:
        text: With `{train}`, `{valid}`, `{test}` (paths quoted for a shell), `{train_json}`,
            `{valid_json}`, `{test_json}` (the same as JSON texts) and `{name}`; a line that names a
            part that is not there is left out. `{validation}` is ` --validation` and the path, or
            nothing where there is none; `{model}` the model that was reckoned with, or `MODEL`.
        layouts: Row layouts that it is for; empty = every one.
    """

    text: str
    layouts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A provider or trainer that a data set can be meant for.

    Attributes:
        name: As users say it, such as "bedrock-nova".
        title: As people know it.
        as_of: When its facts were gathered.
        source: Where from.
        formats: Row layouts that it reads, best first, by their name in data.formats.
        api: How to reach it: `client` is a file in models/, and `base_url`.
        limits: Rule options of the same name, such as `min_examples`: numbers, truth values, texts
            and tuples of texts.
        severity: Rule name to "error", "warning", "info" or "off".
        training: How its jobs run.
        models: Name to card, the one to take by default first.
        new_customers_until: The day from which on it takes no jobs of those who never had one.
        dormant_until: The day from which on it takes none of those who do not use theirs.
        last_training: The day from which on it takes no new job at all.
        notes: What a user should know, a sentence each.
        next: What to do with the files once they are prepared, in order.
        open_weights: Whether its models can be had, so that others can train them too.
    """

    name: str
    title: str
    as_of: date
    source: str
    formats: tuple[str, ...]
    api: Mapping[str, Any]
    limits: Mapping[str, Any]
    severity: Mapping[str, str]
    training: Training
    models: Mapping[str, ModelCard]
    new_customers_until: date | None
    dormant_until: date | None
    last_training: date | None
    notes: tuple[str, ...]
    next: tuple[Command, ...] = ()
    open_weights: bool = True
