# SPDX-License-Identifier: Apache-2.0
"""What `evalkit prepare --legacy` does with files and the screen."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli._reading import opened, same_file
from evalkit.core.errors import InputError, UsageError
from evalkit.core.printable import printable
from evalkit.core.strings import Language

if TYPE_CHECKING:
    from evalkit.data.read import DataSet
    from evalkit.prepare.legacy import Legacy
    from evalkit.prepare.proposal import Pairs

__all__ = ["agreed", "echo", "on_a_terminal", "prepare_legacy"]


def prepare_legacy(
    file: str,
    skip: Sequence[str],
    own: Mapping[str, Any],
    reading: Mapping[str, Any],
    spoken: Language,
) -> int:
    """Plan, ask where there is somebody to ask, write.

    Raises:
        UsageError: Options that make no sense.
        InputError: The file cannot be read, or the place is taken.
    """
    from evalkit.prepare.legacy import legacy_plan
    from evalkit.prepare.legacy_text import plan_lines
    from evalkit.prepare.pairs import read_pairs

    output, go = own["output_file"], own["go"]
    if output is not None and same_file(file, output):
        raise UsageError(f"{output} is the source itself", "write to another file")
    if own["keep"] not in (None, "first", "last"):
        raise UsageError(f"--keep {own['keep']}: which of equal rows?", "--keep first or last")
    pairs = read_pairs(_source(file, reading), own["keep"] or "first")
    plan = legacy_plan(pairs, skip)
    if own["output_format"] == "json":
        return _as_json(plan, file, own)
    echo(plan_lines(plan, file, spoken))
    if not go and not plan.blocked and plan.changed and on_a_terminal():
        plan, go = _asked(plan, pairs, list(skip), file, spoken)
    return 1 if plan.blocked else _finish(plan, file, own, go=go, spoken=spoken)


def _source(file: str, reading: Mapping[str, Any]) -> DataSet:
    """The data; keys that no layout knows may still be a prompt and a completion."""
    try:
        return opened(file, **reading)
    except InputError:
        from evalkit.data.read import open_data

        data = open_data(file)
        if data.format is not None:
            raise
        return data


def echo(lines: Iterable[str]) -> None:
    """Print lines."""
    for line in lines:
        click.echo(line)


def on_a_terminal() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def agreed(question: Mapping[Language, str], spoken: Language) -> str:
    """What a person answers; Enter is yes."""
    said: str = click.prompt(question[spoken], default="y", show_default=False)
    return said.strip().lower()


def _asked(
    plan: Legacy, pairs: Pairs, skip: list[str], file: str, spoken: Language
) -> tuple[Legacy, bool]:
    """The plan that a person agrees to, and whether one does."""
    from evalkit.prepare.legacy import legacy_plan
    from evalkit.prepare.legacy_text import plan_lines

    question: dict[Language, str] = {
        "en": "Do it? [Y/n, or numbers and names to leave out]",
        "zh": "执行吗？[Y/n，或输入要跳过的编号和名称]",
    }
    while True:
        said = agreed(question, spoken)
        if said in ("y", "yes", "n", "no"):
            return plan, said.startswith("y")
        by_number = {f"{n}": step.name for n, step in enumerate(plan.steps, 1)}
        more = [by_number.get(word, word) for word in said.replace(",", " ").split()]
        try:
            plan = legacy_plan(pairs, [*skip, *more])
        except UsageError as error:
            click.echo(printable(error.message), err=True)
            continue
        skip = [*skip, *more]
        echo(plan_lines(plan, file, spoken))
        if plan.blocked:
            return plan, False


def _finish(plan: Legacy, file: str, own: Mapping[str, Any], *, go: bool, spoken: Language) -> int:
    from evalkit.prepare.legacy_text import next_lines
    from evalkit.prepare.wording import count
    from evalkit.targets.load import target_named

    zh = spoken == "zh"
    places = _places(plan, file, own)
    if places:
        named = " + ".join(printable(str(place)) for place in places)
        rows = count(len(plan.rows), spoken)
        if not go:
            click.echo(f"将写入 {rows}：{named}" if zh else f"{rows} would go to {named}")
            click.echo(
                "尚未写入：--apply 执行，--skip NAME 跳过其中一项"
                if zh
                else "nothing is written yet: --apply does it, --skip NAME leaves a step out"
            )
            return 0
        _write(plan, places)
        click.echo(f"已写入 {rows}：{named}" if zh else f"{rows} written to {named}")
    models = [
        card
        for card in target_named("openai").models.values()
        if card.methods == ("completion",) and card.name.endswith("-002")
    ]
    click.echo()
    echo(next_lines(plan, file, places, models, spoken))
    return 0


def _places(plan: Legacy, file: str, own: Mapping[str, Any]) -> Sequence[Path]:
    """Where the rows go; nowhere where the file is right as it is."""
    from evalkit.prepare.legacy import outputs

    if plan.blocked or not (plan.changed or own["output_file"] is not None):
        return ()
    return outputs(file, own["output_file"], split=plan.split, replace=own["force"])


def _as_json(plan: Legacy, file: str, own: Mapping[str, Any]) -> int:
    from evalkit.prepare.document import legacy_document

    places = _places(plan, file, own)
    if own["go"]:
        _write(plan, places)
    document = legacy_document(plan, file, places, applied=own["go"] and bool(places))
    click.echo(json.dumps(document, ensure_ascii=False, indent=1))
    return int(plan.blocked)


def _write(plan: Legacy, places: Sequence[Path]) -> None:
    """All files or none; each is put in its place when all are complete."""
    from evalkit.core.atomic import atomic
    from evalkit.prepare.legacy import parts, written_lines

    with ExitStack() as stack:
        streams = [stack.enter_context(atomic(place)) for place in places]
        for stream, rows in zip(streams, parts(plan) if places else (), strict=True):
            for line in written_lines(rows):
                stream.write(line + b"\n")
