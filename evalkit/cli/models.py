# SPDX-License-Identifier: Apache-2.0
"""`evalkit models`: what is known of models that can be tuned."""

from __future__ import annotations

import json
import shutil
from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from evalkit.cli._groups import WholeGroup
from evalkit.core.errors import UsageError
from evalkit.core.printable import printable
from evalkit.core.registry import suggestion
from evalkit.core.strings import language

if TYPE_CHECKING:
    from evalkit.targets.listing import Entry

__all__ = ["models"]

_FORMATS = ("text", "json", "markdown")
_METHODS = ("sft", "preference", "rft", "completion")


class _Listing(WholeGroup):
    """Lists where no command is named: `evalkit models gpt` is `evalkit models list gpt`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        first = args[0] if args else ""
        if first not in self.commands and first not in self.get_help_option_names(ctx):
            args = ["list", *args]
        return super().parse_args(ctx, args)


_FORM = click.option(
    "--output-format", type=click.Choice(_FORMATS), default="text", show_default=True
)
_OUT = click.option("-o", "--output", metavar="FILE", help="Write there, not to the terminal.")
_LANG = click.option(
    "--lang", envvar="EVALKIT_LANG", type=click.Choice(["en", "zh"]), help="Language."
)


@click.group(cls=_Listing)
def models() -> None:
    """List the models that can be tuned, with prices and dates; or show all of one.

    `evalkit models [WORD...]` lists, `evalkit models show MODEL` shows. Figures of your own go into
    evalkit.toml: [models."azure/support-base"].
    """


@models.command(name="list")
@click.argument("words", nargs=-1, metavar="[WORD]...")
@click.option("--target", "targets", multiple=True, help="Whose models; repeatable.")
@click.option("--open", "open_only", is_flag=True, help="Only those that still take jobs.")
@click.option("--method", type=click.Choice(_METHODS), help="That they can be trained with.")
@click.option("--tokenizer", help="That they have, such as o200k_base or llama-3.1.")
@_FORM
@_OUT
@_LANG
def listed(
    words: tuple[str, ...],
    *,
    targets: tuple[str, ...],
    open_only: bool,
    method: str | None,
    tokenizer: str | None,
    output_format: str,
    output: str | None,
    lang: str | None,
) -> None:
    """List models whose names have every WORD in them: prices, when jobs stop, end.

    Prices are for 1,000,000 tokens; those that are older than 180 days have a mark.
    """
    from evalkit.targets.listing import entries
    from evalkit.targets.load import target_named, target_names

    today = _today()
    named = list(dict.fromkeys(one.strip() for text in targets for one in text.split(",")))
    chosen = named or sorted(target_names(), key=lambda n: n != "openai")
    whose = [target_named(name) for name in chosen]
    found = entries(
        whose,
        today=today,
        words=words,
        open_only=open_only,
        method=method,
        tokenizer=tokenizer,
    )
    if not found and words:
        known = [one.name.partition("/")[2] for one in entries(whose, today=today)]
        raise UsageError(
            f"no model matches `{printable(' '.join(words))}`{suggestion(words[-1], known)}",
            "`evalkit models` lists all of them; options narrow the list too",
        )
    spoken = language(lang)
    if output_format == "json":
        text = _json(found, today)
    elif output_format == "markdown":
        from evalkit.cli._models_text import list_markdown

        text = "\n".join(list_markdown(found, today, spoken))
    else:
        from evalkit.cli._models_text import list_text

        width = max(60, shutil.get_terminal_size().columns) if output is None else 120
        text = "\n".join(list_text(found, today, spoken, width=width))
    _write(text, output)


@models.command()
@click.argument("model")
@_FORM
@_OUT
@_LANG
def show(*, model: str, output_format: str, output: str | None, lang: str | None) -> None:
    """Show everything that is known of MODEL, each figure with its day and its source.

    MODEL is a name such as gpt-4.1-mini, azure/gpt-4.1 or together/Qwen3.5-9B.
    """
    from evalkit.targets.library_prices import priced
    from evalkit.targets.listing import Entry, state
    from evalkit.targets.load import base_of, model_named, target_named

    today, spoken = _today(), language(lang)
    card = priced(model_named(base_of(model)), today=today)  # that of the tuned is told with it
    entry = Entry(card=card, target=target_named(card.target), state=state(card, today))
    if output_format == "json":
        text = _json([entry], today)
    elif output_format == "markdown":
        from evalkit.cli._models_text import card_markdown

        text = "\n".join(card_markdown(entry, today, spoken))
    else:
        from evalkit.cli._models_text import card_text

        width = max(60, shutil.get_terminal_size().columns) if output is None else 100
        text = "\n".join(card_text(entry, today, spoken, width=width))
    _write(text, output)


@models.command()
@click.option("--target", "targets", multiple=True, help="Whose models; repeatable.")
@click.option("--url", metavar="URL", help="Base URL, where it is not the target's usual one.")
@click.option("--key-env", metavar="VARIABLE", help="That holds the key; else the usual one.")
@click.option(
    "--data",
    default="heldout.jsonl",
    show_default=True,
    metavar="FILE",
    help="Whose questions the printed commands ask.",
)
@_FORM
@_OUT
@_LANG
def tuned(
    *,
    targets: tuple[str, ...],
    url: str | None,
    key_env: str | None,
    data: str,
    output_format: str,
    output: str | None,
    lang: str | None,
) -> None:
    """List the tuned models of your accounts: those that stop answering soonest come first.

    With the day on which each stops, as far as it was announced, and the `evalkit record` line that
    keeps what it answers. Without --target it asks every provider whose key is in the environment.

    Exit code 3 when a provider did not say (the others' models are listed).
    """
    from evalkit.cli._models_tuned import inventory, tuned_output

    today, spoken = _today(), language(lang)
    told = inventory(targets, url=url, key_env=key_env, today=today, language=spoken)
    text = tuned_output(
        told, form=output_format, data=data, today=today, language=spoken, wide=output is not None
    )
    _write(text, output)
    if told.failed is not None:
        raise told.failed


def _today() -> date:
    return datetime.now().astimezone().date()


def _json(found: list[Entry], today: date) -> str:
    from evalkit.cli._models_document import as_document

    return json.dumps(as_document(found, today), ensure_ascii=False, indent=1)


def _write(text: str, output: str | None) -> None:
    if output in (None, "-"):
        click.echo(text)
        return
    from evalkit.core.atomic import write_text

    write_text(str(output), text + "\n")
