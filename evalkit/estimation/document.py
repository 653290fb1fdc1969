# SPDX-License-Identifier: Apache-2.0
"""An estimate for machines: schemas/estimate-output.schema.json."""

from __future__ import annotations

from typing import Any

from evalkit.estimation.project import Estimate

__all__ = ["as_document"]


def as_document(result: Estimate) -> dict[str, Any]:
    """The JSON object of `evalkit estimate --output-format json`, schema 1."""
    cost, model = result.cost, result.model
    return {
        "schema": 1,
        "files": [{"path": path, "examples": examples} for path, examples in result.files],
        "examples": result.examples,
        "tokens": {
            "billed_per_epoch": result.billed_per_epoch,
            "cookbook_per_epoch": result.cookbook_per_epoch,
            "loss_per_epoch": result.loss_per_epoch,
        },
        "epochs": result.epochs.number,
        "steps": result.steps,
        "billed_tokens": result.billed_tokens,
        "cookbook_tokens": result.cookbook_tokens,
        "cost": None
        if cost is None
        else {
            "amount": cost.amount,
            "currency": cost.currency,
            "as_of": cost.as_of.isoformat(),
            "source": cost.source,
        },
        "model": {
            "name": model.name,
            "encoding": result.encoding,
            "context": model.context,
            "retires": None if model.retires is None else model.retires.isoformat(),
        },
    }
