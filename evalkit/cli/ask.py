# SPDX-License-Identifier: Apache-2.0
"""`evalkit ask`: one question, several models, their answers side by side."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.core.errors import InputError, UsageError
from evalkit.core.exchange import Reply, Request
from evalkit.core.printable import printable

if TYPE_CHECKING:
    from evalkit.core.example import Example
    from evalkit.models.spec import ModelSpec

__all__ = ["ask"]

_ALTERNATIVES = 20
_BAR = 12  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setting:
    """What a suite brings to a question."""

    models: Mapping[str, ModelSpec]
    folder: Path
    labels: Sequence[str] = ()
    system: str | None = None
    max_tokens: int = 256
    train: Sequence[Example] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    name: str
    use: str
    host: str | None
    reply: Reply
    seconds: float
    probabilities: Mapping[str, float] | None
    covered: float | None


@click.command()
@click.argument("text")
@click.option(
    "--model",
    "-m",
    "models",
    multiple=True,
    metavar="NAME",
    help="Whom to ask, repeatable: a model of the suite, or such as local:smollm2. "
    "Default: all of the suite.",
)
@click.option(
    "--suite",
    metavar="FILE",
    help="Its models, labels and system message; else the one suite here that has the models.",
)
@click.option("--labels", metavar="A,B,…", help="Show how likely each of these is as the answer.")
@click.option("--system", metavar="TEXT", help="The system message.")
@click.option("--max-tokens", type=click.IntRange(1), help="Of an answer.  [default: 256]")
@click.option("--temperature", type=click.FloatRange(0, 2), default=0.0, help="0: the likeliest.")
@click.option("--seed", type=int, default=0, help="Of sampling.")
@click.option(
    "--output-format", type=click.Choice(["text", "json"]), default="text", help="How to print."
)
def ask(text: str, output_format: str, **given: Any) -> None:
    """Ask models one question and show the answers side by side.

    TEXT is the user's message, - reads it from standard input. Answers are neither stored nor
    taken from the store. Exit code 3 if a model did not answer.
    """
    import asyncio

    text = sys.stdin.read() if text == "-" else text
    if not text.strip():
        raise UsageError("there is nothing to ask", 'such as: evalkit ask -m local:smollm2 "Hi"')
    setting = _setting(given["suite"] or _suite_with(given["models"]), given["models"])
    models = _chosen(given["models"], setting)
    system = given["system"] if given["system"] is not None else setting.system
    request = Request(
        messages=[
            *([{"role": "system", "content": system}] if system else []),
            {"role": "user", "content": text},
        ],
        max_tokens=given["max_tokens"] or setting.max_tokens,
        temperature=given["temperature"],
        seed=given["seed"],
        labels=_labels(given["labels"]) or setting.labels,
    )
    answers = asyncio.run(_ask(models, request, setting))
    if output_format == "json":
        click.echo(json.dumps(_document(request, answers), ensure_ascii=False, indent=2))
    else:
        _print(answers)
    raise SystemExit(3 if any(answer.reply.finish == "error" for answer in answers) else 0)


def _suite_with(names: Sequence[str]) -> str | None:
    """The one suite here or below suites/ that has all these names; None where none has.

    Raises:
        UsageError: Several have them.
    """
    if not names or any(mark in name for name in names for mark in "/:"):
        return None  # specifications, which need no suite
    from evalkit.core.errors import EvalkitError
    from evalkit.evaluation.suite import SUFFIXES, load_suite

    files = [*Path().glob("*.eval.*"), *Path("suites").rglob("*.eval.*")]
    found = []
    for file in sorted(file for file in files if file.name.endswith(SUFFIXES)):
        try:
            if set(names) <= set(load_suite(file).models):
                found.append(str(file))
        except EvalkitError:
            continue  # a suite that is not asked for may be unfinished
    if len(found) > 1:
        raise UsageError(
            f"several suites here have {' and '.join(names)}: {', '.join(found)}",
            f"say which: --suite {found[0]}",
        )
    if found:
        click.echo(f"models of {found[0]}", err=True)
        return found[0]
    return None


def _setting(path: str | None, chosen: Sequence[str]) -> _Setting:
    """What the suite says, with labels and system message as its data show them."""
    if path is None:
        return _Setting(models={}, folder=Path())
    from evalkit.evaluation.questions import questions, training_examples
    from evalkit.evaluation.suite import load_suite
    from evalkit.evaluation.task import task_of

    suite = load_suite(path)
    wanted = [suite.models[name] for name in chosen or suite.models if name in suite.models]
    learns = suite.train and any(spec.use.startswith("baseline:") for spec in wanted)
    train = suite.folder / suite.train if suite.train and learns else None
    setting = _Setting(
        models=suite.models,
        folder=suite.folder,
        labels=suite.labels,
        train=training_examples(train, table=suite.table) if train else None,
    )
    try:
        asked = questions(suite.folder / suite.data, table=suite.table, slices=(), limit=None)
    except InputError as error:  # a question needs no held-out set, only what it is asked with
        click.echo(f"{error.message}: asking without the system message of its rows", err=True)
        return setting
    task = task_of(suite, [question.expected for question in asked])
    first = asked[0].messages[0]
    says = first.get("content") if first.get("role") == "system" else None
    return replace(
        setting,
        labels=task.labels,
        system=says if isinstance(says, str) else None,
        max_tokens=task.max_tokens,
    )


def _chosen(names: Sequence[str], setting: _Setting) -> dict[str, ModelSpec]:
    from evalkit.core.registry import suggestion
    from evalkit.models.spec import parse_spec

    if not names and not setting.models:
        raise UsageError(
            "no model to ask", "name one: --model local:smollm2, or a suite: --suite FILE"
        )
    found = {}
    for name in names or setting.models:
        if name in setting.models:
            found[name] = setting.models[name]
        elif setting.models and not any(mark in name for mark in "/:"):
            known = list(setting.models)
            raise UsageError(
                f"the suite has no model `{printable(name)}`{suggestion(name, known)}",
                f"its models: {', '.join(known)}",
            )
        else:
            found[name] = parse_spec(name, where="--model")
    return found


def _labels(written: str | None) -> tuple[str, ...]:
    if not written:
        return ()
    labels = tuple(dict.fromkeys(part.strip() for part in written.split(",") if part.strip()))
    if len(labels) < 2:
        raise UsageError("--labels needs at least two", "such as --labels refund,delivery,other")
    return labels


async def _ask(
    models: Mapping[str, ModelSpec], request: Request, setting: _Setting
) -> list[_Answer]:
    from contextlib import AsyncExitStack

    from evalkit.models.open import open_model

    async with AsyncExitStack() as stack:
        opened = [
            await stack.enter_async_context(
                open_model(spec, name=name, folder=setting.folder, train=setting.train)
            )
            for name, spec in models.items()
        ]
        for model in opened:  # before anything is sent
            if model.host is not None:
                click.echo(f"asking {model.host} ({printable(model.name)})", err=True)
        return [await _one(model, request) for model in opened]


async def _one(model: Any, request: Request) -> _Answer:
    if request.labels and model.logprobs:
        request = replace(request, top_logprobs=_ALTERNATIVES)
    request = model.prepared(request)
    if model.ready is not None:
        await model.ready([request])
    reply, seconds = await model.timed(request)
    probabilities, covered = reply.probabilities, reply.covered
    if request.labels and probabilities is None and reply.positions:
        from evalkit.core.registry import find

        # What was expected does not matter to the probabilities.
        score = find("scorers", "label-logprob")(reply, request.labels[0], request.labels)
        probabilities, covered = score.probabilities, score.covered
    return _Answer(
        name=model.name,
        use=model.spec.use,
        host=model.host,
        reply=reply,
        seconds=seconds,
        probabilities=probabilities,
        covered=covered,
    )


def _document(request: Request, answers: Sequence[_Answer]) -> dict[str, Any]:
    return {
        "schema": 1,
        "messages": list(request.messages),
        "labels": list(request.labels),
        "answers": [
            {
                "model": answer.name,
                "use": answer.use,
                "host": answer.host,
                "text": answer.reply.text,
                "finish": answer.reply.finish,
                "error": answer.reply.error,
                "probabilities": dict(answer.probabilities) if answer.probabilities else None,
                "covered": answer.covered,
                "seconds": round(answer.seconds, 3),
                "tokens": {
                    "prompt": answer.reply.usage.prompt_tokens,
                    "completion": answer.reply.usage.completion_tokens,
                }
                if answer.reply.usage
                else None,
            }
            for answer in answers
        ],
    }


def _print(answers: Sequence[_Answer]) -> None:
    """A column per model; text from models is data and is printed without its controls."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), expand=False)
    for answer in answers:
        table.add_column(Text(printable(answer.name)), overflow="fold", max_width=60)
    table.add_row(*(Text(_said(answer), style=_style(answer)) for answer in answers))
    if any(answer.probabilities for answer in answers):
        table.add_section()
        table.add_row(*(Text(_likely(answer), no_wrap=True) for answer in answers))
    table.add_section()
    table.add_row(*(Text(_facts(answer), style="dim") for answer in answers))
    Console(highlight=False).print(table)


