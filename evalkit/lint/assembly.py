# SPDX-License-Identifier: Apache-2.0
"""What walks have reported, put together: findings in order, counts, facts of files, verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from evalkit.core.finding import Finding, Severity
from evalkit.core.printable import printable
from evalkit.lint.policy import Policy
from evalkit.lint.quotes import rows_again
from evalkit.lint.result import FileReport, Omitted, Result, TargetVerdict
from evalkit.lint.settings import Settings
from evalkit.lint.walk import Reported, Walk
from evalkit.lint.words import finding_of

if TYPE_CHECKING:
    from evalkit.data.read import DataSet

__all__ = ["assembled", "file_report", "in_order", "looked_at"]

_EXCERPTS = 100  # of each rule and file
_PARTIAL = {
    "en": {
        "limit": "ONLY THE FIRST {n:,} examples of each file were looked at (--limit)",
        "sample": "ONLY {n:,} examples of each file were looked at, drawn at random with seed "
        "{seed} (--sample)",
    },
    "zh": {
        "limit": "每个文件只检查了前 {n:,} 个样本（--limit）",
        "sample": "每个文件只随机检查了 {n:,} 个样本，种子 {seed}（--sample）",
    },
}


def looked_at(policy: Policy) -> Policy:
    """The policy for a part of a file: without the rules that judge the file as a whole."""
    runs = tuple(r for r in policy.runs if r.rule.scope != "file" or r.rule.per_example)
    return replace(policy, runs=runs)


def file_report(dataset: DataSet, walk: Walk, policy: Policy) -> FileReport:
    """The facts of a file that was walked."""
    most = max(walk.formats.items(), key=lambda item: item[1], default=(None, 0))[0]
    name = dataset.format or most
    method = None
    if name is not None and dataset.key_map is not None:
        method = dataset.key_map.layout.method
    elif name is not None:
        from evalkit.data.recognise import layout

        method = layout(name).method
    return FileReport(
        path=dataset.path,
        format=name,
        encoding=dataset.encoding,
        lines=dataset.lines or walk.lines,
        examples=dataset.examples or walk.numbers,
        container=dataset.container,
        bom=dataset.bom,
        notes=tuple(map(printable, dataset.notes)),
        size=dataset.size,
        packing=dataset.packing,
        method=method,
        tokens=walk.counting.totals if policy.tokens else None,
        headers=dataset.headers,
        columns=dict(dataset.columns),
    )


def in_order(
    walks: Iterable[Walk], settings: Settings, sources: Sequence[str]
) -> tuple[Finding, ...]:
    """The findings of walks by file, line, code and pointer; each once."""
    order = {source: number for number, source in enumerate(sources)}
    pairs = _reported([one for walk in walks for one in walk.reported], order)
    return tuple(finding_of(one, settings.language) for one in pairs)


def assembled(
    walks: Sequence[Walk],
    files: Sequence[FileReport],
    settings: Settings,
    *,
    unreadable: Sequence[str],
) -> Result:
    """The result of a lint.

    Args:
        walks: Over the files, then over the corpus.
        files: What was read.
        settings: What was wanted.
        unreadable: One line for each file or rule that failed.
    """
    order = {file.path: number for number, file in enumerate(files)}
    reported = _with_rows(_reported([one for walk in walks for one in walk.reported], order), files)
    findings = tuple(finding_of(one, settings.language) for one in reported)
    excerpts = {(one.location, one.fault.pointer): one.excerpt for one in reported if one.excerpt}
    verdicts: tuple[TargetVerdict, ...] = ()
    targets = settings.targets
    if "all" in settings.targets:
        verdicts = tuple(v for f, w in zip(files, walks, strict=False) for v in _verdicts(f, w))
        targets = tuple(dict.fromkeys(verdict.target for verdict in verdicts))
    return Result(
        files=tuple(files),
        findings=findings,
        unreadable=tuple(unreadable),
        fail_on=settings.fail_on,
        excerpts=excerpts,
        omitted=_omitted(walks, files),
        partial=_partial(settings),
        verdicts=verdicts,
        targets=targets,
    )


def _reported(every: Iterable[Reported], order: dict[str, int]) -> list[Reported]:
    def key(one: Reported) -> tuple[int, int, int, str, str]:
        place = one.location
        return (
            order.get(place.source, len(order)),
            place.line or 0,
            place.number or 0,
            one.run.rule.code,
            one.fault.pointer,
        )

    ordered = sorted(every, key=key)
    if not any(one.run.targets for one in ordered):
        return ordered
    # Several targets with other options find the same thing again: once is enough.
    kept: dict[tuple[object, ...], Reported] = {}
    for one in ordered:
        place = (one.run.rule.name, one.location, one.fault.pointer, repr(one.fault.args))
        there = kept.setdefault(place, one)
        if one.run.severity > there.run.severity:
            kept[place] = one
    return list(kept.values())


def _with_rows(reported: list[Reported], files: Iterable[FileReport]) -> list[Reported]:
    """Excerpts and hashes for what was known only when the row had passed (duplicates, leaks)."""
    plain = {f.path for f in files if f.container == "jsonl" and f.encoding == "utf-8"}
    plain -= {f.path for f in files if f.packing}
    late: dict[str, list[int]] = {}
    for index, one in enumerate(reported):
        if not one.row and one.location.line is not None and one.location.source in plain:
            late.setdefault(one.location.source, []).append(index)
    shown: Counter[tuple[str, str]] = Counter()
    for path, indexes in late.items():
        again = rows_again(path, [reported[index].location for index in indexes])
        for index, (text, row) in zip(indexes, again, strict=True):
            one = reported[index]
            shown[path, one.run.rule.name] += 1
            few = shown[path, one.run.rule.name] <= _EXCERPTS
            reported[index] = one._replace(excerpt=text if few else "", row=row)
    return reported


def _omitted(walks: Iterable[Walk], files: Sequence[FileReport]) -> dict[Omitted, int]:
    """Findings that were counted and are not there."""
    left: dict[Omitted, int] = {}
    paths = [file.path for file in files]
    for number, walk in enumerate(walks):
        own = paths[number] if number < len(paths) else ""
        kept: Counter[Omitted] = Counter()
        for one in walk.reported:
            safety = one.fault.fix.safety if one.fault.fix else None
            path = own or one.location.source
            kept[Omitted(path, one.run.rule.name, one.run.severity, safety)] += 1
        for kind, amount in walk.counts.items():
            run = walk.policy.runs[kind.number]
            key = Omitted(own or kind.source, run.rule.name, run.severity, kind.safety)
            left[key] = left.get(key, 0) + amount
        for key, amount in kept.items():
            left[key] -= amount
    return {kind: amount for kind, amount in left.items() if amount > 0}


def _partial(settings: Settings) -> str:
    words = _PARTIAL[settings.language]
    if settings.sample is not None:
        return words["sample"].format(n=settings.sample, seed=settings.seed)
    return words["limit"].format(n=settings.limit) if settings.limit is not None else ""


def _verdicts(file: FileReport, walk: Walk) -> Iterable[TargetVerdict]:
    """Whether each target would take the file."""
    from evalkit.targets.load import target_named, target_names

    for name in target_names():
        target = target_named(name)
        errors: Counter[str] = Counter()
        warnings = 0
        for kind, amount in walk.counts.items():
            run = walk.policy.runs[kind.number]
            level = run.targets.get(name)
            if level is Severity.ERROR:
                errors[run.rule.name] += amount
            elif level is Severity.WARNING:
                warnings += amount
        layout = file.format is not None and file.format in target.formats
        yield TargetVerdict(
            target=name,
            title=target.title,
            path=file.path,
            takes=layout and not errors,
            layout=layout,
            errors=errors.total(),
            warnings=warnings,
            blockers=tuple(sorted(errors.items(), key=lambda item: (-item[1], item[0]))),
        )
