# SPDX-License-Identifier: Apache-2.0
"""Reads the TOML files of this folder, and those that third parties add by entry points.

An entry point of the group `evalkit.targets` names a TOML file: its object is the path, or a
function without arguments that returns it.
"""

from __future__ import annotations

import re
import tomllib
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from evalkit.core.errors import EvalkitError, UsageError
from evalkit.core.printable import excerpt, printable
from evalkit.core.registry import foreign, loaded, suggestion
from evalkit.targets.card import Answers, HourlyPrice, ModelCard, Price, Target
from evalkit.targets.overrides import Likeness, Overrides, current, overridden
from evalkit.targets.shape import problem
from evalkit.targets.tables import card_of, target_of

__all__ = [
    "Answers",
    "HourlyPrice",
    "ModelCard",
    "Price",
    "Target",
    "base_of",
    "card_of",
    "model_named",
    "target_named",
    "target_names",
    "target_of",
]

_FOLDER = Path(__file__).resolve().parent
_NEAR = 3  # names that are suggested
_FIRST = "openai"  # whose models a bare name means
_TUNED = re.compile(r"ft:(?P<new>[^:]+)(?::.*)?|(?P<legacy>[^:]+):ft-.*")  # of 2023 on; before it
_DATE = re.compile(r"-(?:\d{4}-\d\d-\d\d|\d{4})$")


@cache
def _files() -> Mapping[str, Path]:
    """Name to file of every target that evalkit brings, sorted by name."""
    return {path.stem: path for path in sorted(_FOLDER.glob("*.toml"))}


@cache
def _foreign() -> Mapping[str, Path]:
    found: dict[str, Path] = {}
    for name, point in foreign("targets").items():
        try:
            value = loaded(point)
            found[name] = Path(value() if callable(value) else value)
        except UsageError:  # loaded() has warned
            continue
        except Exception as error:  # noqa: BLE001 - a plug-in may fail in any way; the rest goes on
            why = excerpt(f"{type(error).__name__}: {error}", 200)
            warnings.warn(f"plug-in {point.value} is left out: {why}", stacklevel=2)
    return found


def target_names() -> list[str]:
    """Names of every target, ours and third parties', sorted."""
    return sorted({*_files(), *_foreign()})


def target_named(name: str) -> Target:
    """The target of that name, with what the overrides in use say of its models.

    Raises:
        EvalkitError: The file of a third party is not as it should be.
        UsageError: No such target (the message lists the known ones and a near miss), or an
            override that cannot be understood.
    """
    wanted = name.lower().replace("_", "-")
    if wanted not in _files() and wanted not in _foreign():
        known = target_names()
        raise UsageError(
            f"no target named `{printable(name)}`{suggestion(wanted, known)}",
            f"known: {', '.join(known)}",
        )
    return _target(wanted, _path(wanted), current())


def model_named(name: str) -> ModelCard:
    """The card of a model.

    Accepted: dated and undated names ("gpt-4.1-mini"; the newest is taken), the last part of a path
    ("Llama-3.3-70B-Instruct"), with the target before them ("openai/gpt-4.1-mini",
    "azure/gpt-4.1"), and names of tuned models ("ft:gpt-4o-mini-...", "ada:ft-..."): these give the
    base's card with the price of a tuned model's answers.

    Raises:
        UsageError: Not known; the message lists near names.
    """
    target, wanted = _parted(name)
    tuned = _TUNED.fullmatch(wanted)
    wanted = _untuned(wanted)
    for card in _cards(target):
        if wanted in _names(card.name):
            return replace(card, inference=card.tuned_inference) if tuned else card
    # An owner may be called as a target is: `openai/gpt-oss-20b` is Together's name of it.
    whole = name.strip().lower()
    if there := [card.target for card in _cards("") if target and card.name.lower() == whole]:
        raise UsageError(
            f"no model named `{printable(name)}` is known at {target}",
            f"{' and '.join(there)} has one of that name: {there[0]}/{printable(name.strip())}",
        )
    raise _unknown(name, wanted, [card.name for card in _cards(target)])


def base_of(name: str) -> str:
    """The name of what a tuned model was made of ("ft:gpt-4o-mini-...": gpt-4o-mini), or itself."""
    target, wanted = _parted(name)
    if not _TUNED.fullmatch(wanted):
        return name
    return f"{target}/{_untuned(wanted)}" if target else _untuned(wanted)


