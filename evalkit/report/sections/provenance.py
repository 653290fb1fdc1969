# SPDX-License-Identifier: Apache-2.0
"""What made these numbers: models, data, versions, seeds, settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from evalkit.evaluation.result import Run
from evalkit.page.markup import data, fill
from evalkit.page.phrase import Text
from evalkit.report.names import model_name
from evalkit.report.recorded import recorded_words
from evalkit.report.section import section

__all__ = ["provenance"]


@section(order=90, en="Provenance", zh="来源")
def provenance(run: Run, text: Text) -> Markup:
    """Models as written in the suite, and every label and value of the run's record."""
    return fill(
        "evalkit.report.sections",
        "provenance.html",
        text=text,
        models=[
            {
                "name": model_name(run, card.name),
                "spec": data(card.spec),
                "host": data(card.host) if card.host else text("this machine", "本机"),
                "system": data(card.system),
                "recorded": "" if card.recorded is None else recorded_words(card, text),
            }
            for card in run.models
        ],
        values=[(data(label), data(value)) for label, value in _flat(run.provenance)],
        started=data(run.started),
    )


def _flat(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Label and value of every leaf; "packages.numpy" for what is nested."""
    found: list[tuple[str, str]] = []
    for key, value in values.items():
        label = f"{prefix}{key}"
        if isinstance(value, Mapping):
            found += _flat(value, f"{label}.")
        else:
            shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            found.append((label, shown))
    return found
