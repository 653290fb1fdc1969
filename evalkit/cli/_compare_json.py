# SPDX-License-Identifier: Apache-2.0
"""A comparison as JSON: what `evalkit run` says of a run, and how the rows were paired."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evalkit.cli._run_json import as_json
from evalkit.core.strings import Language
from evalkit.evaluation.comparing.comparison import Compared

__all__ = ["as_document"]


def as_document(
    found: Compared, *, language: Language, folder: Path | None, page: Path | None
) -> dict[str, Any]:
    """The machine contract (schemas/run-output.schema.json), with `notes`, `paired` and `flips`.

    Args:
        found: The comparison.
        language: Of notes and of what gates need.
        folder: Where it was saved as a run, if anywhere.
        page: Where the page was written, if anywhere.
    """
    at = 0 if language == "en" else 1
    one = found.alignment
    return {
        **as_json(found.run, language=language, folder=folder, page=page),
        "notes": [note[at] for note in found.run.notes],
        "paired": {
            "by": one.by,
            "rows": len(one.keys),
            "in_all": one.whole,
            "answers": {
                answers.name: {
                    "source": answers.source,
                    "kind": answers.kind,
                    "sha256": answers.digest or None,
                    "rows": len(answers.rows),
                    "missing": list(one.missing[answers.name]),
                    "foreign": list(one.foreign[answers.name]),
                    "duplicates": list(one.duplicates[answers.name]),
                }
                for answers in found.sets
            },
        },
        "flips": [
            {
                "candidate": pair.candidate,
                "base": pair.base,
                "fixed": list(pair.fixed),
                "broken": list(pair.broken),
                "both_right": pair.both_right,
                "both_wrong": pair.both_wrong,
                "unscored": pair.unscored,
            }
            for pair in found.flips
        ],
    }
