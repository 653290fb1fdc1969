# SPDX-License-Identifier: Apache-2.0
"""A run as JSON."""

from __future__ import annotations

from math import isnan
from pathlib import Path
from typing import Any

from evalkit.cli._json_numbers import ends, number
from evalkit.cli._judge_text import judge_document
from evalkit.core.strings import Language
from evalkit.evaluation.forgetting.forgotten import Forgotten
from evalkit.evaluation.result import Run
from evalkit.evaluation.wording import run_verdict

__all__ = ["as_json"]


def as_json(run: Run, *, language: Language, folder: Path | None, page: Path | None) -> Any:
    """The machine contract of `evalkit run` (schemas/run-output.schema.json)."""
    return {
        "schema": 1,
        "suite": run.suite,
        "verdict": run_verdict(run),
        "decision": run.decision,
        "primary": run.primary,
        "base": run.base,
        "candidate": run.candidate,
        "rows": len(run.rows),
        "leaked": run.leaked,
        "models": {
            m.name: {
                "spec": m.spec,
                "host": m.host,
                "requests": m.requests,
                "cached": m.cached,
                "errors": m.errors,
                "cost": m.cost,
                "cost_per_1000": m.cost_per_1000,
                "currency": m.currency,
                "price_as_of": m.price_as_of,
            }
            for m in run.models
        },
        "measures": [
            {
                "model": m.model,
                "metric": m.metric,
                "slice": m.slice,
                **ends(m.interval),
                "confidence": m.interval.confidence,
                "n": m.interval.n,
                "left_out": m.interval.left_out,
                "unit": m.unit,
                "method": m.interval.method,
                "signature": m.signature,
            }
            for m in run.measures
        ],
        "differences": [
            {
                "metric": d.metric,
                "base": d.base,
                "candidate": d.candidate,
                "slice": d.slice,
                **ends(d.interval),
                "confidence": d.interval.confidence,
                "p": number(d.interval.p),
                **{k: v for k in ("q", "visible", "p_holm") if not isnan(v := getattr(d, k))},
                "n": d.interval.n,
                "method": d.interval.method,
                "verdict": d.verdict,
                "needed": d.needed,
                "fixed": d.fixed,
                "broken": d.broken,
            }
            for d in run.differences
        ],
        "gates": [
            {
                "gate": g.gate,
                "verdict": g.verdict,
                "value": number(g.interval.value),
                "needs": g.needs.get(language, ""),
                "needed": g.needed,
            }
            for g in run.gates
        ],
        **({"thresholds": _thresholds(run)} if run.thresholds else {}),
        **({"judge": judged} if (judged := judge_document(run)) else {}),
        **({"forgetting": _forgotten(run.forgetting)} if run.forgetting is not None else {}),
        "report": str(page) if page else None,
        "run_dir": str(folder) if folder else None,
    }


def _thresholds(run: Run) -> dict[str, float | None]:
    return {name: number(at) for name, at in run.thresholds.items()}


def _forgotten(found: Forgotten) -> dict[str, Any]:
    """The general set for machines; the whole of it is a run of its own, in a subfolder."""
    return {
        "data": found.data,
        "primary": found.primary,
        "rows": found.rows,
        "differences": [
            {
                "base": d.base,
                "candidate": d.candidate,
                **ends(d.interval),
                "n": d.interval.n,
                "verdict": d.verdict,
            }
            for d in found.differences
        ],
    }
