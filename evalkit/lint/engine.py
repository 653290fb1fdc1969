# SPDX-License-Identifier: Apache-2.0
"""Files in, findings out. Knows no screen and no clock; the same input gives the same result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from evalkit.core.errors import InputError, MissingExtraError
from evalkit.core.example import Example
from evalkit.core.finding import Finding
from evalkit.core.printable import printable
from evalkit.lint.catalogue import every_rule
from evalkit.lint.quotes import late_excerpts
from evalkit.lint.result import FileReport, Result
from evalkit.lint.rule import SCOPES
from evalkit.lint.settings import Policy, Settings, resolve
from evalkit.lint.walk import Reported, Walk, finish_corpus
from evalkit.lint.words import finding_of

if TYPE_CHECKING:
    from evalkit.data.read import DataSet

__all__ = ["FileReport", "Result", "Settings", "check", "check_examples"]


def check(
    paths: Sequence[str],
    settings: Settings = Settings(),  # noqa: B008  (frozen)
    *,
    watch: Callable[[Example], None] | None = None,
) -> Result:
    """Lint files.

    Args:
        paths: Data sets; read one after the other, once each.
        settings: What is wanted.
        watch: Called with each example that was read, for a progress bar.

    Returns:
        The findings by file, line and code. A file that cannot be read is one line in
        `unreadable`, and the others are linted all the same.

    Raises:
        UsageError: The settings name a rule, target or model that is not there.
    """
    policy = resolve(settings, every_rule())
    scopes = SCOPES if settings.against else tuple(s for s in SCOPES if s != "corpus")
    wanted = list(dict.fromkeys(paths))
    reports: list[FileReport] = []
    unreadable: list[str] = []
    walks: list[Walk] = []
    reported: list[Reported] = []
    for path in [*wanted, *(p for p in dict.fromkeys(settings.against) if p not in wanted)]:
        linted = path in wanted
        walk = Walk(policy, scopes if linted else ("corpus",))
        try:
            report = _walk(path, walk, settings, watch)
        except (InputError, MissingExtraError) as error:
            unreadable.append("; ".join(filter(None, (error.message, error.hint))))
            continue
        walks.append(walk)
        if linted:
            reports.append(report)
            reported += walk.reported
    if settings.against:
        reported += finish_corpus(walks, frozenset(settings.against))
    order = {path: number for number, path in enumerate(wanted)}
    findings = _in_order(reported, policy, settings, order)
    excerpts = {key: text for walk in walks for key, text in walk.excerpts.items()}
    return Result(
        files=tuple(reports),
        findings=findings,
        unreadable=tuple(unreadable),
        fail_on=settings.fail_on,
        excerpts=excerpts | late_excerpts(findings, reports, excerpts),
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
    policy = resolve(settings, every_rule())
    rows = list(examples)
    cuts = [len(rows) * part // shards for part in range(shards + 1)]
    parts = []
    for start, end in pairwise(cuts):
        walk = Walk(policy)
        for example in rows[start:end]:
            walk.feed(example)
        parts.append(walk)
    whole = Walk.merged(parts)
    source = rows[0].location.source if rows else ""
    whole.finish(file or FileReport(path=source, lines=len(rows), examples=len(rows)))
    return _in_order(whole.reported, policy, settings, {source: 0})


def _walk(
    path: str, walk: Walk, settings: Settings, watch: Callable[[Example], None] | None
) -> FileReport:
    from evalkit.data.read import open_data

    dataset = open_data(path) if settings.table is None else open_data(path, table=settings.table)
    for example in dataset:
        walk.feed(example)
        if watch is not None:
            watch(example)
    report = _report(path, dataset, walk)
    walk.finish(report)
    return report


def _report(path: str, dataset: DataSet, walk: Walk) -> FileReport:
    most = max(walk.formats.items(), key=lambda item: item[1], default=(None, 0))[0]
    return FileReport(
        path=path,
        format=dataset.format or most,
        encoding=dataset.encoding,
        lines=dataset.lines,
        examples=dataset.examples,
        container=dataset.container,
        bom=dataset.bom,
        notes=tuple(map(printable, dataset.notes)),
    )


def _in_order(
    reported: Iterable[Reported], policy: Policy, settings: Settings, order: dict[str, int]
) -> tuple[Finding, ...]:
    findings = [
        finding_of(one, policy.severity[one.rule.name], settings.language) for one in reported
    ]

    def key(finding: Finding) -> tuple[int, int, int, str, str]:
        place = finding.location
        return (
            order.get(place.source, len(order)),
            place.line or 0,
            place.number or 0,
            finding.code,
            finding.pointer,
        )

    return tuple(sorted(findings, key=key))
