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

from evalkit.cli._ask_text import AskedAnswer
from evalkit.cli._files import DATA_FILE
from evalkit.cli._run_options import ResumableCommand, money_taken, time_taken
from evalkit.core.errors import InputError, UsageError
from evalkit.core.exchange import Reply, Request
from evalkit.core.printable import excerpt, printable

if TYPE_CHECKING:
    from evalkit.core.example import Example
    from evalkit.models.ask import Terms
    from evalkit.models.open import OpenModel
    from evalkit.models.spec import ModelSpec

__all__ = ["ask"]

_ALTERNATIVES = 20
_MOST_PROMPTS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setting:
    """What a suite brings to a question."""

    models: Mapping[str, ModelSpec]
    folder: Path
    labels: Sequence[str] = ()
    system: str | None = None
    max_tokens: int = 256
    train: Sequence[Example] | None = None


@click.command(cls=ResumableCommand)
@click.argument("text", required=False)
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
@click.option("--url", metavar="URL", help="An OpenAI-compatible server that has the models.")
@click.option("--key-env", metavar="NAME", help="The environment variable that holds its key.")
@click.option("--labels", metavar="A,B,…", help="Show how likely each of these is as the answer.")
@click.option("--system", metavar="TEXT", help="The system message.")
@click.option(
    "--max-tokens", type=click.IntRange(1), metavar="N", help="Of an answer.  [default: 256]"
)
@click.option(
    "--temperature",
    type=click.FloatRange(0, 2),
    default=0.0,
    metavar="T",
    help="0: the likeliest.",
)
@click.option("--seed", type=int, default=0, metavar="N", help="Of sampling.")
@click.option(
    "--from",
    "file",
    type=DATA_FILE,
    metavar="FILE",
    help="Questions from a file instead: a text a line, or JSON lines with `messages`.",
)
@click.option("--budget", metavar="USD", callback=money_taken, help="Spend at most so much.")
@click.option(
    "--deadline", metavar="TIME", callback=time_taken, help="Wait at most so long: 30s, 5m."
)
@click.option(
    "--output-format", type=click.Choice(["text", "json"]), default="text", help="How to print."
)
def ask(text: str | None, output_format: str, **given: Any) -> None:
    """Ask models one question, or several, and show the answers side by side.

    TEXT is the user's message, - reads it from standard input. Answers are neither stored nor
    taken from the store. Exit code 3 if a model did not answer.
    """
    from evalkit.cli._ask_text import document, show
    from evalkit.evaluation._loop import finished
    from evalkit.evaluation.run_settings import terms_of
    from evalkit.evaluation.stopping import stoppable

    questions = _questions(text, given["file"])
    where = {key: given[key] for key in ("url", "key_env") if given[key]}
    suite = given["suite"] or (None if where else _suite_with(given["models"]))
    setting = _setting(suite, given["models"])
    models = _chosen(given["models"], setting, where)
    system = given["system"] if given["system"] is not None else setting.system
    requests = [
        Request(
            messages=_with_system(messages, system),
            max_tokens=given["max_tokens"] or setting.max_tokens,
            temperature=given["temperature"],
            seed=given["seed"],
            labels=_labels(given["labels"]) or setting.labels,
        )
        for messages in questions
    ]
    with stoppable() as stop:
        terms = terms_of(budget=given["budget"], seconds=given["deadline"], stop=stop)
        answers = finished(lambda: _ask(models, requests, setting, terms))
    if output_format == "json":
        documents = [document(*pair) for pair in zip(requests, answers, strict=True)]
        body = documents if given["file"] else documents[0]
        click.echo(json.dumps(body, ensure_ascii=False, indent=2))
    else:
        for request, row in zip(requests, answers, strict=True):
            if len(requests) > 1:
                click.echo(click.style(_headline(request), bold=True))
            show(row)
    raise SystemExit(3 if any(a.reply.finish == "error" for row in answers for a in row) else 0)


def _questions(text: str | None, file: str | None) -> list[list[Mapping[str, Any]]]:
    """The conversations that are asked; one of a user's message unless the file has more."""
    if (text is None) == (file is None):
        raise UsageError(
            "give one question, or a file of them",
            'such as: evalkit ask -m local:smollm2 "Hi", or --from questions.txt',
        )
    if file is None:
        text = sys.stdin.read() if text == "-" else text
        lines = [text or ""]
    else:
        lines = _lines(file)
    found = [_conversation(line, file) for line in lines if line.strip()]
    if not found:
        raise UsageError("there is nothing to ask", 'such as: evalkit ask -m local:smollm2 "Hi"')
    if len(found) > _MOST_PROMPTS:
        raise UsageError(
            f"{file}: {len(found)} questions are too many to look at",
            f"at most {_MOST_PROMPTS}; a suite takes any number: evalkit run",
        )
    return found


