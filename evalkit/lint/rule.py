# SPDX-License-Identifier: Apache-2.0
"""What a rule is: a function that sees one thing, with its code, words and page."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from textwrap import dedent
from typing import Any, Literal

from evalkit.core import accumulators
from evalkit.core.finding import Fault, Safety, Severity

__all__ = ["SCOPES", "Page", "Rule", "Scope", "rule"]

Scope = Literal["bytes", "shape", "example", "tokens", "file", "corpus"]
SCOPES: tuple[Scope, ...] = ("bytes", "shape", "example", "tokens", "file", "corpus")

# What the engine gives by name; every other parameter is an accumulator.
_GIVEN = frozenset({"example", "violation", "tokens", "file", "held_out", "benchmarks"})
Page = Mapping[str, str]  # heading -> text, in the order of the docstring


class Rule:
    """One rule; what the decorator `rule` makes of a function.

    Attributes:
        code: Such as "ROL001".
        name: Such as "missing-assistant-message": the function's, with hyphens.
        family: Folder of its file, such as "roles".
        scope: When it is asked. "bytes": each record, broken ones too. "shape": each violation of
            the format's schema that names it. From "example" on: valid examples only. "tokens":
            with their count. "file" and "corpus": state over all, then `finish`.
        severity: Where no target says otherwise.
        default: Whether it is on unless selected; a target that gives it a severity turns it on.
        methods: Training methods that it applies to; empty = all.
        fix: The safety of its fixes, None where it has none.
        needles: Bytes of which one must stand in `Example.scanned`, else the example is skipped (a
            proven superset of what the rule finds).
        broken_only: Asked about records that could not be read, and no others (scope "bytes").
        only_with: A field of the example ("cells", "repeated_keys") or an option without which it
            has nothing to say; it is not asked then.
        turns_only: Its verdict depends on `Example.turns` alone: a sequence of turns that it found
            nothing in is not asked about again.
        aliases: Other names that select it, such as those of the cookbook's check script.
        messages: Language to template; fields are the fault's arguments.
        function: Asked for each example or violation; for file rules that want none, at the end.
        finisher: For rules with state: asked once at the end.
        options: Keyword-only parameters; targets, models and settings fill them.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        code: str,
        scope: Scope,
        severity: Severity,
        default: bool,
        methods: tuple[str, ...],
        fix: Safety | None,
        needles: tuple[bytes, ...],
        turns_only: bool,
        broken_only: bool,
        only_with: str,
        aliases: tuple[str, ...],
        messages: Mapping[str, str],
    ) -> None:
        self.code = code
        self.scope = scope
        self.severity = severity
        self.default = default
        self.methods = frozenset(methods)
        self.fix = fix
        self.needles = needles
        self.turns_only = turns_only
        self.broken_only = broken_only
        self.only_with = only_with
        self.aliases = aliases
        self.messages = messages
        self.function = function
        self.finisher: Callable[..., Iterator[Fault]] | None = None
        self.name = function.__name__.replace("_", "-")
        self.family = function.__module__.split(".")[-2] if "." in function.__module__ else ""
        self.wants = _parameters(function)
        self.finisher_wants: tuple[str, ...] = ()
        self.options: dict[str, Any] = dict(function.__kwdefaults__ or {})
        if scope in ("bytes", "example") and self.wants[:1] != ("example",):
            raise TypeError(f"{self.name}: the first parameter of a {scope} rule is `example`")

    def __reduce__(self) -> tuple[Callable[[str, str], Rule], tuple[str, str]]:
        from evalkit.lint.plugins import again, file_of  # the other way round it imports this

        return again, (self.name, file_of(self))  # to processes that share the work

    def __repr__(self) -> str:
        return f"<rule {self.code} {self.name}>"

    def finish(self, function: Callable[..., Iterator[Fault]]) -> Callable[..., Iterator[Fault]]:
        """Decorator: what the rule reports when every example has been seen."""
        self.finisher = function
        self.finisher_wants = _parameters(function)
        self.options |= function.__kwdefaults__ or {}
        return function

    @property
    def per_example(self) -> bool:
        """Whether it wants to see each example (a file rule may look at the file alone)."""
        return self.wants[:1] == ("example",)

    def is_for(self, method: str | None) -> bool:
        """Whether it applies to examples of a training method."""
        return not self.methods or method in self.methods

    def new_states(self) -> dict[str, accumulators.Accumulator]:
        """Fresh accumulators by the name of the parameter that asks for them."""
        wanted = dict.fromkeys(self.wants, self.function)
        if self.finisher is not None:
            wanted |= {n: self.finisher for n in self.finisher_wants if n not in wanted}
        return {
            name: _accumulator(function, name)()
            for name, function in wanted.items()
            if name not in _GIVEN
        }

    @property
    def page(self) -> Page:
        """The docstring by headings: What it does, Why is this bad?, Example, and so on."""
        sections: dict[str, str] = {}
        heading = ""
        for line in _docstring(self.function).splitlines():
            if line.startswith("## "):
                heading = line[3:].strip()
                sections[heading] = ""
            elif heading:
                sections[heading] += line + "\n"
        return {heading: text.strip("\n") for heading, text in sections.items()}

    @property
    def summary(self) -> str:
        """What it does, in one line."""
        return " ".join(self.page.get("What it does", "").split())


def rule(
    code: str,
    *,
    scope: Scope,
    en: str,
    zh: str,
    severity: Literal["error", "warning", "info"] = "error",
    default: bool = True,
    methods: tuple[str, ...] = (),
    fix: Safety | None = None,
    needles: tuple[bytes, ...] = (),
    turns_only: bool = False,
    broken_only: bool = False,
    only_with: str = "",
    aliases: tuple[str, ...] = (),
) -> Callable[[Callable[..., Any]], Rule]:
    """Make a rule of a function.

    The function's parameters before `*` are given by the engine, by name: `example`, `violation`
    (scope shape), `tokens` (scope tokens), `file` (facts of the file, at the end), `held_out` and
    `benchmarks` (sources of these kinds, at the end of a corpus), and accumulators by annotation.
    Those after `*` are options.
    """

    def made(function: Callable[..., Any]) -> Rule:
        return Rule(
            function,
            code=code,
            scope=scope,
            severity=Severity[severity.upper()],
            default=default,
            methods=methods,
            fix=fix,
            needles=needles,
            turns_only=turns_only,
            broken_only=broken_only,
            only_with=only_with,
            aliases=aliases,
            messages={"en": en, "zh": zh},
        )

    return made


def _parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    code = function.__code__  # inspect.signature would resolve what we do not need
    return code.co_varnames[: code.co_argcount]


def _accumulator(function: Callable[..., Any], name: str) -> Any:
    annotation = function.__annotations__.get(name, "")
    if not isinstance(annotation, str):
        return getattr(annotation, "__origin__", annotation)
    bare = annotation.partition("[")[0]
    found = getattr(accumulators, bare, None) or function.__globals__.get(bare)
    if found is None:
        raise TypeError(f"{function.__name__}: nothing gives the parameter `{name}: {annotation}`")
    return found


def _docstring(function: Callable[..., Any]) -> str:
    doc = function.__doc__ or ""
    if sys.version_info >= (3, 13):
        return doc  # the compiler has taken the indentation away
    first, newline, rest = doc.partition("\n")
    return first.strip() + newline + dedent(rest)
