# SPDX-License-Identifier: Apache-2.0
"""A suite file becomes a Suite: what is asked of whom, and what must hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from evalkit.core.errors import InputError, UsageError
from evalkit.core.printable import excerpt
from evalkit.core.registry import suggestion
from evalkit.data.read import TableOptions
from evalkit.evaluation.forgetting.spec import ForgettingSpec, parse_forgetting
from evalkit.evaluation.gates.sentence import Gate, parse_gate
from evalkit.evaluation.judging.spec import JudgeSpec, parse_judge
from evalkit.evaluation.old_names import metric_name
from evalkit.evaluation.questions import Turns
from evalkit.evaluation.suite_shape import check_shape
from evalkit.evaluation.written_scorers import written_scorers
from evalkit.models.spec import ModelSpec, parse_spec

__all__ = ["SUFFIXES", "Suite", "cut_to", "load_suite", "suite_from"]

SUFFIXES = (".eval.yaml", ".eval.yml", ".eval.json")
_MOST_ALIASES = 20  # aliases of aliases multiply: 20 of them make at most 1,500 out of one
_DEEPEST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """What a suite file says; paths are as written and relative to `folder`.

    Attributes:
        name: Its name.
        folder: Where relative paths start.
        data: The held-out set.
        train: The training set, if named.
        table: How spreadsheets are read.
        task: None = inferred from the data.
        labels: Empty = inferred.
        models: Name to specification, in order.
        compare: Pairs (candidate, base), in order; the first gives the verdict.
        slices: Fields.
        primary: None = by task.
        metrics: Further ones.
        max_tokens: None = by task.
        temperature: Of generation.
        seed: Of generation and of resampling.
        repeats: How often each question is asked, in [1, 100].
        turns: Which assistant messages of a conversation are asked for: "last", "all" or
            "tool-calls".
        confidence: Of intervals.
        limit: Only the first rows.
        partial: The caller cut the rows further than the suite does: the result says so loudly.
        gates: What must hold.
        forgetting: A general set with a margin of its own, where the suite names one.
        baseline: The committed file that gates call `baseline`; None = beside the suite.
        scorers: Scorer's name, with - for _, to what it is and its options, as written.
        judge: Who judges answers, where the suite has a judge.
        positive: The label that stands for "yes"; what is asked of one label is asked of it.
        validation: The set on which a threshold is chosen; never the held-out one.
        threshold: By what it is chosen ("f1", "balanced_accuracy", "accuracy"), or the number
            itself; None = there is none.
        expected: A recording whose answers are the expected ones: FILE or FILE#MODEL.
        digest: blake2b of the file, for the provenance.
    """

    name: str
    folder: Path
    data: str
    models: Mapping[str, ModelSpec]
    train: str | None = None
    table: TableOptions = field(default_factory=TableOptions)
    task: str | None = None
    labels: Sequence[str] = ()
    compare: Sequence[tuple[str, str]] = ()
    slices: Sequence[str] = ()
    primary: str | None = None
    metrics: Sequence[str] = ()
    max_tokens: int | None = None
    temperature: float = 0.0
    seed: int = 0
    repeats: int = 1
    turns: Turns = "last"
    confidence: float = 0.95
    limit: int | None = None
    partial: bool = False
    gates: Sequence[Gate] = ()
    forgetting: ForgettingSpec | None = None
    baseline: str | None = None
    scorers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    judge: JudgeSpec | None = None
    positive: str | None = None
    validation: str | None = None
    threshold: str | float | None = None
    expected: str | None = None
    digest: str = ""


def load_suite(path: str | Path) -> Suite:
    """Read, check and understand a suite file.

    Raises:
        InputError: Missing or unreadable.
        UsageError: A typo or a contradiction; the message names the key and the likely meaning.
    """
    import hashlib

    file = Path(path)
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise InputError(
            f"cannot read the suite {file}: {error.strerror}", "is the path right?"
        ) from error
    document = _yaml(raw, str(file))
    name = file.name
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
    digest = hashlib.blake2b(raw, digest_size=16).hexdigest()
    return suite_from(document, folder=file.parent, name=name, place=str(file), digest=digest)


def cut_to(suite: Suite, limit: int | None) -> Suite:
    """The suite with only its first rows asked, marked as partial; None changes nothing."""
    if limit is None or (suite.limit is not None and limit >= suite.limit):
        return suite
    return replace(suite, limit=limit, partial=True)


def suite_from(
    document: Any, *, folder: Path, name: str, place: str = "the suite", digest: str = ""
) -> Suite:
    """A Suite from its parsed document.

    Raises:
        UsageError: As for `load_suite`.
    """
    check_shape(document, place)
    models = {
        str(key): parse_spec(value, where=f"{place}, model `{key}`")
        for key, value in document["models"].items()
    }
    generate = document.get("generate", {})
    positive = document.get("positive")
    gates = tuple(
        _named(parse_gate(gate, models=list(models), place=where), positive, where)
        for n, gate in enumerate(document.get("gates", ()), 1)
        for where in (f"{place}, gate {n}",)
    )
    compare = _pairs(document.get("compare"), list(models), gates, place)
    return Suite(
        name=document.get("name", name),
        folder=folder,
        data=document["data"],
        train=document.get("train"),
        table=TableOptions(
            columns=document.get("columns", {}),
            sheet=document.get("sheet"),
            encoding=document.get("encoding"),
            system=document.get("system"),
        ),
        task=document.get("task"),
        labels=tuple(document.get("labels", ())),
        models=models,
        compare=compare,
        slices=tuple(document.get("slices", ())),
        primary=_metric(document.get("primary"), positive, place),
        metrics=tuple(
            _metric(name, positive, place) or name for name in document.get("metrics", ())
        ),
        max_tokens=generate.get("max_tokens"),
        temperature=generate.get("temperature", 0.0),
        seed=generate.get("seed", 0),
        repeats=document.get("repeats", 1),
        turns=document.get("turns", "last"),
        confidence=document.get("confidence", 0.95),
        limit=document.get("limit"),
        gates=gates,
        forgetting=parse_forgetting(document.get("forgetting"), compare=compare, place=place),
        baseline=document.get("baseline"),
        judge=parse_judge(document.get("judge"), models=models, place=place),
        scorers=written_scorers(document.get("scorers"), place),
        positive=positive,
        validation=document.get("validation"),
        threshold=document.get("threshold", "f1" if "validation" in document else None),
        expected=document.get("expected"),
        digest=digest,
    )


def _metric(name: str | None, positive: str | None, place: str) -> str | None:
    """The metric's present name; see `old_names`."""
    if name is None:
        return None
    try:
        return metric_name(name, positive=positive)
    except UsageError as error:
        raise UsageError(f"{place}: {error.message}", error.hint) from error


