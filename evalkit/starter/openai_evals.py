# SPDX-License-Identifier: Apache-2.0
"""OpenAI's Evals (they close on 2026-11-30): an exported eval, its runs and its rows make a suite.

Shapes: the API reference and openai-python 3.52 (2026-11): `eval` with `data_source_config` and
`testing_criteria`, `eval.run` with `data_source` (`source` of type file_content, `input_messages`
of type template or item_reference, `model`, `sampling_params`), rows `{"item": {...}}`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.core.errors import EvalkitError
from evalkit.core.printable import excerpt
from evalkit.scorers._grader import grader_scorer
from evalkit.scorers._template import AbsentError, filled, names_in
from evalkit.starter.carried import NO_ANSWER, Carried, Left, safe_name, scorer_name

__all__ = ["carried_evals", "is_eval", "is_item", "is_run"]

_ASKED = ("messages", "input", "question", "prompt", "query", "user", "text")
_EXPECTED = (
    "ideal",
    "reference",
    "expected",
    "correct_label",
    "label",
    "answer",
    "output",
    "target",
)
_SAMPLING = {
    "temperature": "temperature",
    "seed": "seed",
    "max_completion_tokens": "max_tokens",
    "max_completions_tokens": "max_tokens",
}
_ROLES = ("system", "developer", "user", "assistant")


def is_eval(value: Any) -> bool:
    """Whether it is an eval: it has criteria."""
    return isinstance(value, Mapping) and isinstance(value.get("testing_criteria"), list)


def is_run(value: Any) -> bool:
    """Whether it is a run of an eval: it names where its rows and its prompts come from."""
    return isinstance(value, Mapping) and isinstance(value.get("data_source"), Mapping)


def is_item(value: Any) -> bool:
    """Whether it is a row, bare or as a run's output item."""
    if not isinstance(value, Mapping):
        return False
    return isinstance(value.get("item"), Mapping) or isinstance(
        value.get("datasource_item"), Mapping
    )


def carried_evals(
    documents: Sequence[tuple[Path, Any]], rows: Sequence[tuple[Path, Mapping[str, Any]]]
) -> Iterator[Carried]:
    """A suite for each eval among the documents, with the runs and rows that belong to it.

    Args:
        documents: Files and the evals and runs in them.
        rows: Rows of item files; of one eval alone all of them are its own, else those of files
            whose names begin like its file's.
    """
    evals = [(path, value) for path, value in documents if is_eval(value)]
    runs = [value for _, value in documents if is_run(value)]
    taken: list[str] = []
    for path, value in evals:
        name = safe_name(str(value.get("name") or path.stem), taken, default=path.stem)
        taken.append(name)
        own = [
            run for run in runs
            if len(evals) == 1 or (value.get("id") and run.get("eval_id") == value["id"])
        ]  # fmt: skip
        items = [
            row for place, row in rows
            if len(evals) == 1 or place.name.startswith(path.stem.split(".")[0])
        ]  # fmt: skip
        yield _carried(name, path, value, own, items)


def _carried(
    name: str,
    path: Path,
    value: Mapping[str, Any],
    runs: Sequence[Mapping[str, Any]],
    items: Sequence[Mapping[str, Any]],
) -> Carried:
    left = Left()
    for key in value:
        if key in ("metadata", "share_with_openai") and value[key]:
            left.add(f"{key} of the eval")
    scorers = dict(_scorers(value["testing_criteria"], left))
    found = list(_items(runs, items, left))
    template = next((_template(run, left) for run in runs if _template(run, Left())), None)
    rows = [
        row
        for number, item in enumerate(found, 1)
        if (row := _row(item, template, scorers, number, left)) is not None
    ]
    if any(row["messages"][-1]["content"] == NO_ANSWER for row in rows):
        left.add(
            f"rows without an expected answer: `{NO_ANSWER}` stands there; token_f1 and rouge_l "
            "say nothing of them"
        )
    if not runs:
        left.add("no run was exported: the model is a guess of ours")
    return Carried(
        name=name,
        source=path.name,
        rows=rows,
        models=_models(runs) or {"model": "openai/gpt-4.1-mini"},
        scorers=scorers,
        metrics=list(scorers),
        generate=_generate(runs, left),
        left=left,
    )