def _untuned(wanted: str) -> str:
    tuned = _TUNED.fullmatch(wanted)
    return wanted if tuned is None else tuned["new"] or tuned["legacy"]


def _parted(name: str) -> tuple[str, str]:
    """The target that a name begins with, or "", and the rest in lower case."""
    target, slash, rest = name.strip().partition("/")
    if slash and target.lower() in target_names():
        return target.lower(), rest.lower()
    return "", name.strip().lower()


def _names(name: str) -> tuple[str, ...]:
    """What a model answers to, in lower case: its name, and it without its date or path."""
    whole = name.lower()
    last = whole.rpartition("/")[2]
    return (whole, _DATE.sub("", whole), last)


def _unknown(name: str, wanted: str, names: list[str]) -> UsageError:
    known = list(dict.fromkeys(names))
    short = {form: full for full in known for form in reversed(_names(full))}
    near = get_close_matches(wanted, [*short], n=_NEAR, cutoff=0.5)
    owner, slash, rest = name.strip().partition("/")
    said = f"no model named `{printable(name)}` is known"
    if not known and slash:  # a trainer, which takes any open model
        return UsageError(
            f"{said}: {printable(owner)} has no models on record",
            f"its rules hold for any: --target {printable(owner)}, with --model {printable(rest)} "
            "if another provider has that one, or with --tokenizer FILE; `evalkit models` lists "
            "all that are known",
        )
    lists = "`evalkit models` lists all that are known"
    return UsageError(
        f"{said}{suggestion(wanted, near)}",
        f"near names: {', '.join(near)}; {lists}" if near else lists,
    )


def _cards(target: str) -> Iterator[ModelCard]:
    """Cards of one target, or of all: OpenAI's first, since bare names are mostly theirs."""
    for name in _order(target):
        yield from target_named(name).models.values()


def _order(target: str) -> list[str]:
    return [target] if target else sorted(target_names(), key=lambda n: (n != _FIRST, n))


def _path(name: str) -> Path:
    return _files().get(name) or _foreign()[name]


@lru_cache(maxsize=256)  # overrides go by identity: one set of them a process, but for tests
def _target(name: str, path: Path, overrides: Overrides) -> Target:
    table = _table(path)
    try:
        placed = {key: model for key, (whose, model) in _placed(overrides).items() if whose == name}
        return target_of(name, overridden(name, table, overrides, placed, _likeness(name)))
    except (KeyError, TypeError, ValueError) as error:  # the shape says no more than JSON can
        raise _invalid(path, f"{error!r}") from error


@cache
def _table(path: Path) -> Mapping[str, Any]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise _invalid(path, getattr(error, "strerror", None) or str(error)) from error
    if path.parent != _FOLDER and (wrong := problem(table)):
        raise _invalid(path, wrong)
    return table


def _invalid(path: Path, why: str) -> EvalkitError:
    return EvalkitError(
        f"the target file {printable(str(path))} is not valid: {excerpt(why, 200)}",
        "its shape: evalkit schema target",
    )


@lru_cache(maxsize=16)
def _placed(overrides: Overrides) -> Mapping[str, tuple[str, str]]:
    """Key of each override to the target and the name of the model that it means."""
    return {key: _place(key, overrides.origin) for key in overrides.models}


def _place(key: str, origin: str) -> tuple[str, str]:
    owner, wanted = _parted(key)
    for target in _order(owner):
        for model in _table(_path(target)).get("models", {}):
            if wanted in _names(model):
                return target, model
    if not owner:
        raise UsageError(
            f'{printable(origin)}: [models."{excerpt(key)}"]: whose model is that?',
            f'name its target: [models."openai/{excerpt(key)}"]; '
            f"known: {', '.join(target_names())}",
        )
    return owner, key.strip().partition("/")[2]


def _likeness(target: str) -> Any:
    """Finds what `like` names: of that target first, then of the others."""

    def found(name: str) -> Likeness:
        owner, wanted = _parted(name)
        order = _order(owner) if owner else [target, *(n for n in _order("") if n != target)]
        for one in order:
            table = _table(_path(one))
            for model, entry in table.get("models", {}).items():
                if wanted in _names(model):
                    basis = {key: table[key] for key in ("as_of", "source")}
                    return Likeness(target=one, table=entry, basis=basis)
        names = [model for one in order for model in _table(_path(one)).get("models", {})]
        raise _unknown(name, wanted, names)

    return found
