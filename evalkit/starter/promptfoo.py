# SPDX-License-Identifier: Apache-2.0
"""promptfooconfig.yaml makes suites: one for each prompt, since here only the models differ.

Read in promptfoo's documentation and examples (0.12x, 2026-11). Templates are filled by plain
replacement; nothing of a configuration is run: code, transforms and providers that are programs are
named as not carried. Files are read only below the folder of the configuration.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.core.printable import excerpt
from evalkit.starter._promptfoo_asserts import Checks
from evalkit.starter._promptfoo_files import Files
from evalkit.starter._promptfoo_models import models_of
from evalkit.starter.carried import NO_ANSWER, Carried, Left, safe_name

__all__ = ["carried_promptfoo", "is_promptfoo"]

_MOST_PROMPTS = 5
_MOST_ROWS = 10_000
_PLACE = re.compile(r"\{\{-?\s*([A-Za-z_]\w*(?:\.\w+)*)\s*-?\}\}")
_ROLES = ("system", "developer", "user", "assistant")
_KNOWN = ("description", "prompts", "providers", "targets", "tests", "defaultTest", "$schema")


def is_promptfoo(value: Any) -> bool:
    """Whether it is a configuration of promptfoo."""
    return (
        isinstance(value, Mapping)
        and "prompts" in value
        and bool({"providers", "targets", "tests"} & value.keys())
    )


def carried_promptfoo(path: Path, value: Mapping[str, Any]) -> Iterator[Carried]:
    """A suite for each prompt of a configuration."""
    for_all = Left()
    files = Files(path.parent, for_all)
    for key in value:
        if key not in _KNOWN:
            for_all.add(f"`{excerpt(str(key), 40)}` of the configuration")
    models, generate = models_of(value.get("providers", value.get("targets")), for_all)
    tests = list(_tests(value, files, for_all))
    checks = Checks(for_all)
    cases = []
    for test in tests:
        expected, item = checks.of(test.get("assert") or ())
        cases += [(one, expected, item) for one in _spread(test["vars"], for_all)]
    prompts = [
        one for prompt in _listed(value.get("prompts")) for one in _prompts(prompt, files, for_all)
    ]
    for turns in prompts[_MOST_PROMPTS:]:
        for_all.add(f"prompt `{excerpt(turns[-1]['content'], 60)}`: {_MOST_PROMPTS} are a start")
    taken: list[str] = []
    stem = "promptfoo" if path.stem in ("promptfooconfig", "config") else path.stem
    for turns in prompts[:_MOST_PROMPTS]:
        left = Left(dict(for_all.things))
        name = safe_name(stem, taken)
        taken.append(name)
        rows = [row for case in cases if (row := _row(turns, *case, left)) is not None]
        yield Carried(
            name=name,
            source=path.name,
            rows=rows[:_MOST_ROWS],
            models=models or {"model": "openai/gpt-4.1-mini"},
            scorers=checks.scorers(),
            metrics=checks.metrics(),
            generate=generate,
            left=left,
        )
    if not prompts:
        yield Carried(name=stem, source=path.name, rows=(), models=models, left=for_all)


def _listed(value: Any) -> Sequence[Any]:
    if value is None:
        return ()
    if isinstance(value, Mapping):  # file to label, as it was once written
        return list(value)
    return value if isinstance(value, list) else [value]


def _prompts(prompt: Any, files: Files, left: Left) -> Iterator[list[dict[str, str]]]:
    """The prompts that one entry means, each as turns with places to fill."""
    if isinstance(prompt, Mapping):
        prompt = prompt.get("raw") or prompt.get("id")
    if not isinstance(prompt, str) or not prompt.strip():
        left.add("a prompt that is no text")
        return
    named = prompt.startswith("file://") or (
        "\n" not in prompt and re.fullmatch(r"[\w./\\ -]+\.(txt|md|json|ya?ml)", prompt) is not None
    )
    if not named:
        yield from _turned(prompt, left)
        return
    for text in files.prompts(prompt.removeprefix("file://")):
        yield from _turned(text, left)


def _turned(text: str, left: Left) -> Iterator[list[dict[str, str]]]:
    shown = excerpt(" ".join(text.split()), 60)
    bare = _PLACE.sub("", text)
    if "{%" in bare or "{#" in bare or "{{" in bare:
        left.add(f"prompt `{shown}`: its template does more than name variables")
        return
    value = _chat(text)
    if value is None:
        yield [{"role": "user", "content": text.strip()}]
        return
    turns = [
        {"role": str(turn["role"]), "content": turn["content"]}
        for turn in value
        if isinstance(turn, Mapping)
        and turn.get("role") in _ROLES
        and isinstance(turn.get("content"), str)
    ]
    if len(turns) != len(value) or not turns:
        left.add(f"prompt `{shown}`: turns that are no text")
        return
    yield turns


def _chat(text: str) -> list[Any] | None:
    """The messages that a prompt of JSON or YAML holds; None = it is a text."""
    start = text.lstrip()[:1]
    if start == "[":
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, list) and value else None
    if text.lstrip().startswith("- role:"):
        from evalkit.starter.documents import yaml_of

        value = yaml_of(text)
        return value if isinstance(value, list) and value else None
    return None


def _tests(value: Mapping[str, Any], files: Files, left: Left) -> Iterator[dict[str, Any]]:
    """Every test with its variables and its assertions, those of `defaultTest` among them."""
    default = value.get("defaultTest")
    default = default if isinstance(default, Mapping) else {}
    for key in default.keys() - {"vars", "assert", "description"}:
        left.add(f"`{excerpt(str(key), 40)}` of defaultTest")
    before = _assertions(default)
    whole = value.get("tests")
    tests = _listed(whole) if not isinstance(whole, Mapping) else [whole]
    found = False
    for entry in tests:
        several = files.tests(entry) if isinstance(entry, str) else [entry]
        for test in several:
            if not isinstance(test, Mapping):
                left.add("a test that is no mapping")
                continue
            found = True
            for key in test.keys() - {"vars", "assert", "description"}:
                left.add(f"`{excerpt(str(key), 40)}` of tests")
            told = {**_variables(default, files), **_variables(test, files)}
            yield {"vars": told, "assert": [*_assertions(test), *before]}
    if not found and default.get("vars"):
        yield {"vars": _variables(default, files), "assert": before}


def _variables(test: Mapping[str, Any], files: Files) -> dict[str, Any]:
    told = test.get("vars")
    if isinstance(told, str):
        told = files.document(told)
    if not isinstance(told, Mapping):
        return {}
    return {
        str(key): files.text(one) if isinstance(one, str) and one.startswith("file://") else one
        for key, one in told.items()
    }


def _assertions(test: Mapping[str, Any]) -> list[Any]:
    told = test.get("assert")
    return list(told) if isinstance(told, list) else []


def _spread(told: Mapping[str, Any], left: Left) -> Iterator[dict[str, Any]]:
    """A list of texts stands for one test each."""
    lists = {k: v for k, v in told.items() if isinstance(v, list) and v}
    fixed = {k: v for k, v in told.items() if k not in lists}
    combined = itertools.product(*lists.values())
    for values in itertools.islice(combined, _MOST_ROWS):
        yield {**fixed, **dict(zip(lists, values, strict=True))}
    if next(combined, None) is not None:
        left.add(f"combinations of variables beyond {_MOST_ROWS:,}")


def _row(
    turns: Sequence[Mapping[str, str]],
    told: Mapping[str, Any],
    expected: str | None,
    item: Mapping[str, Any],
    left: Left,
) -> dict[str, Any] | None:
    if not item:
        left.add("tests without an assertion that was carried")
        return None

    def fill(text: str) -> str:
        return _PLACE.sub(lambda place: _at(values, place[1]), text)

    values = told  # variables may name others
    values = {key: fill(value) if isinstance(value, str) else value for key, value in told.items()}
    asked = [{**turn, "content": fill(turn["content"])} for turn in turns]
    if not any(turn["content"].strip() for turn in asked):
        left.add("tests whose prompt is empty")
        return None
    named = {key: value for key, value in values.items() if isinstance(value, str | int | float)}
    filled = {key: fill(value) if isinstance(value, str) else value for key, value in item.items()}
    answer = fill(expected) if expected else ""
    return {
        "messages": [*asked, {"role": "assistant", "content": answer.strip() or NO_ANSWER}],
        "item": {**named, **filled},
    }


def _at(told: Mapping[str, Any], place: str) -> str:
    """As promptfoo fills it: nothing where there is nothing."""
    here: Any = told
    for step in place.split("."):
        here = here.get(step) if isinstance(here, Mapping) else None
    if here is None:
        return ""
    return here if isinstance(here, str) else json.dumps(here, ensure_ascii=False)
