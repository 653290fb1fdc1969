# SPDX-License-Identifier: Apache-2.0
"""`evalkit models tuned`: the tuned models of your accounts, those that stop soonest first."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import click

from evalkit.core.errors import EvalkitError, UsageError
from evalkit.core.printable import printable
from evalkit.core.strings import Language

if TYPE_CHECKING:
    from evalkit.jobs.inventory import Entry
    from evalkit.jobs.job import TunedModel
    from evalkit.jobs.seam import Where

__all__ = ["Inventory", "inventory", "tuned_output"]

_LEFT_OUT = "left out: {t}: {w}", "未查询：{t}：{w}"
_SAYS_NOT = "not told: {t}: {w}", "未能获取：{t}：{w}"
_UNSET = " is not set"


@dataclass(frozen=True, slots=True)
class Inventory:
    """What the accounts said.

    Attributes:
        found: Tuned models, soonest end first.
        left_out: Target and why it was not asked, or did not say.
        failed: The first error of a remote; its exit code is the command's.
    """

    found: Sequence[Entry]
    left_out: Sequence[tuple[str, str]]
    failed: EvalkitError | None


def inventory(
    targets: Sequence[str],
    *,
    url: str | None,
    key_env: str | None,
    today: date,
    language: Language,
) -> Inventory:
    """Ask the accounts, and say on standard error which were left out.

    Raises:
        UsageError: A target cannot train, no key is set for any, or --url without one target.
        EvalkitError: The only target that was named does not say.
    """
    from evalkit.evaluation._loop import finished
    from evalkit.jobs.inventory import asked, entries

    at = 0 if language == "en" else 1
    wheres, left_out = _chosen(targets, url=url, key_env=key_env)
    for target, why in left_out:
        said = f"未设置 {why.removesuffix(_UNSET)}" if at else why
        click.echo(_LEFT_OUT[at].format(t=target, w=said), err=True)
    models: list[TunedModel] = []
    failed: EvalkitError | None = None
    for target, answer in finished(lambda: asked(wheres)):
        if not isinstance(answer, EvalkitError):
            models += answer
            continue
        if len(wheres) == 1:
            raise answer
        click.echo(_SAYS_NOT[at].format(t=target, w=printable(answer.message)), err=True)
        left_out.append((target, answer.message))
        if failed is None and answer.exit_code == 3:
            failed = answer
    return Inventory(entries(models, today=today), left_out, failed)


def tuned_output(
    told: Inventory, *, form: str, data: str, today: date, language: Language, wide: bool
) -> str:
    """The whole text.

    Args:
        told: From `inventory`.
        form: "text", "json" or "markdown".
        data: File whose questions the commands ask.
        today: For JSON.
        language: Of the words.
        wide: It goes to a file: no terminal cuts it.
    """
    from evalkit.cli._models_tuned_text import tuned_document, tuned_markdown, tuned_text

    if form == "json":
        document = tuned_document(told.found, told.left_out, data=data, today=today)
        return _harmless(json.dumps(document, ensure_ascii=False, indent=1))
    if form == "markdown":
        return "\n".join(tuned_markdown(told.found, language, data=data))
    width = 120 if wide else max(60, shutil.get_terminal_size().columns)
    return "\n".join(tuned_text(told.found, language, data=data, width=width))


def _harmless(text: str) -> str:
    """JSON whose names move no cursor and hide nothing, and are the same names when it is read."""
    return "".join(c if c < "\x7f" or printable(c) == c else f"\\u{ord(c):04x}" for c in text)


def _chosen(
    targets: Sequence[str], *, url: str | None, key_env: str | None
) -> tuple[list[tuple[str, Where]], list[tuple[str, str]]]:
    """Whom to ask and how; whom not, and why."""
    from evalkit.jobs.inventory import accounts
    from evalkit.jobs.seam import Where

    named = list(dict.fromkeys(targets))
    if (url or key_env) and len(named) != 1:
        raise UsageError(
            "--url and --key-env are of one provider", "name it: --target openai --url …"
        )
    if named:
        where = Where(url=url, key_env=key_env)
        return [(target, where) for target in named], []
    wheres, left_out = [], []
    for one in accounts():
        if one.ready:
            wheres.append((one.target, Where()))
        else:
            left_out.append((one.target, f"{one.key_env}{_UNSET}"))
    if not wheres:
        keys = ", ".join(str(one.key_env) for one in accounts())
        raise UsageError(
            f"no key is set for any provider: {keys}",
            "set the key of yours, or name the provider: --target openai --key-env MY_KEY",
        )
    return wheres, left_out
