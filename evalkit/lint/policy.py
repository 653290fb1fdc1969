# SPDX-License-Identifier: Apache-2.0
"""What the settings mean for each rule: whether it runs, how severe it is, with which options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.finding import Severity
from evalkit.core.registry import suggestion
from evalkit.lint.rule import Rule
from evalkit.lint.settings import Settings

__all__ = ["Policy", "Run", "chosen", "resolve"]


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A rule that runs, with the options of those that want them so.

    Attributes:
        rule: The rule.
        severity: Of its findings.
        options: Keyword arguments of its function.
        targets: Where each target is judged for itself: those it runs for, with their severities.
    """

    rule: Rule
    severity: Severity
    options: Mapping[str, Any]
    targets: Mapping[str, Severity] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything that runs.

    Attributes:
        runs: In the order of the codes; a rule stands there once for each set of options.
        encoding: For counting tokens.
        method: As in `Settings`.
        tokens: Whether the tokens of every example are counted.
    """

    runs: tuple[Run, ...]
    encoding: str
    method: str | None
    tokens: bool = False

    def of(self, name: str) -> Run | None:
        """The first run of the rule of that name."""
        return next((run for run in self.runs if run.rule.name == name), None)

    def for_file(self, path: str, settings: Settings) -> Policy:
        """The policy without the rules that the settings switch off for this file."""
        unwanted: set[str] = set()
        shown = path.replace("\\", "/")
        for glob, words in settings.per_file_ignores:
            if fnmatchcase(shown, glob) or fnmatchcase(shown, f"*/{glob}"):
                unwanted |= chosen([run.rule for run in self.runs], words, known_only=True)
        if not unwanted:
            return self
        return replace(self, runs=tuple(r for r in self.runs if r.rule.name not in unwanted))


def chosen(rules: Iterable[Rule], words: Iterable[str], *, known_only: bool = False) -> set[str]:
    """Names of the rules that some selectors mean: names, codes, prefixes, aliases, ALL, default.

    Args:
        rules: To choose from.
        words: The selectors.
        known_only: Pass over words that mean none of these rules.

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
            if not found and not known_only:
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
    `min_...`, the least of every other number, what all of them accept). With "all" among them
    each target is judged for itself.

    Raises:
        UsageError: An unknown rule, target, model or severity.
    """
    known = sorted(rules, key=lambda rule: rule.code)
    for _, words in settings.per_file_ignores:
        chosen(known, words)
    if "all" not in settings.targets:
        return _resolve(settings, known)
    from evalkit.targets.load import target_names

    policies = {
        name: _resolve(replace(settings, targets=(name,)), known) for name in target_names()
    }
    together: dict[tuple[str, str], Run] = {}
    for name, policy in policies.items():
        for run in policy.runs:
            key = (run.rule.name, repr(sorted(run.options.items())))
            there = together.get(key, run)
            together[key] = replace(
                there,
                severity=max(there.severity, run.severity),
                targets={**there.targets, name: run.severity},
            )
    runs = sorted(together.values(), key=lambda run: run.rule.code)
    encoding = next(iter(policies.values())).encoding
    return Policy(tuple(runs), encoding, settings.method, settings.tokens)


def _resolve(settings: Settings, known: Sequence[Rule]) -> Policy:
    targets, limits, encoding = _given(settings)
    selected = chosen(known, settings.select)
    named = {w for w in settings.select if w not in ("default", "ALL")}
    unwanted = chosen(known, settings.ignore)
    chosen(known, [*settings.severity, *settings.options])  # unknown names are errors
    runs = []
    for one in known:
        words = [target[one.name] for target in targets if one.name in target]
        level = _strictest(one, words, silent=len(words) < len(targets))
        if {one.name, one.code} & named and level is None:
            level = one.severity
        if one.name in settings.severity:
            level = severity_named(settings.severity[one.name])
        wanted = one.name in selected or ("default" in settings.select and bool({*words} - {"off"}))
        if wanted and level is not None and one.name not in unwanted:
            options = {
                **one.options,
                **{name: limits[name] for name in one.options if name in limits},
                **settings.options.get(one.name, {}),
            }
            runs.append(Run(one, level, options))
    return Policy(tuple(runs), encoding, settings.method, settings.tokens)


def _strictest(rule: Rule, words: list[str], *, silent: bool) -> Severity | None:
    levels = [severity_named(word) for word in words]
    if not words or (silent and rule.default):
        levels.append(rule.severity)  # targets that say nothing leave the rule as it is
    said = [level for level in levels if level is not None]
    return max(said) if said else None


def severity_named(word: str) -> Severity | None:
    """The severity that a word means, None for "off".

    Raises:
        UsageError: It means none.
    """
    if word == "off":
        return None
    try:
        return Severity[word.upper()]
    except KeyError:
        raise UsageError(f"`{word}` is no severity", "known: error, warning, info, off") from None


def _given(settings: Settings) -> tuple[list[Mapping[str, str]], dict[str, Any], str]:
    """Severities of each target, the limits of all with the model's, and the encoding."""
    severities: list[Mapping[str, str]] = []
    limits: dict[str, Any] = {
        "today": settings.today,
        "wanted_method": settings.method or "",
        "targeted": bool(settings.targets),
    }
    encoding = "o200k_base"
    if settings.targets:
        from evalkit.targets.load import target_named

        for name in settings.targets:
            target = target_named(name)
            severities.append(target.severity)
            formats = tuple(target.formats)
            known = limits.get("target_formats", formats)
            limits["target_formats"] = tuple(name for name in known if name in formats)
            for key, value in target.limits.items():
                limits[key] = _stricter(key, limits[key], value) if key in limits else value
            if target.last_training is not None and settings.model is None:
                limits |= {
                    "last_training": target.last_training,
                    "model_name": target.title,
                    "whole_target": True,
                }
        for key in [key for key in limits if key.startswith("accepted_")]:
            if any(key not in target_named(name).limits for name in settings.targets):
                del limits[key]  # one of them accepts nothing more
    if settings.model is not None:
        from evalkit.targets.load import model_named

        card = model_named(settings.model)
        encoding = card.encoding or encoding
        if limit := card.training_limit or card.context:
            limits["training_limit"] = limit
        limits |= {
            "retires": card.retires,
            "last_training": card.last_training,
            "model_name": card.name,
        }
    return severities, limits, encoding


def _stricter(key: str, one: Any, other: Any) -> Any:
    if isinstance(one, int) and isinstance(other, int):
        return max(one, other) if key.startswith("min_") else min(one, other)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        if key.startswith("refused_"):
            return tuple(dict.fromkeys([*one, *other]))
        if key.startswith("refused_"):
            return tuple(dict.fromkeys([*one, *other]))
        return tuple(item for item in one if item in other)
    return one  # patterns cannot be joined: the first target's
