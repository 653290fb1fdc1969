# SPDX-License-Identifier: Apache-2.0
"""Which targets would take some files: what lint says for each of them, in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from evalkit.estimation.outlook import Fit
from evalkit.lint.engine import check
from evalkit.lint.settings import Settings

__all__ = ["fits"]


def fits(
    paths: Sequence[str],
    settings: Settings,
    *,
    watch: Callable[[int], None] | None = None,
) -> Mapping[str, Fit]:
    """Target to what stands against the files there; all files are taken together.

    The files are read once, for all targets; findings are counted, not kept.

    Args:
        paths: Data sets.
        settings: How to lint; its targets do not matter.
        watch: Told how many examples were read since it was told last.

    Raises:
        UsageError: The settings name a rule, target or model that is not there.
    """
    result = check(paths, replace(settings, targets=("all",), keep=1), watch=watch)
    errors: dict[str, Counter[str]] = {}
    warnings: Counter[str] = Counter()
    for verdict in result.verdicts:
        errors.setdefault(verdict.target, Counter()).update(dict(verdict.blockers))
        warnings[verdict.target] += verdict.warnings
    return {
        target: Fit(
            errors=found.total(),
            warnings=warnings[target],
            blockers=tuple(sorted(found.items(), key=lambda one: (-one[1], one[0]))),
        )
        for target, found in errors.items()
    }