def _named(gate: Gate, positive: str | None, place: str) -> Gate:
    name = _metric(gate.metric, positive, place)
    return gate if name == gate.metric else replace(gate, metric=name)


def _without_days(loader: Any) -> Any:
    """The loader, leaving `2026-11-01` the text that it is in JSON."""
    kept = {
        first: [(tag, known) for tag, known in rules if not tag.endswith(":timestamp")]
        for first, rules in loader.yaml_implicit_resolvers.items()
    }
    return type("_Loader", (loader,), {"yaml_implicit_resolvers": kept})


def _yaml(raw: bytes, place: str) -> Any:
    """Safe loading only, with few aliases (nine levels of them would be a bomb), nothing deep."""
    import yaml

    opening = (
        yaml.FlowSequenceStartToken,
        yaml.FlowMappingStartToken,
        yaml.BlockSequenceStartToken,
        yaml.BlockMappingStartToken,
    )
    closing = (yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken, yaml.BlockEndToken)

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        text = raw.decode("utf-8-sig")
        aliases = depth = 0
        for token in yaml.scan(text, loader):
            aliases += isinstance(token, yaml.AliasToken)
            depth += isinstance(token, opening) - isinstance(token, closing)
            if aliases > _MOST_ALIASES:
                raise UsageError(
                    f"{place}: more than {_MOST_ALIASES} YAML aliases", "write them out"
                )
            if depth > _DEEPEST:
                raise UsageError(f"{place}: nested deeper than {_DEEPEST}", "mend that line")
        return yaml.load(text, _without_days(loader))  # noqa: S506  the loader is a safe one
    except UnicodeDecodeError as error:
        raise UsageError(f"{place}: not UTF-8 at byte {error.start}", "save it as UTF-8") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:  # the last: odd dates, numbers
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or excerpt(str(error), 100)
        raise UsageError(f"{place}{where}: not valid YAML: {problem}", "mend that line") from error


def _pairs(
    written: Sequence[str] | None, models: list[str], gates: Sequence[Gate], place: str
) -> tuple[tuple[str, str], ...]:
    """Who is compared with whom: as written, else as the names and the gates say."""
    if written is not None:
        pairs = []
        for text in written:
            candidate, _, base = text.partition(" vs ")
            for name in (candidate, base):
                if name not in models:
                    raise UsageError(
                        f"{place}: `compare: {text}` names a model `{name}` that the suite has not"
                        f"{suggestion(name, models)}",
                        f"models of the suite: {', '.join(models)}",
                    )
            if candidate == base:
                raise UsageError(
                    f"{place}: `compare: {text}`: a model is not compared with itself",
                    f"models of the suite: {', '.join(models)}",
                )
            pairs.append((candidate, base))
        return tuple(pairs)
    if len(models) < 2:
        return ()
    candidate, base = _first_pair(models, gates)
    others = [name for name in models if name not in (base, candidate)]
    # Every further model (an old one, a classical baseline) is held against the candidate too.
    return ((candidate, base), *((candidate, other) for other in others))


def _first_pair(models: Sequence[str], gates: Sequence[Gate]) -> tuple[str, str]:
    """The comparison that gives the verdict: the one that the first gates are about.

    A page that sets one pair of models in its headline while its gates judge another would say SHIP
    of a model that nobody judged.
    """
    judged = [gate for gate in gates if gate.model in models]
    pair = next(((g.model, g.other) for g in judged if g.other in models), None)
    if "base" in models:
        base = "base"
    elif pair is not None and pair[1] not in (None, "tuned"):
        base = pair[1]
    else:
        base = next(name for name in models if name != "tuned")
    wanted = ("tuned", *(gate.model for gate in judged), *models)
    return next(name for name in wanted if name in models and name != base), base
