# SPDX-License-Identifier: Apache-2.0
"""Names of metrics as suites write them: `accuracy`, `recall[refund]`."""

from __future__ import annotations

import re

from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt

__all__ = ["OLD_NAMES", "parse"]

# Columns of OpenAI's results.csv of 2021 to 2023, in their order, to the metric that each was.
OLD_NAMES = {
    "classification/accuracy": "accuracy",
    "classification/precision": "precision",
    "classification/recall": "recall",
    "classification/auroc": "auroc",
    "classification/auprc": "auprc",
    "classification/f1.0": "f1",
    "classification/weighted_f1_score": "weighted_f1",
}

_NAME = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9_-]*)(?:\[(?P<label>.+)\])?", re.DOTALL)


def parse(name: str) -> tuple[str, dict[str, str]]:
    """Name and options: "recall[refund]" is ("recall", {"label": "refund"}).

    The label runs to the last bracket, so labels may hold brackets themselves. Names of
    results.csv are read as today's: "classification/accuracy" is ("accuracy", {}).

    Raises:
        UsageError: Not of that form.
    """
    found = _NAME.fullmatch(OLD_NAMES.get(name.strip(), name.strip()))
    label = found["label"].strip() if found and found["label"] else None
    if not found or label == "":
        raise UsageError(
            f"`{excerpt(name)}` is not the name of a metric",
            "write a metric as accuracy, or with a label as recall[refund]",
        )
    return found["name"], {} if label is None else {"label": label}
