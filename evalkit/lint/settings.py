# SPDX-License-Identifier: Apache-2.0
"""What the caller wants of a lint, and what it means for each rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from evalkit.core.errors import UsageError
from evalkit.core.finding import Severity
from evalkit.core.registry import suggestion
from evalkit.core.strings import Language
from evalkit.lint.rule import Rule

if TYPE_CHECKING:
    from evalkit.data.read import TableOptions

__all__ = ["FailOn", "Policy", "Settings", "chosen", "resolve"]

FailOn = Literal["error", "warning", "info", "never"]
_EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to lint.

    Attributes:
        targets: Providers or trainers whose rules apply ("all" = every one); none = the strict
            common core.
        model: The model to train: its encoding and limits.
        select: Names, codes, code prefixes, "ALL" or "default".
        ignore: Likewise, taken away.
        severity: Rule name to "error", "warning", "info" or "off"; stands above the targets'.
        options: Rule name to its options; stand above the targets' limits.
        method: "sft", "preference" or "rft"; None = from each row's format.
        against: Held-out files: the linted ones are checked for their prompts.
        table: How to read tables; None = as they are found.
        language: Of the messages.
        fail_on: The least severity that makes the exit code 1.
        benchmarks: Files of public or private benchmarks that must not stand in the training data.
        today: For rules that know dates; None = they say nothing.
        per_file_ignores: (glob of paths, selectors) pairs; those rules are off in those files.
        extra_rules: Rules beside the catalogue's, from a file of the user's.
        plugins: Whether rules of installed plug-ins count.
        limit: Look at the first so many examples of each file; None = all.
        sample: Look at so many examples of each file, drawn at random; None = all.
        seed: Of the sample.
        jobs: Processes to use.
        tokens: Count the tokens of every example, not only where a rule needs it.
        keep: Findings of each rule and file to keep (the rest is counted); None = all.
        max_line_bytes: A longer line is one broken record; None = 16 MiB.
        spill_dir: Where state goes that memory has no room for; None = the temporary folder.
    """

    targets: tuple[str, ...] = ()
    model: str | None = None
    select: tuple[str, ...] = ("default",)
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: _EMPTY)
    method: str | None = None
    against: tuple[str, ...] = ()
    table: TableOptions | None = None
    language: Language = "en"
    fail_on: FailOn = "error"
    benchmarks: tuple[str, ...] = ()
    today: date | None = None
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    extra_rules: tuple[Rule, ...] = ()
    plugins: bool = True
    limit: int | None = None
    sample: int | None = None
    seed: int = 0
    jobs: int = 1
    tokens: bool = False
    keep: int | None = None
    max_line_bytes: int | None = None
    spill_dir: str | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules that run, each with its severity and options.

    Attributes:
        rules: In the order of their codes.
        severity: Rule name to severity.
        options: Rule name to the keyword arguments of its function.
        encoding: For counting tokens.
        method: As in `Settings`.
    """

    rules: tuple[Rule, ...]
    severity: Mapping[str, Severity]
    options: Mapping[str, Mapping[str, Any]]
    encoding: str
    method: str | None


def chosen(rules: Iterable[Rule], words: Iterable[str]) -> set[str]:
    """Names of the rules that some selectors mean: names, codes, code prefixes, ALL, default.

    Raises:
        UsageError: A word means no rule.
    """
    known = list(rules)
    names: set[str] = set()
    for word in words:
        if word == "default":
            names |= {rule.name for rule in known if rule.default}
        elif word == "ALL":
            names |= {rule.name for rule in known}
        else:
            found = {r.name for r in known if word in (r.name, r.code, *r.aliases)}
            if not found and word.isalnum() and word[:1].isupper():
                found = {r.name for r in known if r.code.startswith(word)}
            if not found:
                everything = [r.name for r in known] + [r.code for r in known]
                raise UsageError(
                    f"no rule is named `{word}`{suggestion(word, everything)}",
                    "`evalkit rule --all` lists them; ENC and the like, ALL and default work too",
                )
            names |= found
    return names


def resolve(settings: Settings, rules: Iterable[Rule]) -> Policy:
    """What the settings, the targets and the model mean for each of these rules.

    Several targets: the most severe of what they say, and the strictest limit (the most of
    `min_...`, the least of everything else).

    Raises:
        UsageError: An unknown rule, target, model or severity.
    """
    known = sorted(rules, key=lambda rule: rule.code)
    targets, limits, encoding = _given(settings)
    selected = chosen(known, settings.select)
    named = {w for w in settings.select if w not in ("default", "ALL")}
    unwanted = chosen(known, settings.ignore)
    chosen(known, [*settings.severity, *settings.options])  # unknown names are errors
    severity: dict[str, Severity] = {}
    for one in known:
        words = [target[one.name] for target in targets if one.name in target]
        level = _strictest(one, words, silent=len(words) < len(targets))
        if {one.name, one.code} & named and level is None:
            level = one.severity
        if one.name in settings.severity:
            level = _level(settings.severity[one.name])
        wanted = one.name in selected or ("default" in settings.select and bool(words))
        if wanted and level is not None and one.name not in unwanted:
            severity[one.name] = level
    running = tuple(one for one in known if one.name in severity)
    return Policy(
        rules=running,
        severity=severity,
        options={
            one.name: {
                **one.options,
                **{name: limits[name] for name in one.options if name in limits},
                **settings.options.get(one.name, {}),
            }
            for one in running
        },
        encoding=encoding,
        method=settings.method,
    )


def _strictest(rule: Rule, words: list[str], *, silent: bool) -> Severity | None:
    levels = [_level(word) for word in words]
    if not words or (silent and rule.default):
        levels.append(rule.severity)  # targets that say nothing leave the rule as it is
    said = [level for level in levels if level is not None]
    return max(said) if said else None


def _level(word: str) -> Severity | None:
    if word == "off":
        return None
    try:
        return Severity[word.upper()]
    except KeyError:
        raise UsageError(f"`{word}` is no severity", "known: error, warning, info, off") from None


def _given(settings: Settings) -> tuple[list[Mapping[str, str]], dict[str, Any], str]:
    """Severities of each target, the limits of all with the model's, and the encoding."""
    severities: list[Mapping[str, str]] = []
    limits: dict[str, Any] = {}
    encoding = "o200k_base"
    if settings.targets:
        from evalkit.targets.load import target_named, target_names

        wanted = target_names() if "all" in settings.targets else settings.targets
        for name in wanted:
            target = target_named(name)
            severities.append(target.severity)
            for key, value in target.limits.items():
                pick = max if key.startswith("min_") else min
                limits[key] = pick(limits[key], value) if key in limits else value
    if settings.model is not None:
        from evalkit.targets.load import model_named

        card = model_named(settings.model)
        encoding = card.encoding or encoding
        if limit := card.training_limit or card.context:
            limits["training_limit"] = limit
    return severities, limits, encoding
