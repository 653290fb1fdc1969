# SPDX-License-Identifier: Apache-2.0
"""Files in, findings out. Knows no screen and no clock; the same input gives the same result."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice, pairwise
from random import Random
from typing import TYPE_CHECKING

from evalkit.core.errors import InputError, MissingExtraError
from evalkit.core.example import Example
from evalkit.core.finding import Finding
from evalkit.core.printable import printable
from evalkit.core.spill import spilling
from evalkit.lint.assembly import assembled, file_report, in_order, looked_at
from evalkit.lint.catalogue import rules_for
from evalkit.lint.corpus import finish_corpus
from evalkit.lint.policy import resolve
from evalkit.lint.result import FileReport, Result
from evalkit.lint.rule import SCOPES, Scope
from evalkit.lint.settings import Settings
from evalkit.lint.tables import without_column
from evalkit.lint.walk import Walk

if TYPE_CHECKING:
    from evalkit.data.read import DataSet

__all__ = ["FileReport", "Result", "Settings", "check", "check_examples"]

Watch = Callable[[int], None]


def check(
    paths: Sequence[str],
    settings: Settings = Settings(),  # noqa: B008  (frozen)
    *,
    watch: Watch | None = None,
) -> Result:
    """Lint files.

    Args:
        paths: Data sets; read one after the other, once each. "-" is standard input.
        settings: What is wanted.
        watch: Told how many examples were read since it was told last, for a progress bar.

    Returns:
        The findings by file, line and code. A file that cannot be read is one line in
        `unreadable`, and the others are linted all the same; so is a rule that fails.

    Raises:
        UsageError: The settings name a rule, target or model that is not there.
        InputError: State has to be written to disk and there is no room.
    """
    policy = resolve(settings, rules_for(settings))
    wanted = list(dict.fromkeys(paths))
    sides: dict[str, list[str]] = {"linted": wanted}
    for side, given in (("held-out", settings.against), ("benchmark", settings.benchmarks)):
        sides[side] = [path for path in dict.fromkeys(given) if path not in wanted]
    reports: list[FileReport] = []
    unreadable: list[str] = []
    walks: dict[str, list[Walk]] = {side: [] for side in sides}
    beside = settings.tokens and settings.jobs == 1 and (os.cpu_count() or 1) > 1
    with spilling(settings.spill_dir) as folder:
        for side, files in sides.items():
            for path in files:
                own = policy.for_file(path, settings) if side == "linted" else policy
                walk = Walk(own, _scopes(side, settings), keep=settings.keep, beside=beside)
                try:
                    dataset = _opened(path, settings)
                    walk = _walked(dataset, walk, settings, watch, str(folder))
                    report = file_report(dataset, walk, policy)
                    walk.finish(report)
                except (InputError, MissingExtraError) as error:
                    lacking = without_column(walk, error, path) if side == "linted" else None
                    if lacking is None:
                        unreadable.append("; ".join(filter(None, (error.message, error.hint))))
                        continue
                    report = lacking
                walks[side].append(walk)
                if side == "linted":
                    reports.append(report)
        corpus = list(
            finish_corpus(walks, frozenset(settings.against), frozenset(settings.benchmarks))
        )
    crashes = [
        f"{printable(why)}; tell its author, or leave it out: --ignore {name}"
        for walk in [*walks["linted"], *corpus]
        for name, why in walk.crashes.items()
    ]
    return assembled(
        [*walks["linted"], *corpus], reports, settings, unreadable=[*unreadable, *crashes]
    )


def check_examples(
    examples: Iterable[Example],
    settings: Settings = Settings(),  # noqa: B008  (frozen)
    file: FileReport | None = None,
    *,
    shards: int = 1,
) -> tuple[Finding, ...]:
    """Lint examples that are already in memory; no file is touched.

    Args:
        examples: Of one source.
        settings: What is wanted; `against` needs files and does nothing here.
        file: What rules that look at a whole file are told; counted here where not given.
        shards: Walk that many parts one by one and merge them: the result is the same.
    """
    policy = resolve(settings, rules_for(settings))
    rows = list(examples)
    cuts = [len(rows) * part // shards for part in range(shards + 1)]
    parts = []
    for start, end in pairwise(cuts):
        walk = Walk(policy, keep=settings.keep)
        for example in rows[start:end]:
            walk.feed(example)
        parts.append(walk)
    whole = Walk.merged(parts)
    source = rows[0].location.source if rows else ""
    whole.finish(file or FileReport(path=source, lines=len(rows), examples=len(rows)))
    return in_order([whole], settings, [source])


def _scopes(side: str, settings: Settings) -> tuple[Scope, ...]:
    if side != "linted":
        return ("corpus",)
    several = settings.against or settings.benchmarks
    return SCOPES if several else tuple(scope for scope in SCOPES if scope != "corpus")


def _opened(path: str, settings: Settings) -> DataSet:
    from evalkit.data.read import open_data

    return open_data(
        path,
        table=settings.table,
        max_line_bytes=settings.max_line_bytes,
        name=settings.stdin_name if path == "-" else None,
        layouts=settings.layouts,
    )


def _walked(
    dataset: DataSet, walk: Walk, settings: Settings, watch: Watch | None, folder: str
) -> Walk:
    """The walk over the file, all of it or the part that is wanted."""
    partial = settings.limit is not None or settings.sample is not None
    if settings.jobs > 1 and not partial and not settings.extra_rules:
        from evalkit.lint.shards import walked_in_processes

        walked = walked_in_processes(dataset, walk, settings, folder, watch)
        if walked is not None:
            return walked
    elif partial:
        walk = Walk(looked_at(walk.policy), tuple(walk.running), keep=walk.keep)
    unsaid = fed = 0
    feed = walk.feed
    for example in _wanted(dataset, settings):
        feed(example)
        fed += 1
        if watch is not None:
            unsaid += 1
            if unsaid >= 100:
                watch(unsaid)
                unsaid = 0
    if watch is not None:
        watch(unsaid)
    if partial:
        dataset.examples = fed
    walk.settle()
    return walk


def _wanted(dataset: DataSet, settings: Settings) -> Iterator[Example]:
    """All examples, the first ones, or some drawn at random (in the order of the file)."""
    if settings.sample is not None:
        total = sum(1 for _ in dataset)
        drawn = set(Random(settings.seed).sample(range(total), min(settings.sample, total)))  # noqa: S311
        dataset_rows: Iterator[Example] = (e for n, e in enumerate(dataset) if n in drawn)
    else:
        dataset_rows = iter(dataset)
    return islice(dataset_rows, settings.limit)
