# SPDX-License-Identifier: Apache-2.0
"""`evalkit prepare`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click
from click.core import ParameterSource

from evalkit.cli._reading import reading_options, words
from evalkit.cli._share import SHARE
from evalkit.core.errors import UsageError
from evalkit.core.strings import language

__all__ = ["prepare"]

_LEGACY = ("output_file",)
_SET = (
    "out", "model", "no_split", "test_share", "valid_share", "take", "by", "group", "date", "near",
    "seed",
)  # fmt: skip


class _WithProposals(click.Command):
    """A command whose help ends with the names that --skip takes."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from evalkit.prepare.proposal import proposers

        rows = [(name, one.does.en) for name, one in proposers().items()]
        with formatter.section("What --legacy proposes and --skip leaves out"):
            formatter.write_dl(rows)
        super().format_epilog(ctx, formatter)


@click.command(cls=_WithProposals)
@click.argument("file")
@click.option(
    "--target",
    multiple=True,
    metavar="NAME,…",
    help="The provider or trainer that the set is for; repeatable.",
)
@click.option("--legacy", is_flag=True, help="For prompts and completions, as prepare_data.")
@click.option("--apply", "go", is_flag=True, help="Do what the plan says.")
@click.option(
    "--skip",
    multiple=True,
    metavar="NAME,…",
    help="Leave a step out: fixes, duplicates, split, a rule; with --legacy see below.",
)
@click.option(
    "--keep",
    metavar="FIELD,…|all",
    help="Further columns that stay, as `metadata`; with --legacy which of equal rows stays: first "
    "or last.",
)
@click.option("--out", metavar="DIR", help="Where the files go; beside FILE where not given.")
@click.option("-o", "--output-file", metavar="OUT", help="With --legacy: the file to write.")
@click.option("--force", is_flag=True, help="Write over files that are there.")
@click.option("--model", metavar="NAME", help="That is to be trained: for the estimate.")
@click.option("--no-split", is_flag=True, help="Hold nothing out.")
@click.option(
    "--test-share",
    type=SHARE,
    metavar="SHARE",
    help="Of the rows to hold out; 0.2 where not given.",
)
@click.option(
    "--valid-share",
    type=SHARE,
    metavar="SHARE",
    help="Of the rows to validate with; none by default.",
)
@click.option(
    "--take", type=click.IntRange(min=1), metavar="N", help="Hold out that many rows for the test."
)
@click.option(
    "--by",
    default="label",
    metavar="label|FIELD|none",
    help="What each part shall have its share of.",
)
@click.option("--group", metavar="FIELD|conversation", help="Rows of one value stay in one part.")
@click.option("--date", metavar="FIELD", help="Hold out the newest rows.")
@click.option("--near/--no-near", default=True, help="Whether near duplicates stay in one part.")
@click.option(
    "--seed", default=0, metavar="N", help="The same seed gives the same files, byte for byte."
)
@click.option(
    "--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@reading_options
@click.option("--lang", envvar="EVALKIT_LANG", type=click.Choice(["en", "zh"]), help="Language.")
@click.pass_context
def prepare(
    context: click.Context,
    /,
    file: str,
    *,
    target: tuple[str, ...],
    legacy: bool,
    skip: tuple[str, ...],
    lang: str | None,
    **given: Any,
) -> int:
    """Plan the way from FILE to a set that can be uploaded, then go it.

    The plan says how FILE was read, what would be mended, left out, converted, held out and paid,
    and what lint would still say; it writes nothing. On a terminal it asks, elsewhere --apply goes
    on. Lines are always those of FILE.

    Exit codes: 0 planned or done, 1 something stands against it, 2 could not do it.
    """
    if legacy and context.get_parameter_source("target") is not ParameterSource.COMMANDLINE:
        target = ()  # that of the configuration is for other days
    names = [name for text in target for name in words(text)]
    skipped = [name for text in skip for name in words(text)]
    if legacy == bool(names):
        raise UsageError(
            "--legacy is for prompts and completions, --target for today's models: give one"
            if legacy
            else "what is the set for?",
            f"evalkit prepare {file} --target openai (azure, together, trl, ...); or --legacy for "
            "prompts and completions, as prepare_data did",
        )
    if "all" in (name.lower() for name in names):
        from evalkit.targets.load import target_names

        raise UsageError(
            "`--target all` is lint's: prepare writes files for each target that is named",
            f"name them: --target {','.join(target_names())}",
        )
    if legacy:
        from evalkit.cli._prepare_legacy import prepare_legacy

        _refuse(context, _SET, "--legacy does as prepare_data did")
        own, reading = _divided(given)
        return prepare_legacy(file, skipped, own, reading, language(lang))
    from evalkit.cli._prepare_set import prepare_set

    _refuse(context, _LEGACY, "several files are written: --out DIR says where")
    own, reading = _divided(given)
    return prepare_set(file, names, skipped, own, reading, language(lang))


def _divided(given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The options of this command, and those that tell how to read a file."""
    mine = {*_SET, *_LEGACY, "go", "keep", "force", "output_format"}
    own = {name: value for name, value in given.items() if name in mine}
    return own, {name: value for name, value in given.items() if name not in mine}


def _refuse(context: click.Context, names: Sequence[str], why: str) -> None:
    """What was written on the command line and would do nothing.

    Raises:
        UsageError: One of the options was.
    """
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if parameter.name in names and source is ParameterSource.COMMANDLINE:
            raise UsageError(why, f"leave {parameter.opts[-1]} away")
