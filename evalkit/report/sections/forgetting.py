# SPDX-License-Identifier: Apache-2.0
"""What the tuned model may have forgotten: the general set beside the task."""

from __future__ import annotations

from math import isnan

from markupsafe import Markup

from evalkit.evaluation.forgetting.forgotten import Forgotten
from evalkit.evaluation.result import Run
from evalkit.page.markup import data, fill
from evalkit.page.numbers import amount, bare, change, count, ends
from evalkit.page.phrase import Text
from evalkit.report.names import metric_name, model_name, verdict_word
from evalkit.report.section import section

__all__ = ["forgetting"]

_KINDS = {"better": "good", "worse": "bad"}


@section(order=45, en="Forgetting", zh="遗忘检查", applies=lambda run: run.forgetting is not None)
def forgetting(run: Run, text: Text) -> Markup:
    """A line per compared pair; its gate stands among the others."""
    found = run.forgetting
    assert found is not None  # noqa: S101  by `applies`
    return fill(
        "evalkit.report.sections",
        "forgetting.html",
        text=text,
        set=data(found.data),
        rows=count(found.rows),
        primary=metric_name(found.primary),
        visible=_visible(found),
        lines=[
            {
                "base": model_name(run, d.base),
                "candidate": model_name(run, d.candidate),
                "values": [_value(found, name) for name in (d.base, d.candidate)],
                "difference": change(d.interval.value, d.unit),
                "range": ends(d.interval, d.unit, signed=True),
                "word": verdict_word(d.verdict),
                "kind": _KINDS.get(d.verdict, "flat"),
            }
            for d in found.differences
        ],
    )


def _value(found: Forgotten, model: str) -> object:
    measure = next((m for m in found.measures if m.model == model), None)
    return "" if measure is None else amount(measure.interval.value, measure.unit)


def _visible(found: Forgotten) -> str:
    unit = next((d.unit for d in found.differences), "share")
    return "" if isnan(found.visible) else bare(found.visible, unit)
