# SPDX-License-Identifier: Apache-2.0
"""Every gate: the sentence, how it went, the number that decided."""

from __future__ import annotations

from markupsafe import Markup

from evalkit.evaluation.gates.sentence import is_difference
from evalkit.evaluation.result import Run
from evalkit.page.markup import data, fill
from evalkit.page.phrase import Text
from evalkit.report.names import gate_word
from evalkit.report.section import section

__all__ = ["gates"]


@section(order=20, en="Gates", zh="门槛", applies=lambda run: bool(run.gates))
def gates(run: Run, text: Text) -> Markup:
    """A table, one gate a row; a number within noise says so."""
    return fill(
        "evalkit.report.sections",
        "gates.html",
        text=text,
        gates=[
            {
                "sentence": data(g.gate),
                "kind": g.verdict,
                "word": gate_word(g.verdict),
                "interval": g.interval,
                "unit": g.unit,
                "difference": is_difference(g.gate),
                "needs": text.of(g.needs),
                "noise": g.within_noise,
                "why": data(g.interval.why) if g.interval.why else "",
                "method": data(g.interval.method),
            }
            for g in run.gates
        ],
    )
