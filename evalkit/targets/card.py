# SPDX-License-Identifier: Apache-2.0
"""What is known of a provider and of its models; every figure with its date and its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

__all__ = ["Answers", "Command", "HourlyPrice", "ModelCard", "Price", "Target"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What training costs by tokens.

    Attributes:
        usd_per_mtok: Decimal string, for 1,000,000 billed training tokens.
        currency: ISO 4217.
        as_of: When the source said so.
        source: Where it stands, as a URL or in words.
    """

    usd_per_mtok: str
    currency: str
    as_of: date
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HourlyPrice:
    """What training costs by time: no token count can tell the sum.

    Attributes:
        usd_per_hour: Decimal string.
        currency: ISO 4217.
        as_of: When the source said so.
        source: Where it stands.
    """

    usd_per_hour: str
    currency: str
    as_of: date
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What answers cost, as decimal strings for 1,000,000 tokens.

    Attributes:
        input: Of prompt tokens.
        output: Of completion tokens.
        cached: Of prompt tokens read from the provider's cache; None where there is no such price.
        currency: ISO 4217.
        as_of: When the source said so.
        source: Where it stands.
    """

    input: str
    output: str
    cached: str | None = None
    currency: str
    as_of: date
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """A model that can be, or could once be, fine-tuned; None = not known.

    Attributes:
        name: Dated, as the provider knows it.
        target: Whose it is.
        encoding: Its tokenizer, a name in `tokens.encodings`.
        context: Tokens that a request may have.
        training_limit: Tokens of a training example beyond which its end is cut off.
        training: Price of training.
        training_per_hour: Price of training where it is billed by time.
        inference: Price of the answers of what was asked for: the base model, or the tuned one when
            the name was that of a tuned model (`ft:...`).
        tuned_inference: Price of the answers of its tuned versions.
        methods: What it can be trained with: sft, preference, rft, completion.
        retires: The day on which its tuned versions stop answering.
        last_training: The day from which on it takes no new training job.
        source: Where the dates and limits stand.
        as_of: When the source said so.
    """

    name: str
    target: str
    encoding: str | None
    context: int | None
    training_limit: int | None
    training: Price | None
    training_per_hour: HourlyPrice | None
    inference: Answers | None
    tuned_inference: Answers | None
    methods: tuple[str, ...]
    retires: date | None
    last_training: date | None
    source: str
    as_of: date


@dataclass(frozen=True, slots=True)
class Command:
    """What to do with a prepared set: a line for a shell, a configuration or a file.

    Attributes:
        text: With `{train}`, `{valid}`, `{test}` (paths quoted for a shell), `{train_json}`,
            `{valid_json}`, `{test_json}` (the same as JSON texts) and `{name}`; a line that names a
            part that is not there is left out.
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
        training: How its jobs run: `epochs` (the rule, by name), `max_epochs`, `max_batch_size`,
            `cut` ("end" = an over-long example loses its end, "drop" = it is left out).
        models: Name to card, the one to take by default first.
        new_customers_until: The day from which on it takes no jobs of those who never had one.
        dormant_until: The day from which on it takes none of those who do not use theirs.
        last_training: The day from which on it takes no new job at all.
        notes: What a user should know, a sentence each.
        next: What to do with the files once they are prepared, in order.
    """

    name: str
    title: str
    as_of: date
    source: str
    formats: tuple[str, ...]
    api: Mapping[str, Any]
    limits: Mapping[str, Any]
    severity: Mapping[str, str]
    training: Mapping[str, Any]
    models: Mapping[str, ModelCard]
    new_customers_until: date | None
    dormant_until: date | None
    last_training: date | None
    notes: tuple[str, ...]
    next: tuple[Command, ...] = ()