def _scorers(criteria: Sequence[Any], left: Left) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The criteria that are graders which we can run, one of a `multi` each."""
    taken: list[str] = []
    for number, one in enumerate(_flat(criteria, left), 1):
        told = excerpt(str(one.get("name") or f"criterion {number}"), 60)
        grader = {key: value for key, value in one.items() if key != "id"}
        try:
            grader_scorer(grader, told)
        except EvalkitError as error:
            left.add(f"grader {error.message}")
            continue
        name = scorer_name(str(one.get("name") or one.get("type") or ""), taken)
        taken.append(name)
        yield name, grader


def _flat(criteria: Sequence[Any], left: Left) -> Iterator[Mapping[str, Any]]:
    for one in criteria:
        if not isinstance(one, Mapping):
            left.add("a criterion that is no object")
        elif one.get("type") == "multi" and isinstance(one.get("graders"), Mapping):
            formula = excerpt(str(one.get("calculate_output", "")), 80)
            left.add(f"the formula of `{excerpt(str(one.get('name', '')), 40)}`: {formula}")
            for name, grader in one["graders"].items():
                if isinstance(grader, Mapping):
                    yield {"name": name, **grader}
        else:
            yield one


def _items(
    runs: Sequence[Mapping[str, Any]], items: Sequence[Mapping[str, Any]], left: Left
) -> Iterator[Mapping[str, Any]]:
    """Each row once: of the item files, else of the runs."""
    if items:
        for row in items:
            item = row.get("item", row.get("datasource_item"))
            if isinstance(item, Mapping):
                yield item
        return
    for run in runs:
        source = run["data_source"].get("source")
        source = source if isinstance(source, Mapping) else {}
        content = source.get("content")
        if isinstance(content, list):
            for row in content:
                if isinstance(row, Mapping) and isinstance(row.get("item"), Mapping):
                    if row.get("sample"):
                        left.add("recorded samples beside the items: see evalkit compare")
                    yield row["item"]
            return  # the runs of an eval ask the same rows
        left.add(
            f"rows of the source `{excerpt(str(source.get('id') or source.get('type')), 60)}`: "
            "download the file and name it too"
        )


def _template(run: Mapping[str, Any], left: Left) -> Any:
    """What is asked: turns with places to fill, or the name of a field that holds messages."""
    given = run["data_source"].get("input_messages")
    if not isinstance(given, Mapping):
        return None
    if given.get("type") == "item_reference":
        return str(given.get("item_reference", "")).removeprefix("item.")
    turns = []
    for turn in given.get("template") or ():
        role = turn.get("role") if isinstance(turn, Mapping) else None
        text = _text(turn.get("content")) if isinstance(turn, Mapping) else None
        if role not in _ROLES or text is None:
            left.add("a turn of the prompt that is no text")
            continue
        turns.append({"role": role, "content": text})
    return turns or None


def _text(content: Any) -> str | None:
    if isinstance(content, str):
        return content
    if isinstance(content, Mapping):
        return content["text"] if isinstance(content.get("text"), str) else None
    if isinstance(content, list):
        parts = [_text(part) for part in content]
        return None if None in parts else "\n".join(part for part in parts if part)
    return None


def _row(
    item: Mapping[str, Any],
    template: Any,
    scorers: Mapping[str, Mapping[str, Any]],
    number: int,
    left: Left,
) -> dict[str, Any] | None:
    try:
        asked = _asked(item, template)
    except AbsentError as absent:
        left.add(f"rows that have no {excerpt(str(absent), 60)}, which the prompt names")
        return None
    if not asked:
        left.add(f"rows in which no question was found (row {number} is the first)" if number == 1
                 else "rows in which no question was found")  # fmt: skip
        return None
    answered = asked[-1]["role"] == "assistant"
    expected = _expected(item, scorers)
    if answered and expected is None:
        expected = asked[-1]["content"]
    if answered:
        asked = asked[:-1]
    if not asked:
        left.add("rows that hold nothing but an answer")
        return None
    answer = {"role": "assistant", "content": expected or NO_ANSWER}
    return {"messages": [*asked, answer], "item": dict(item)}


def _asked(item: Mapping[str, Any], template: Any) -> list[dict[str, str]]:
    if isinstance(template, list):
        return [{**turn, "content": filled(turn["content"], {"item": item})} for turn in template]
    fields = (template,) if isinstance(template, str) and template else _ASKED
    for field in fields:
        value = item.get(field)
        if isinstance(value, str) and value.strip():
            return [{"role": "user", "content": value}]
        if isinstance(value, list):
            turns = [
                {"role": turn["role"], "content": text}
                for turn in value
                if isinstance(turn, Mapping)
                and turn.get("role") in _ROLES
                and (text := _text(turn.get("content"))) is not None
            ]
            if turns and len(turns) == len(value):
                return turns
    return []


def _expected(item: Mapping[str, Any], scorers: Mapping[str, Mapping[str, Any]]) -> str | None:
    """What a grader compares with, else a field of a usual name."""
    for grader in scorers.values():
        reference = grader.get("reference")
        if isinstance(reference, str) and any(n.startswith("item.") for n in names_in(reference)):
            try:
                told = filled(reference, {"item": item})
            except AbsentError:
                continue
            if told.strip():
                return told
    for field in _EXPECTED:
        value = item.get(field)
        if isinstance(value, str) and value.strip():
            return value
    return None


def _models(runs: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for run in runs:
        model = run["data_source"].get("model") or run.get("model")
        if isinstance(model, str) and model.strip():
            use = f"openai/{model.strip()}"
            if use not in found.values():
                found[safe_name(model.replace(":", "-"), list(found), default="model")] = use
    return found


def _generate(runs: Sequence[Mapping[str, Any]], left: Left) -> dict[str, Any]:
    """Settings that all runs share in name; the first run's are taken."""
    found: dict[str, Any] = {}
    for run in runs:
        sampling = run["data_source"].get("sampling_params")
        for key, value in sampling.items() if isinstance(sampling, Mapping) else ():
            ours = _SAMPLING.get(key)
            if value is None:
                continue
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if ours is None or not number:
                left.add(f"sampling_params.{excerpt(str(key), 40)}")
            elif found.setdefault(ours, value) != value:
                left.add(f"{key} {value:g} of a further run")
    if isinstance(found.get("max_tokens"), float):
        found["max_tokens"] = int(found["max_tokens"])
    return found
