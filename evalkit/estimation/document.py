# SPDX-License-Identifier: Apache-2.0
"""An estimate for machines: schemas/estimate-output.schema.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from evalkit.core.location import Location
from evalkit.core.strings import Language
from evalkit.estimation.closing import Closing
from evalkit.estimation.cost import Cost
from evalkit.estimation.facts import Estimate, Validation
from evalkit.estimation.hosting import Hosting
from evalkit.estimation.outlook import Estimation, EvaluationRun, Fit, Outlook
from evalkit.estimation.profile_spread import Spread
from evalkit.targets.card import Answers, HourlyPrice, ModelCard, Source

__all__ = ["as_document", "as_whole_document"]


def as_document(result: Estimate) -> dict[str, Any]:
    """What a training job on the rows means, schema 1: all that needs no calendar."""
    return {
        "schema": 1,
        "files": _files(result.files),
        "examples": result.examples,
        "method": result.method,
        "formats": list(result.formats),
        "tokens": {
            "billed_per_epoch": result.billed_per_epoch,
            "cookbook_per_epoch": result.cookbook_per_epoch,
            "loss_per_epoch": result.loss_per_epoch,
            "padding_per_epoch": result.padding_per_epoch,
        },
        "counting": asdict(result.counting),
        "epochs": result.epochs.number,
        "epochs_rule": {"rule": result.epochs.rule, "reason": _words(result.epochs.reason)},
        "batch": {"size": result.batch.size, "reason": _words(result.batch.reason)},
        "steps": result.steps,
        "billed_tokens": result.billed_tokens,
        "cookbook_tokens": result.cookbook_tokens,
        "validation": None if result.validation is None else _validation(result.validation),
        "cost": None if result.cost is None else _cost(result.cost),
        "duration": None
        if result.duration is None
        else {
            "least_seconds": result.duration.least,
            "most_seconds": result.duration.most,
            "jobs": result.duration.jobs,
            "basis": [_source(one) for one in result.duration.basis],
        },
        "over_long": {
            "limit": result.job.limit,
            "cut": result.job.training.cut,
            "longest": result.longest,
            "examples": result.over_long,
            "lost_per_epoch": result.lost,
            "unlearned": result.unlearned,
            "rows": [
                {
                    **_place(row.location),
                    "tokens": row.tokens,
                    "lost": row.lost,
                    "learned": row.learned,
                }
                for row in result.cut_rows
            ],
        },
        "distribution": {
            "example": _spread(result.example),
            "roles": {role: _spread(one) for role, one in result.roles.items()},
            "turns": _spread(result.turns),
            "shares": asdict(result.shares),
            "outliers": [
                {**_place(row.location), "tokens": row.tokens, "times": row.times}
                for row in result.outliers
            ],
        },
        "means": {
            "prompt_tokens": result.prompt_tokens,
            "answer_tokens": result.answer_tokens,
            "system_tokens": result.system_tokens,
        },
        "uncounted": {
            "left_out": result.left_out,
            "left_out_rows": [_place(location) for location in result.left_out_rows],
            "with_media": result.with_media,
            "images_of_unknown_size": result.images_unknown,
        },
        "images": result.images,
        "with_images": result.with_images,
        "with_tools": result.with_tools,
        "model": _model(result.model, result.counting.tokenizer),
    }


def as_whole_document(result: Estimation) -> dict[str, Any]:
    """The JSON object of `evalkit estimate --output-format json`, schema 1.

    The first model's keys stand at the top; where several were asked for, `offers` holds all.
    """
    document = _outlook(result.outlooks[0], result.today)
    document["today"] = result.today.isoformat()
    if not result.compared:
        return document
    offers = [_outlook(one, result.today) for one in result]
    for offer in offers:
        del offer["schema"]
    return {
        **document,
        "offers": offers,
        "unlisted": [{"target": one.target, "lint": _fit(one.fit)} for one in result.unlisted],
        "unread": list(result.unread),
    }


def _outlook(outlook: Outlook, today: date) -> dict[str, Any]:
    """One model, with what is known of its provider."""
    offer, even = outlook.offer, outlook.break_even
    document = as_document(outlook.estimate)
    document["doubts"] = [
        {"kind": one.kind, "said": one.said.plain("en")} for one in outlook.doubts
    ]
    if outlook.cost is not None:
        document["cost"]["old"] = outlook.cost.old(today)
    return {
        **document,
        "reads": offer.reads,
        "open": offer.open,
        "closing": None if offer.closing is None else _closing(offer.closing),
        "others": list(outlook.others),
        "hosting": _hosting(offer.hosting),
        "total": offer.total,
        "evaluation": None if outlook.evaluation is None else _evaluation(outlook.evaluation),
        "break_even": None
        if even is None
        else {
            "verdict": even.verdict,
            "saved_per_call": even.saved_per_call,
            "calls": even.calls,
            "months": even.months,
            "few_shot_tokens": even.few_shot_tokens,
            "few_shot_examples": outlook.few_shot.examples,
            "assumed": outlook.few_shot.assumed,
            "why": _words(even.why),
        },
        "old": list(offer.old),
        "lint": _fit(outlook.fit),
    }


def _files(files: tuple[tuple[str, int], ...]) -> list[dict[str, Any]]:
    return [{"path": path, "examples": examples} for path, examples in files]


def _words(words: Mapping[Language, str]) -> dict[str, str]:
    return {str(language): text for language, text in words.items()}


def _source(source: Source) -> dict[str, str]:
    return {"as_of": source.as_of.isoformat(), "source": source.source}


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _place(location: Location) -> dict[str, Any]:
    """As findings of a lint have it."""
    place = {"path": location.source, "line": location.line, "number": location.number}
    return place if location.sheet is None else {**place, "sheet": location.sheet}


def _spread(one: Spread | None) -> dict[str, Any] | None:
    return None if one is None else {**asdict(one), "histogram": [*map(asdict, one.histogram)]}


def _cost(cost: Cost) -> dict[str, Any]:
    return {
        "amount": cost.amount,
        "currency": cost.currency,
        "as_of": cost.as_of.isoformat(),
        "source": cost.source,
        "per_mtok": cost.usd_per_mtok,
        "tier": cost.tier,
        "minimum_applied": cost.minimum_applied,
    }


def _validation(held: Validation) -> dict[str, Any]:
    return {
        "files": _files(held.files),
        "examples": held.examples,
        "tokens": held.tokens,
        "evaluations": held.evaluations,
        "billed": held.billed,
        "why": _words(held.why),
    }


def _model(model: ModelCard, tokenizer: str) -> dict[str, Any]:
    hourly = model.training_per_hour
    return {
        "name": model.name,
        "target": model.target,
        "encoding": tokenizer,
        "context": model.context,
        "training_limit": model.training_limit,
        "methods": list(model.methods),
        "retires": _day(model.retires),
        "training_per_hour": None if hourly is None else _hourly(hourly),
        "inference": _answers(model.inference),
        "tuned_inference": _answers(model.tuned_inference),
    }


def _hourly(price: HourlyPrice) -> dict[str, Any]:
    return {
        "per_hour": price.usd_per_hour,
        "currency": price.currency,
        "as_of": price.as_of.isoformat(),
        "source": price.source,
        "tier": price.tier,
    }


def _answers(answers: Answers | None) -> dict[str, Any] | None:
    if answers is None:
        return None
    return {**asdict(answers), "as_of": answers.as_of.isoformat()}


def _closing(end: Closing) -> dict[str, Any]:
    return {
        "state": end.state,
        "new_customers_until": _day(end.new_customers_until),
        "dormant_until": _day(end.dormant_until),
        "last_training": _day(end.last_training),
        "retires": _day(end.retires),
        "replacement": end.replacement,
        "as_of": end.as_of.isoformat(),
        "source": end.source,
        "sources": {name: _source(one) for name, one in end.sources.items()},
    }


def _hosting(hosting: Hosting) -> dict[str, Any]:
    return {
        "kind": hosting.kind,
        "price": None if hosting.price is None else _hourly(hosting.price),
        "per_month": hosting.per_month,
        "days": hosting.days,
        "total": hosting.total,
        "billed": None if hosting.billed is None else _source(hosting.billed),
    }


def _evaluation(run: EvaluationRun) -> dict[str, Any]:
    return {
        "rows": run.plan.rows,
        "rows_of": run.rows_of,
        "repeats": run.plan.repeats,
        "batch": run.plan.batch,
        "prompt_tokens": run.plan.prompt_tokens,
        "answer_tokens": run.plan.answer_tokens,
        "lines": [{**asdict(line), "why": _words(line.why)} for line in run.cost.lines],
        "total": run.cost.total,
        "currency": run.cost.currency,
    }


def _fit(fit: Fit | None) -> dict[str, Any] | None:
    if fit is None:
        return None
    return {"errors": fit.errors, "warnings": fit.warnings, "blockers": dict(fit.blockers)}
