# SPDX-License-Identifier: Apache-2.0
"""Rules that others write: installed packages' by entry point, the user's own by file.

Code of a plug-in runs with the rights of whoever lints; a file of rules is run only when it is
named. A plug-in that does not work is one warning, a file that does not work is an error: it was
asked for.
"""

from __future__ import annotations

import hashlib
import re
import string
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt, printable
from evalkit.core.registry import loaded
from evalkit.lint.rule import SCOPES, Rule

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = [
    "again",
    "file_of",
    "flaws",
    "rules_of_entry_points",
    "rules_of_file",
    "taken",
]

_CODE = re.compile(r"[A-Z]{2,8}[0-9]{3,4}")
_MODULE = "evalkit_rules_"  # and a digest: the name under which a file of rules is imported
_EXAMPLE = "docs/plugins.md shows a rule of ten lines"


def rules_of_file(path: str | Path) -> tuple[Rule, ...]:
    """Every rule of a Python file, in the order of their codes; the file is run.

    A file that has not changed since is not run again.

    Raises:
        UsageError: There is no such file, it does not run, holds no rule, or a rule that cannot
            work or has the code or name of one that is there already.
    """
    file = Path(path)
    shown = printable(str(path))
    if file.suffix != ".py":
        raise UsageError(f"{shown} is no Python file", "name a file that ends in .py")
    try:
        file = file.resolve(strict=True)
        state = file.stat()
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise UsageError(f"{shown} cannot be read: {why}", "check the path") from error
    try:
        module = _run(file, state.st_mtime_ns, state.st_size)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit too: the file may do anything
        why = excerpt(f"{type(error).__name__}: {error}", 200)
        place = shown + _line(error, file)
        raise UsageError(f"{place} does not run: {why}", "mend that file") from error
    return _checked(tuple(_rules_in(module)), shown)


def _checked(rules: tuple[Rule, ...], shown: str) -> tuple[Rule, ...]:
    from evalkit.lint.catalogue import every_rule

    there = every_rule(plugins=False)  # whether those of packages count is for `rules_for` to know
    known = {id(rule) for rule in there}
    rules = tuple(rule for rule in rules if id(rule) not in known)  # imported, not defined
    if not rules:
        raise UsageError(f"{shown} holds no rule", f"decorate a function with `rule`: {_EXAMPLE}")
    for number, rule in enumerate(rules):
        for flaw in flaws(rule):
            raise UsageError(f"{shown}: rule `{rule.name}`: {flaw}", _EXAMPLE)
        if clash := taken(rule, [*there, *rules[:number]]):
            raise UsageError(f"{shown}: {clash[0]}", clash[1])
    return tuple(sorted(rules, key=lambda rule: rule.code))


def rules_of_entry_points(points: Iterable[EntryPoint], ours: Sequence[Rule]) -> list[Rule]:
    """The rules of installed packages; what does not work is left out with one warning.

    An entry point of the group `evalkit.rules` names a rule, a module with rules, or a collection
    of rules.
    """
    found: list[Rule] = []
    for point in points:
        try:
            rules = tuple(_rules_in(loaded(point)))
        except UsageError:  # loaded() has warned
            continue
        except Exception as error:  # noqa: BLE001 - a collection may fail when it is walked
            _warn(point, excerpt(f"{type(error).__name__}: {error}", 200))
            continue
        if not rules:
            _warn(point, "it is no rule and holds none")
        for rule in rules:
            clash = taken(rule, [*ours, *found])
            if flaw := next(iter(flaws(rule)), clash[0] if clash else ""):
                _warn(point, f"rule `{rule.name}`: {flaw}")
            else:
                found.append(rule)
    return found


def _warn(point: EntryPoint, why: str) -> None:
    warnings.warn(f"plug-in {point.value} is left out: {why}", stacklevel=3)


def _rules_in(value: Any) -> Iterator[Rule]:
    """The rules that a value is or holds, each once."""
    if isinstance(value, Rule):
        yield value
        return
    holder = vars(value).values() if isinstance(value, ModuleType) else value
    if isinstance(holder, Iterable) and not isinstance(holder, str | bytes):
        yield from {id(rule): rule for rule in holder if isinstance(rule, Rule)}.values()


def taken(rule: Rule, others: Iterable[Rule]) -> tuple[str, str] | None:
    """Message and hint where another rule has its code or its name already."""
    for other in others:
        if rule.code == other.code:
            said = f"the code {rule.code} of `{rule.name}` is that of `{other.name}`"
            return said, "give it a code of your own, such as ACME001"
        if rule.name == other.name:
            said = f"the name `{rule.name}` of {rule.code} is that of {other.code}"
            return said, "rename the function: the rule's name is made of it"
    return None


def _fields(template: str) -> set[str]:
    """Names of the arguments that a message wants; ValueError where it is no format string."""
    wanted = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
    # What is a word in itself is given in each language: {what} and {what_zh} are one.
    return {re.split(r"[.\[]", name)[0].removesuffix("_zh") for name in wanted}


def flaws(rule: Rule) -> Iterator[str]:
    """What keeps a rule from working, a sentence each."""
    if not _CODE.fullmatch(rule.code):
        yield f"its code is `{rule.code}`, not capital letters and three digits such as ACME001"
    if rule.scope not in SCOPES:
        yield f"its scope is `{rule.scope}`, not one of {', '.join(SCOPES)}"
        return
    wanted: dict[str, set[str]] = {}
    for language, template in rule.messages.items():
        if "\n" in template:
            yield f"its message ({language}) is not one line"
        try:
            wanted[language] = _fields(template)
        except ValueError as error:
            yield f"its message ({language}) is no format string: {error}"
    every = {name for fields in wanted.values() for name in fields}
    if odd := sorted(n for n in every if not all(n in fields for fields in wanted.values())):
        yield f"not all its messages have the fields {', '.join(odd)}"
    try:
        rule.new_states()
    except TypeError as error:
        yield str(error)


@cache
def _run(file: Path, changed: int, size: int) -> ModuleType:
    digest = hashlib.blake2b(f"{file}:{changed}:{size}".encode(), digest_size=6).hexdigest()
    name = _MODULE + digest
    loader = SourceFileLoader(name, str(file))
    spec = spec_from_loader(name, loader)
    assert spec is not None  # noqa: S101 - a loader was given
    module = module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # leave no trace beside it
    try:
        loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    finally:
        sys.dont_write_bytecode = before
    return module


def _line(error: BaseException, file: Path) -> str:
    if isinstance(error, SyntaxError) and error.filename == str(file):
        return f":{error.lineno}"
    line, trace = 0, error.__traceback__  # not the module traceback: its import costs too much
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(file):
            line = trace.tb_lineno
        trace = trace.tb_next
    return f":{line}" if line else ""


def file_of(rule: Rule) -> str:
    """The file of the user's that the rule was loaded from; empty for those of the catalogue."""
    module = rule.function.__module__
    return str(sys.modules[module].__file__) if module.startswith(_MODULE) else ""


def again(name: str, file: str) -> Rule:
    """The rule of that name, in another process: from its file, or from the catalogue."""
    from evalkit.lint.catalogue import rule_named

    if not file:
        return rule_named(name)
    return next(rule for rule in rules_of_file(file) if rule.name == name)
