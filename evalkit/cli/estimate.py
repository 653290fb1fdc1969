# SPDX-License-Identifier: Apache-2.0
"""`evalkit estimate`: tokens, epochs, steps, money and dates of a training job."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import click

from evalkit.cli._files import DATA_FILE
from evalkit.core.errors import InputError, UsageError
from evalkit.core.printable import printable
from evalkit.core.strings import language

if TYPE_CHECKING:
    from evalkit.core.example import Example
    from evalkit.data.read import DataSet
    from evalkit.estimation.project import Estimate
    from evalkit.targets.load import ModelCard

__all__ = ["estimate"]

_DEFAULT = "gpt-4.1-mini"


def _money(_: click.Context, __: click.Parameter, value: str | None) -> Decimal | None:
    if value is None:
        return None
    try:
        amount = Decimal(value.lstrip("$").replace(",", ""))
    except InvalidOperation:
        amount = Decimal("nan")
    if not amount.is_finite() or amount < 0:
        raise click.BadParameter(f"{value!r} is no sum of money, such as 12.50")
    return amount


@click.command()
@click.argument("paths", nargs=-1, required=True, type=DATA_FILE, metavar="PATH...")
@click.option("--model", help="What is to be trained, such as gpt-4.1-mini or azure/gpt-4.1.")
@click.option("--target", help="Whose job it is; its first model unless --model says more.")
@click.option(
    "--epochs", type=click.IntRange(1, 1000), help="Instead of the provider's automatic rule."
)
@click.option("--batch-size", type=click.IntRange(1, 100_000), help="For the number of steps.")
@click.option(
    "--budget", metavar="USD", callback=_money, help="Exit code 1 if training costs more."
)
@click.option(
    "--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@click.option("-o", "--output-file", help="Write there, not to the terminal.")
@click.option("--columns", help="Of tables: role=header, such as user=ask,assistant=answer.")
@click.option("--sheet", help="Of a workbook.")
@click.option("--encoding", help="Of tables and text files, such as gb18030.")
@click.option("--lang", envvar="EVALKIT_LANG", type=click.Choice(["en", "zh"]), help="Language.")
def estimate(
    paths: tuple[str, ...],
    *,
    model: str | None,
    target: str | None,
    epochs: int | None,
    batch_size: int | None,
    budget: Decimal | None,
    output_format: str,
    output_file: str | None,
    columns: str | None,
    sheet: str | None,
    encoding: str | None,
    lang: str | None,
) -> None:
    """Say what training on PATH... takes, before anything is spent.

    The tokens that are billed, the epochs and why, what is cut off, the cost with the date of its
    price, and whether the model will still be there. Nothing is sent anywhere.
    """
    from evalkit.cli._reading import described_layouts, pairs
    from evalkit.data.read import TableOptions, open_data
    from evalkit.estimation import project
    from evalkit.estimation.text import left_out_line

    spoken = language(lang)
    card, note = _card(model, target)
    if note:
        click.echo(note, err=True)
    table = TableOptions(columns=pairs(columns), sheet=sheet, encoding=encoding)
    layouts = described_layouts()
    data = [open_data(path, table=table, layouts=layouts, guess=True) for path in paths]
    for one in data:
        for remark in one.notes:
            click.echo(f"{printable(one.path)}: {printable(remark)}", err=True)
    result = project.estimate(
        _watched(data), model=card, epochs=epochs, batch_size=batch_size, paths=paths
    )
    if line := left_out_line(result, spoken):
        click.echo(line, err=True)
    if not result.examples:
        raise InputError(
            f"no example to count in {', '.join(paths)}", f"see: evalkit lint {' '.join(paths)}"
        )
    _write(_shown(result, output_format, lang), output_file)
    if budget is not None:
        _hold(result, budget)


def _card(model: str | None, target: str | None) -> tuple[ModelCard, str]:
    """The model meant, and what to tell the user of a choice made for them."""
    from evalkit.targets.load import model_named, target_named

    if target is None:
        if model is not None:
            return model_named(model), ""
        return model_named(_DEFAULT), f"no --model given: these are the figures of {_DEFAULT}"
    models = target_named(target).models
    if model is not None:
        qualified = f"{target}/{model}" if models and "/" not in model else model
        return model_named(qualified), ""
    if models:
        card = next(iter(models.values()))
        return (
            card,
            f"no --model given: these are the figures of {card.name}, the first of {target}",
        )
    return model_named(_DEFAULT), (
        f"no models or prices of {target} are on record: these figures are of OpenAI's {_DEFAULT}"
    )


def _watched(data: Sequence[DataSet]) -> Iterator[Example]:
    """The examples of all files, with a bar on a terminal for files that take a while."""
    size = sum(one.size for one in data)
    if not sys.stderr.isatty() or size < 10_000_000:
        for one in data:
            yield from one
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=size)
        before = 0
        for one in data:
            for number, example in enumerate(one):
                if not number % 256:
                    progress.update(task, completed=before + min(example.location.end, one.size))
                yield example
            before += one.size


def _shown(result: Estimate, output_format: str, lang: str | None) -> str:
    if output_format == "json":
        from evalkit.estimation.document import as_document

        return json.dumps(as_document(result), ensure_ascii=False, indent=1)
    from evalkit.estimation.closing import closing, still_training
    from evalkit.estimation.text import as_text
    from evalkit.targets.load import target_named, target_names

    today = datetime.now().astimezone().date()
    end = closing(result.model, today)
    targets = [target_named(name) for name in target_names()]
    others = still_training(targets, result.formats, besides=result.model.target)
    return as_text(result, end=end, others=others, today=today, language=language(lang))


def _write(text: str, path: str | None) -> None:
    if path is None:
        click.echo(text)
        return
    from evalkit.core.atomic import write_text

    write_text(path, text + "\n")


def _hold(result: Estimate, budget: Decimal) -> None:
    """The budget as a gate.

    Raises:
        UsageError: There is no price to hold it against.
    """
    if result.cost is None:
        raise UsageError(
            f"the budget cannot be held: no training price is on record for {result.model.name}",
            "leave --budget out, or choose a model with a price: evalkit estimate --model ...",
        )
    if Decimal(result.cost.amount) > budget:
        click.echo(f"over budget: ${result.cost.amount} is more than ${budget}", err=True)
        raise SystemExit(1)
