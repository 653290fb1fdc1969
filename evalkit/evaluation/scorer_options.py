# SPDX-License-Identifier: Apache-2.0
"""What a suite says of its scorers, checked before anything is asked.

Known ones take options by their name (`label: {synonyms: {…}}`); another name may stand for one
(`strict_match: {use: exact, normal: strict}`), for a function of the user's own
(`polite: python:checks.py:polite`) or for an OpenAI grader object (`tidy: {grader: tidy.json}`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.example import canonical
from evalkit.core.printable import excerpt
from evalkit.core.python_file import function_named
from evalkit.core.registry import find, names, suggestion
from evalkit.core.scale import Scale, scale_of
from evalkit.evaluation._option_values import checked_value, hashed, json_document
from evalkit.evaluation.suite import Suite
from evalkit.models._model_spec import ModelSpec
from evalkit.models.spec import parse_spec
from evalkit.scorers._grader import grader_scorer
from evalkit.scorers._options import check_options

__all__ = ["GIVEN", "BoundScorer", "bound_scorer", "bound_scorers"]

GIVEN = ("reply", "expected", "expected_calls", "example", "labels", "question", "ask")
"""What the engine gives a scorer, by name."""

_OWN = ("use", "grader", "ask", "unit", "better")
_FILES = ("schema",)  # options that may name a JSON file
_FOLDERS = ("model",)  # options that may name a folder


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundScorer:
    """A scorer with its options, ready to be called with what it wants.

    Attributes:
        name: As in the suite, with - for _.
        use: The known scorer, "python:FILE:FUNCTION" or "grader:TYPE".
        score: Takes `wants` by name; returns a Score, or for functions of the user's own a number,
            truth value or mapping too.
        wants: Those of `GIVEN` that it is called with.
        scale: What its numbers mean.
        options: As the suite gives them.
        signature: What beside its name changes its numbers: options, hash of code or of a file.
        own: Code of the user's own, which may raise anything and return anything.
        model: Whom it asks, for graders that ask.
    """

    name: str
    use: str
    score: Callable[..., Any]
    wants: tuple[str, ...]
    scale: Scale
    options: Mapping[str, Any] = field(default_factory=dict)
    signature: str = ""
    own: bool = False
    model: ModelSpec | None = None

    @property
    def binary(self) -> bool:
        """Whether every known value is 0 or 1."""
        return self.scale.binary


def bound_scorers(suite: Suite) -> dict[str, BoundScorer]:
    """The scorers that the suite says something of, by name, checked.

    Raises:
        UsageError: An unknown scorer or option, a value of the wrong kind, no such function.
        InputError: A file that cannot be read or imported.
    """
    found = {name: _bound(name, written, suite.folder) for name, written in suite.scorers.items()}
    _labelled(suite, found)
    told = suite.scorers.get("label", {})
    if "synonyms" in told and "label-logprob" not in found and "use" not in told:
        # However labels are read, the same words mean the same label.
        same = {"synonyms": told["synonyms"]}
        found["label-logprob"] = _bound("label-logprob", same, suite.folder)
    return found


def _labelled(suite: Suite, found: Mapping[str, BoundScorer]) -> None:
    """Who reads labels must be given some: in another task it scores nothing, without a word."""
    if suite.task in (None, "classification"):
        return
    named = {name.replace("_", "-") for name in (*suite.metrics, suite.primary or "")}
    asked = [name for name, one in found.items() if "labels" in one.wants and not one.own]
    for name in (*asked, *(one for one in ("label", "label-logprob") if one in named)):
        raise UsageError(
            f"the scorer `{name}` reads labels, and the suite's task is {suite.task}",
            "write task: classification, with labels: [...], or leave the scorer out",
        )


def bound_scorer(name: str, bound: Mapping[str, BoundScorer] | None = None) -> BoundScorer:
    """A scorer of the suite, else a known one with its defaults.

    Raises:
        UsageError: No such scorer, or one that needs an option.
    """
    plain = name.replace("_", "-")
    return (bound or {}).get(plain) or _default(plain)


@cache
def _default(name: str) -> BoundScorer:
    return _bound(name, {}, Path())


def _bound(name: str, written: Mapping[str, Any], folder: Path) -> BoundScorer:
    where = f"the scorer `{excerpt(name)}`"
    if name in names("metrics") and name not in names("scorers"):
        raise UsageError(f"{where} has the name of a metric", "give it another name")
    if "use" in written and "grader" in written:
        raise UsageError(f"{where} has both `use` and `grader`", "leave one of them out")
    if "grader" in written:
        made = _graded(name, written, folder, where)
    else:
        made = _called(name, written, folder, where)
    scale = made.scale
    if "unit" in written:
        scale = replace(scale, unit=str(written["unit"]))
    if "better" in written:
        scale = replace(scale, better=written["better"])
    return replace(made, scale=scale)


def _graded(name: str, written: Mapping[str, Any], folder: Path, where: str) -> BoundScorer:
    _known_keys(written, (), where)
    document = json_document(written["grader"], folder, f"{where}, grader")
    grader = grader_scorer(document, where)
    model = None
    if grader.model is not None:
        theirs = grader.model if "/" in grader.model else f"openai/{grader.model}"
        use = written.get("ask") or theirs
        model = parse_spec(use, where=f"{where}, ask")
    elif "ask" in written:
        raise UsageError(f"{where} asks no model", "leave `ask` out")
    digest = hashed(canonical(document))
    who = f",ask:{model.use}" if model is not None else ""
    return BoundScorer(
        name=name,
        use=f"grader:{document['type']}",
        score=grader.score,
        wants=_wants(grader.score),
        scale=grader.scale,
        signature=f"{document['type']}:{digest}{who}",
        model=model,
    )


def _called(name: str, written: Mapping[str, Any], folder: Path, where: str) -> BoundScorer:
    use = str(written.get("use", name))
    digest = ""
    if use.startswith("python:"):
        function, digest = function_named(use.removeprefix("python:"), folder)
    else:
        use = use.replace("_", "-")
        if use not in names("scorers"):
            raise UsageError(
                f"no scorer named `{excerpt(use)}`{suggestion(use, names('scorers'))}",
                f"known: {', '.join(names('scorers'))}; your own: python:checks.py:FUNCTION",
            )
        function = find("scorers", use)
    options = _options(function, written, folder, where)
    wants = _wants(function)
    _askable(function, wants, where)
    _ordinary(function, where)
    asks = written.get("ask")
    if (asks is not None) != ("ask" in wants):
        raise UsageError(
            f"{where} {'asks no model' if asks is not None else 'asks a model and none is named'}",
            "leave `ask` out" if asks is not None else "name it: ask: openai/gpt-4.1-mini",
        )
    shown = [  # a folder as it is written: the same on every machine
        f"{key}:{hashed(canonical(value)) if key in _FILES else written[key]}"
        for key, value in sorted(options.items())
    ]
    told = [use] if use != name else []
    return BoundScorer(
        name=name,
        use=use,
        score=partial(function, **options) if options else function,
        wants=wants,
        scale=scale_of(function),
        options=options,
        signature=",".join([*told, *([digest[:12]] if digest else []), *shown]),
        own=use.startswith("python:"),
        model=parse_spec(asks, where=f"{where}, ask") if asks is not None else None,
    )


def _options(
    function: Callable[..., Any], written: Mapping[str, Any], folder: Path, where: str
) -> dict[str, Any]:
    """The options, each of the kind that the scorer's signature says."""
    parameters = inspect.signature(function).parameters.values()
    known = {p.name: p for p in parameters if p.kind is p.KEYWORD_ONLY}
    _known_keys(written, tuple(known), where)
    options = {}
    for key, value in written.items():
        if key in _OWN:
            continue
        meant = value
        if key in _FILES and isinstance(value, str):
            meant = json_document(value, folder, f"{where}, {key}")
        elif key in _FOLDERS and isinstance(value, str) and (folder / value).is_dir():
            meant = str(folder / value)
        options[key] = checked_value(function, key, meant, where)
    check_options(function, options, where)
    absent = [p.name for p in known.values() if p.default is p.empty and p.name not in options]
    if absent:
        raise UsageError(
            f"{where} needs the option `{absent[0]}`",
            f"in the suite: scorers: {{{excerpt(str(written.get('use', where.split('`')[1])))}: "
            f"{{{absent[0]}: …}}}}",
        )
    return options


