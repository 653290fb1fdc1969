# SPDX-License-Identifier: Apache-2.0
"""For authors of rules: does a rule do what its page says?

    from evalkit.testing import check_rule

    def test_my_rule():
        check_rule(my_rule)

Nothing here needs pytest: what is wrong is an AssertionError that says so in a sentence.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from evalkit.lint.plugins import flaws
from evalkit.lint.rule import Rule
from evalkit.lint.settings import Settings

if TYPE_CHECKING:
    from evalkit.core.finding import Finding

__all__ = ["BESIDE", "check_clean", "check_declaration", "check_found", "check_rule"]

_NEEDED = ("What it does", "Why is this bad?")
_HEADINGS = (*_NEEDED, "Example", "Use instead", "Fix safety", "References")
# Rows of examples are few and alike: these speak of that, not of the fault.
BESIDE = frozenset({"blank-line", "exact-duplicate", "few-examples"})
_DEFAULT = Settings()

Case = Path | str | Mapping[str, Any]


def check_rule(
    rule: Rule,
    *,
    found: Iterable[Case] = (),
    clean: Iterable[Case] = (),
    settings: Settings = _DEFAULT,
    alone: bool = True,
) -> None:
    """Check a rule: its declaration, its page, and what it finds.

    The rows of its page count as cases: something must be found in "Example" and nothing in
    "Use instead", which must be clean of every default rule too.

    Args:
        rule: What the decorator `rule` made. It need not be installed.
        found: Further cases that it must find something in: the path of a data set, a row as a
            mapping, or rows of JSON as text.
        clean: Further cases that it must not find anything in.
        settings: Targets, options, model and the like to lint the cases with; the rules that run
            are not taken from it.
        alone: Whether no other default rule may speak of the bad cases: one fault, one finding.

    Raises:
        AssertionError: The first thing that is wrong, in words.
    """
    check_declaration(rule)
    page = rule.page
    with TemporaryDirectory() as folder:
        bad = list(_paths(page.get("Example"), found, Path(folder, "found")))
        good = list(_paths(page.get("Use instead"), clean, Path(folder, "clean")))
        _must(bad, f"{rule.name}: no bad example: give its page `## Example`, or give `found`")
        _must(good, f"{rule.name}: no good example: give its page `## Use instead`, or `clean`")
        for path in bad:
            check_found(rule, path, settings, alone=alone)
        for path in good:
            check_clean(rule, path, settings)
        if "Use instead" in page:
            others = _names(_lint(good[0], rule, settings, ("default",))) - BESIDE
            _must(not others, f"{rule.name}: other rules speak of Use instead: {_list(others)}")


def check_declaration(rule: Rule) -> None:
    """Check what a rule says of itself: code, scope, messages, page.

    Raises:
        AssertionError: The first thing that is wrong, in words.
    """
    flaw = next(flaws(rule), "")
    _must(not flaw, f"{rule.name}: {flaw}")
    page = rule.page
    for heading in _NEEDED:
        _must(page.get(heading), f"{rule.name}: its docstring has no section `## {heading}`")
    unknown = [heading for heading in page if heading not in _HEADINGS]
    _must(not unknown, f"{rule.name}: headings that no page has: {_list(unknown)}")
    order = [heading for heading in _HEADINGS if heading in page]
    _must(list(page) == order, f"{rule.name}: the sections of its page go {', '.join(order)}")
    if rule.fix:
        _must("Fix safety" in page, f"{rule.name}: it has a fix, its page no `## Fix safety`")
    else:
        _must("Fix safety" not in page, f"{rule.name}: its page speaks of a fix, `fix=` does not")
    english, chinese = rule.messages["en"], rule.messages["zh"]
    _must(english != chinese, f"{rule.name}: its Chinese message is the English one")


def check_found(
    rule: Rule, path: str | Path, settings: Settings = _DEFAULT, *, alone: bool = True
) -> None:
    """Check that a rule finds something in a data set, and that no other default rule does.

    Its messages must be complete in both languages, and its needles must not hide anything.

    Raises:
        AssertionError: What is wrong, in words.
    """
    shown = Path(path).name
    findings = _lint(path, rule, settings)
    _must(findings, f"{rule.name}: nothing found in {shown}")
    if alone:
        every = _names(_lint(path, rule, settings, ("default", rule.name)))
        others = every - {rule.name} - BESIDE
        _must(
            not others,
            f"{rule.name}: other rules speak of {shown} too (one fault, one finding): "
            + _list(others),
        )
    for finding in [*findings, *_lint(path, rule, replace(settings, language="zh"))]:
        _must("\n" not in finding.message, f"{rule.name}: a message of more than one line")
    hidden = next(_hidden(rule, path, settings), None)
    _must(hidden is None, f"{rule.name}: no needle stands in line {hidden} of {shown}")


def check_clean(rule: Rule, path: str | Path, settings: Settings = _DEFAULT) -> None:
    """Check that a rule finds nothing in a data set.

    Raises:
        AssertionError: What it found.
    """
    said = [f"line {f.location.line}: {f.message}" for f in _lint(path, rule, settings)]
    _must(not said, f"{rule.name}: found in {Path(path).name}: {'; '.join(said[:3])}")


def _lint(
    path: str | Path, rule: Rule, settings: Settings, select: tuple[str, ...] = ()
) -> tuple[Finding, ...]:
    from evalkit.lint.engine import check

    try:
        result = check([str(path)], _settings(rule, settings, select or (rule.name,)))
    except KeyError as error:
        raise AssertionError(f"{rule.name}: no fault gives the argument {error}") from error
    _must(not result.unreadable, f"{rule.name}: {'; '.join(result.unreadable)}")
    return result.findings


def _settings(rule: Rule, settings: Settings, select: tuple[str, ...]) -> Settings:
    from evalkit.lint.catalogue import every_rule

    extra = settings.extra_rules
    if all(rule is not one for one in (*every_rule(), *extra)):
        extra = (*extra, rule)
    return replace(settings, select=select, extra_rules=extra)


def _hidden(rule: Rule, path: str | Path, settings: Settings) -> Iterator[int | None]:
    """Lines that the rule finds something in although none of its needles stands there."""
    if not rule.needles or rule.scope != "example" or rule.new_states():
        return
    from evalkit.data.read import open_data
    from evalkit.lint.catalogue import rules_for
    from evalkit.lint.policy import resolve
    from evalkit.lint.shape import violations

    wanted = _settings(rule, settings, (rule.name,))
    run = resolve(wanted, rules_for(wanted)).of(rule.name)
    options = run.options if run is not None else {}
    for example in open_data(str(path)):
        if example.broken is not None or example.format is None or violations(example):
            continue
        scanned = example.scanned
        if any(needle in scanned for needle in rule.needles):
            continue
        if any(True for _ in rule.function(example, **options) or ()):
            yield example.location.line


def _paths(page: str | None, cases: Iterable[Case], folder: Path) -> Iterator[Path]:
    folder.mkdir()
    for number, case in enumerate([*([page] if page else []), *cases]):
        if isinstance(case, Path):
            yield case
            continue
        text = case if isinstance(case, str) else json.dumps(case, ensure_ascii=False)
        path = folder / (f"page-{folder.name}.jsonl" if page and not number else f"{number}.jsonl")
        path.write_text(text.strip("\n") + "\n", encoding="utf-8", newline="\n")
        yield path


def _must(holds: object, otherwise: str) -> None:
    if not holds:  # no assert statement: `python -O` would take it away
        raise AssertionError(otherwise)


def _names(findings: Iterable[Finding]) -> set[str]:
    return {finding.name for finding in findings}


def _list(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in sorted(words))