def _said(answer: _Answer) -> str:
    if answer.reply.finish == "error":
        return f"error: {answer.reply.error}"
    lines = answer.reply.text.split("\n")
    return "\n".join(printable(line) for line in lines).strip() or "(empty)"


def _style(answer: _Answer) -> str:
    return "red" if answer.reply.finish == "error" else "bold"


def _likely(answer: _Answer) -> str:
    """Label probabilities, the likeliest first, as numbers and bars."""
    if not answer.probabilities:
        return "no label probabilities"
    ranked = sorted(answer.probabilities.items(), key=lambda item: -item[1])
    width = max(len(printable(label)) for label, _ in ranked)
    return "\n".join(
        f"{printable(label):<{width}} {share:6.1%} {'█' * round(share * _BAR)}".rstrip()
        for label, share in ranked
    )


def _facts(answer: _Answer) -> str:
    facts = [f"{answer.seconds:.2f} s"]
    if answer.reply.usage is not None:
        facts.append(f"{answer.reply.usage.completion_tokens} tokens")
    if answer.reply.finish not in ("stop", "error"):
        facts.append("cut off" if answer.reply.finish == "length" else answer.reply.finish)
    if answer.covered is not None and answer.probabilities:
        facts.append(f"labels hold {answer.covered:.1%} of its own probability")
    return ", ".join(facts)
