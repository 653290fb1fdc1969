# SPDX-License-Identifier: Apache-2.0
"""Plans for machines: schemas/plan.schema.json."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evalkit.estimation.document import as_document
from evalkit.prepare.apply import Output
from evalkit.prepare.legacy import Legacy
from evalkit.prepare.plan import Step
from evalkit.prepare.rehearsal import SetPlan
from evalkit.prepare.target_files import TargetFiles, following
from evalkit.prepare.target_rows import Blocked

__all__ = ["legacy_document", "set_document", "step_document"]


def step_document(one: Step) -> dict[str, Any]:
    """A step, its words in English."""
    return {
        "name": one.name,
        "kind": one.kind,
        "what": one.what.en,
        "mend": one.mend.en if one.mend else None,
        "rows": one.rows,
        "lines": list(one.lines),
        "reasons": [
            {"what": why.what.en, "rows": why.rows, "lines": list(why.lines)} for why in one.reasons
        ],
    }


def legacy_document(
    plan: Legacy, source: str, places: Sequence[Path], *, applied: bool
) -> dict[str, Any]:
    """The plan of `prepare --legacy`."""
    return {
        "schema": 1,
        "mode": "legacy",
        "source": source,
        "read": plan.read,
        "rows": len(plan.rows),
        "steps": [step_document(one) for one in plan.steps],
        "blocked": plan.blocked,
        "changed": plan.changed,
        "applied": applied,
        "task": plan.task,
        "separator": plan.separator,
        "stop": plan.stop,
        "labels": dict(plan.labels),
        "outputs": [str(place) for place in places],
    }


def set_document(
    plan: SetPlan, outputs: Sequence[Output], stem: str, *, applied: bool
) -> dict[str, Any]:
    """The plan of `prepare --target`."""
    data = plan.data
    return {
        "schema": 1,
        "mode": "targets",
        "source": data.path,
        "reading": {
            "container": data.container,
            "encoding": data.encoding,
            "sheet": data.sheet,
            "columns": dict(data.columns),
            "layout": plan.layout.name,
            "evidence": data.evidence,
        },
        "read": plan.read,
        "rows": plan.usable,
        "steps": [step_document(one) for one in plan.steps],
        "notes": list(plan.division.notes) if plan.division else [],
        "changed": plan.changed,
        "applied": applied,
        "targets": [
            *(_target(made, outputs, stem) for made in plan.targets),
            *map(_blocked, plan.blocked),
        ],
    }


def _target(made: TargetFiles, outputs: Sequence[Output], stem: str) -> dict[str, Any]:
    own = [one for one in outputs if one.target == made.name]
    paths = {one.kind: str(one.place) for one in own if one.kind != "rejected"}
    given = made.given
    return {
        "name": made.name,
        "layout": given.layout.name,
        "converted": given.converted,
        "blocked": None,
        "instead": given.instead.en if given.instead else None,
        "lost": {k: n for k, n in given.account.lost.items() if k != "fields"},
        "rewritten": dict(given.account.rewritten),
        "left_out_fields": dict(given.account.fields),
        "set_aside": {why.en: len(lines) for why, lines in given.aside.lines.items()},
        "fewer": {part: list(numbers) for part, numbers in made.fewer.items()},
        "fixed": dict(made.fixed),
        "files": [{"kind": one.kind, "path": str(one.place), "rows": one.rows} for one in own],
        "errors": dict(made.errors),
        "warnings": dict(made.warnings),
        "estimate": None if made.estimate is None else as_document(made.estimate),
        "next": list(following(made, paths, stem)) if made.ready else [],
    }


def _blocked(one: Blocked) -> dict[str, Any]:
    """A target that gets nothing."""
    nothing: dict[str, Any] = {"lost": {}, "rewritten": {}, "left_out_fields": {}, "set_aside": {}}
    return {
        "name": one.target.name,
        "layout": None,
        "converted": False,
        "blocked": one.why.en,
        "instead": None,
        **nothing,
        "fewer": {},
        "fixed": {},
        "files": [],
        "errors": {},
        "warnings": {},
        "estimate": None,
        "next": [],
    }
