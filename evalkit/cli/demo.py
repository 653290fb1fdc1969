# SPDX-License-Identifier: Apache-2.0
"""`evalkit demo`: the main job on real input and real models, as commands that can be typed."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click

from evalkit.core.errors import EvalkitError, UsageError
from evalkit.core.strings import language

__all__ = ["demo"]

_INTENT = (
    "You sort messages to a shop. "
    "Answer with one word: refund, delivery, billing, login, cancel or praise."
)
_REPLY = "You answer messages to the shop Lumen & Oak in its house style."
_ASK_INTENT = "user=Message,assistant=Intent"
_ASK_REPLY = "user=Message,assistant=Reply"
_KEEP = "--keep", "lang,channel"
_DATA = ("support.xlsx", "heldout-gbk.csv", "tuned.gguf")

# Title in both languages, the command, and the exit code that it should end with.
_STEPS: tuple[tuple[str, str, tuple[str, ...], int], ...] = (
    (
        "1. What is wrong with the spreadsheet?",
        "1. 表格里有什么问题？",
        ("lint", "support.xlsx", "--columns", _ASK_INTENT, "--against", "heldout-gbk.csv"),
        1,
    ),
    (
        "2. Make chat data of it, for two tasks: the intent, and the reply in house style",
        "2. 转成对话数据，两个任务：意图分类与客服回复",
        ("convert", "support.xlsx", "intent.raw.jsonl", "--columns", _ASK_INTENT,
         "--system", _INTENT),
        0,
    ),
    (
        "",
        "",
        ("convert", "support.xlsx", "reply.raw.jsonl", "--columns", _ASK_REPLY,
         "--system", _REPLY),
        0,
    ),
    (
        "3. The held-out set came from Excel as GBK; its columns become slices",
        "3. 测试集是 Excel 导出的 GBK 文件，其余列用作分组",
        ("convert", "heldout-gbk.csv", "intent.test.jsonl", "--columns", _ASK_INTENT,
         "--system", _INTENT, *_KEEP),
        0,
    ),
    (
        "",
        "",
        ("convert", "heldout-gbk.csv", "reply.test.jsonl", "--columns", _ASK_REPLY,
         "--system", _REPLY, *_KEEP),
        0,
    ),
    (
        "4. Mend what can be mended, set aside what cannot",
        "4. 能修的修好，不能修的剔除",
        ("lint", "intent.raw.jsonl", "--against", "intent.test.jsonl", "--fix", "--unsafe-fixes",
         "--drop", "-O", "intent.train.jsonl"),
        0,
    ),
    (
        "",
        "",
        ("lint", "reply.raw.jsonl", "--against", "reply.test.jsonl", "--fix", "--unsafe-fixes",
         "--drop", "-O", "reply.train.jsonl"),
        0,
    ),
    (
        "5. What would training on it cost at a provider?",
        "5. 在服务商那里训练要花多少钱？",
        ("estimate", "intent.train.jsonl", "reply.train.jsonl", "--model", "gpt-4.1-mini"),
        0,
    ),
)  # fmt: skip


@click.command()
@click.option(
    "--folder", metavar="DIR", help="Where the data is laid out.  [default: reports/demo]"
)
@click.option(
    "--data-only", is_flag=True, help="Copy its tables and its adapter here (or to DIR), and stop."
)
@click.option("--reports", default="reports", show_default=True, help="Where the pages go.")
@click.option("--lang", envvar="EVALKIT_LANG", type=click.Choice(["en", "zh"]), help="Language.")
def demo(folder: str | None, *, data_only: bool, reports: str, lang: str | None) -> None:
    """From a spreadsheet to a judged model, with real models on this machine.

    Every step is a command that you can type yourself; they are printed as they run.
    """
    spoken = language(lang)
    if data_only:
        _copy_data(Path(folder or "."))
        return
    started = time.monotonic()
    here = Path(folder or "reports/demo")
    pages = Path(reports).absolute()
    _make_sure_of_the_model()
    _lay_out(here)
    for english, chinese, arguments, wanted in _STEPS:
        _step(english if spoken == "en" else chinese, arguments, wanted, lang, here)
    title = (
        "6. Ask base, tuned and a classical baseline; compare them pairwise; judge"
        if spoken == "en"
        else "6. 询问基础模型、微调模型和传统基线，成对比较并判定"
    )
    where = os.path.relpath(pages, here)
    suites = ("run", "intent.eval.yaml", "reply.eval.yaml", "--reports", where)
    _step(title, suites, 0, lang, here)
    seconds = time.monotonic() - started
    newest = [
        max(pages.glob(f"{name}/*/index.html")) for name in ("support-intent", "support-reply")
    ]
    click.secho(
        f"\nDone in {seconds:.0f} s. Open the reports:"
        if spoken == "en"
        else f"\n完成，用时 {seconds:.0f} 秒。请打开报告：",
        bold=True,
    )
    for page in newest:
        click.echo(f"  {os.path.relpath(page)}")


def _copy_data(folder: Path) -> None:
    """What the tutorials begin with.

    Raises:
        UsageError: Another file of that name is there; nothing is copied then.
        InputError: The folder cannot be written.
    """
    from evalkit.core.atomic import atomic
    from evalkit.core.resources import resource

    whole = {folder / name: resource("suites", f"support/{name}").read_bytes() for name in _DATA}
    for path, content in whole.items():
        if path.exists() and path.read_bytes() != content:
            raise UsageError(
                f"{path} is there already and is another file", "name another --folder"
            )
    for path, content in whole.items():
        with atomic(path) as stream:
            stream.write(content)
        click.echo(path)


def _lay_out(folder: Path) -> None:
    """The spreadsheet, its GBK sibling, the suites and the adapter, as a user would have them."""
    from evalkit.core.resources import resource

    folder.mkdir(parents=True, exist_ok=True)
    for name in (*_DATA, "intent.eval.yaml", "reply.eval.yaml"):
        shutil.copyfile(resource("suites", f"support/{name}"), folder / name)


def _make_sure_of_the_model() -> None:
    """The engine and the weights, before anything else is done.

    Raises:
        MissingExtraError: The engine is not installed.
    """
    from importlib.util import find_spec

    from evalkit.core.errors import MissingExtraError
    from evalkit.models._weights import MissingWeightsError, find_weights

    if find_spec("xllamacpp") is None:
        raise MissingExtraError("xllamacpp", extra="local,fast", purpose="run the demo's models")
    try:
        find_weights()
    except MissingWeightsError:
        _step("0. The local model is not here yet", ("local", "setup"), 0, None)


def _step(
    title: str, arguments: Sequence[str], wanted: int, lang: str | None, folder: Path | None = None
) -> None:
    """Print the command, run it as the shell would (its memory goes with it), mind its code."""
    import subprocess

    if title:
        click.secho(f"\n{title}", bold=True)
    click.secho(f"$ evalkit {shlex.join(arguments)}", fg="cyan")
    sys.stdout.flush()
    spoken = ["--lang", lang] if lang and arguments[0] in ("lint", "run", "estimate") else []
    command = [sys.executable, "-m", "evalkit", *arguments, *spoken]
    code = subprocess.run(command, check=False, cwd=folder).returncode  # noqa: S603  our own
    if code != wanted:
        raise EvalkitError(
            f"the demo's `evalkit {arguments[0]}` ended with {code}, not {wanted}",
            "`evalkit doctor` says what is missing",
        )