def _lines(file: str) -> list[str]:
    try:
        raw = Path(file).read_bytes()
        return raw.decode("utf-8-sig").replace("\r\n", "\n").split("\n")
    except OSError as error:
        raise InputError(f"cannot read {file}: {error.strerror}", "is the path right?") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not UTF-8 at byte {error.start}", "save it as UTF-8") from error


def _conversation(line: str, file: str | None) -> list[Mapping[str, Any]]:
    """A text, or a JSON row with messages: what stands before its last answer is asked."""
    if file is None or not line.lstrip().startswith("{"):
        return [{"role": "user", "content": line}]
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return [{"role": "user", "content": line}]
    messages = row.get("messages")
    if not isinstance(messages, list) or not all(isinstance(m, Mapping) for m in messages):
        raise InputError(
            f"{file}: a JSON line has no `messages`", "write each question as a text, or a chat row"
        )
    if messages and messages[-1].get("role") == "assistant":
        messages = messages[:-1]
    return [{k: v for k, v in message.items() if k != "weight"} for message in messages]


def _headline(request: Request) -> str:
    return excerpt(str(request.messages[-1].get("content") or ""), 100)


def _with_system(
    messages: Sequence[Mapping[str, Any]], system: str | None
) -> list[Mapping[str, Any]]:
    own = any(message.get("role") in ("system", "developer") for message in messages)
    return [*([{"role": "system", "content": system}] if system and not own else []), *messages]


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
        asked = questions(
            suite.folder / suite.data,
            table=suite.table,
            slices=(),
            limit=None,
            turns=suite.turns,
        )
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


def _chosen(
    names: Sequence[str], setting: _Setting, where: Mapping[str, str]
) -> dict[str, ModelSpec]:
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
        elif setting.models and not where and not any(mark in name for mark in "/:"):
            known = list(setting.models)
            raise UsageError(
                f"the suite has no model `{printable(name)}`{suggestion(name, known)}",
                f"its models: {', '.join(known)}",
            )
        else:
            found[name] = parse_spec({"use": name, **where}, where="--model")
    return found


def _labels(written: str | None) -> tuple[str, ...]:
    if not written:
        return ()
    labels = tuple(dict.fromkeys(part.strip() for part in written.split(",") if part.strip()))
    if len(labels) < 2:
        raise UsageError("--labels needs at least two", "such as --labels refund,delivery,other")
    return labels


async def _ask(
    models: Mapping[str, ModelSpec],
    requests: Sequence[Request],
    setting: _Setting,
    terms: Terms,
) -> list[list[AskedAnswer]]:
    """Per request, the answer of each model; models of different hosts at the same time."""
    import asyncio
    from contextlib import AsyncExitStack
    from tempfile import TemporaryDirectory

    from evalkit.models._store import open_store
    from evalkit.models.ask import ask_all, require_prices
    from evalkit.models.open import open_model

    async with AsyncExitStack() as stack:
        opened = [
            await stack.enter_async_context(
                open_model(spec, name=name, folder=setting.folder, train=setting.train)
            )
            for name, spec in models.items()
        ]
        require_prices(opened, terms)
        for model in opened:  # before anything is sent
            if model.host is not None:
                click.echo(f"asking {printable(model.host)} ({printable(model.name)})", err=True)
        # Of this call alone: a question that is tried out is nobody's business later.
        folder = stack.enter_context(TemporaryDirectory(prefix="evalkit-ask-"))
        store = stack.enter_context(open_store(Path(folder) / "store.sqlite"))

        async def one_host(those: Sequence[OpenModel]) -> dict[str, list[AskedAnswer]]:
            found = {}
            for model in those:
                asked = [_asked_of(model, request) for request in requests]
                answered = await ask_all(model, asked, store, terms=terms)
                found[model.name] = [
                    _answer(model, request, reply, seconds)
                    for request, (reply, seconds, _) in zip(asked, answered, strict=True)
                ]
            return found

        hosts: dict[str | None, list[OpenModel]] = {}
        for model in opened:
            hosts.setdefault(model.host, []).append(model)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one_host(those)) for those in hosts.values()]
    by_name = {name: answers for task in tasks for name, answers in task.result().items()}
    return [[by_name[name][n] for name in models] for n in range(len(requests))]


def _asked_of(model: OpenModel, request: Request) -> Request:
    if request.labels and model.logprobs:
        return replace(request, top_logprobs=_ALTERNATIVES)
    return request


def _answer(model: OpenModel, request: Request, reply: Reply, seconds: float | None) -> AskedAnswer:
    probabilities, covered = reply.probabilities, reply.covered
    if request.labels and probabilities is None and reply.positions:
        from evalkit.core.registry import find

        # What was expected does not matter to the probabilities.
        score = find("scorers", "label-logprob")(reply, request.labels[0], request.labels)
        probabilities, covered = score.probabilities, score.covered
    return AskedAnswer(
        name=model.name,
        use=model.spec.use,
        host=model.host,
        reply=reply,
        seconds=seconds,
        probabilities=probabilities,
        covered=covered,
    )