def _known_keys(written: Mapping[str, Any], options: Sequence[str], where: str) -> None:
    for key in written:
        if key not in (*_OWN, *options):
            raise UsageError(
                f"{where} has no option `{excerpt(str(key))}`{suggestion(str(key), list(options))}",
                f"options: {', '.join(options) or 'none'}",
            )


def _wants(function: Callable[..., Any]) -> tuple[str, ...]:
    """The arguments that the engine gives: those before its `*`."""
    parameters = inspect.signature(function).parameters.values()
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return tuple(
        p.name for p in parameters if p.kind in kinds and (p.name in GIVEN or p.default is p.empty)
    )


def _ordinary(function: Callable[..., Any], where: str) -> None:
    """Nobody awaits a score: what a coroutine would return never comes."""
    for called in (function, getattr(function, "__call__", None)):  # noqa: B004  or an object's
        if inspect.iscoroutinefunction(called) or inspect.isasyncgenfunction(called):
            raise UsageError(
                f"{where} is an `async def`, which scorers cannot be",
                "write `def`; to ask a model take the parameter `ask`: it waits for the answer",
            )


def _askable(function: Callable[..., Any], wants: Sequence[str], where: str) -> None:
    parameters = inspect.signature(function).parameters
    for name in wants:
        if name not in GIVEN or parameters[name].kind is inspect.Parameter.POSITIONAL_ONLY:
            raise UsageError(
                f"{where} wants `{excerpt(name)}`, which nobody gives",
                f"it may take: {', '.join(GIVEN)}; options stand after a `*`",
            )
