# SPDX-License-Identifier: Apache-2.0
"""The names that metrics had in OpenAI's results.csv, and short names with the positive label.

Classifiers of 2021 to 2023 came with a table of steps whose columns were `classification/accuracy`
and so on (API reference of fine-tunes, as archived 2023-06; for two classes with a positive one:
precision, recall, auroc, auprc and f1.0, the 1.0 being the beta; for more: weighted_f1_score).
"""

from __future__ import annotations

from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt
from evalkit.core.registry import suggestion
from evalkit.metrics._parse import OLD_NAMES

__all__ = ["NEEDS_A_LABEL", "OLD_NAMES", "metric_name"]

_PREFIX = "classification/"
_OF_A_LABEL = ("precision", "recall", "f1", "auroc", "auprc")
NEEDS_A_LABEL = ("precision", "recall", "f1")


def metric_name(name: str, *, positive: str | None = None) -> str:
    """A metric's name as evalkit has it: `classification/precision` is `precision[LABEL]`.

    Args:
        name: As a suite or a gate writes it; a name that is no old one is left alone, but for the
            metrics of one label, which are those of the positive one where none is named.
        positive: The suite's positive label, if it has one.

    Raises:
        UsageError: Begins as an old name and is none, or needs a positive label and has none.
    """
    wanted = name.strip()
    if wanted.startswith(_PREFIX):
        known = list(OLD_NAMES)
        if wanted not in OLD_NAMES:
            raise UsageError(
                f"results.csv had no column `{excerpt(wanted)}`{suggestion(wanted, known)}",
                f"known: {', '.join(known)}",
            )
        plain = OLD_NAMES[wanted]
        if positive is None and plain in NEEDS_A_LABEL:
            raise UsageError(
                f"`{wanted}` is of the positive label, and the suite names none",
                f"say which: positive: LABEL, or write {plain}[LABEL]",
            )
        wanted = plain
    plain = wanted.replace("-", "_")
    return f"{plain}[{positive}]" if positive is not None and plain in _OF_A_LABEL else wanted
